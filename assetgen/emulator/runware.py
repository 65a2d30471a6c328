"""Runware's wire format: arrays of tasks by POST or through a WebSocket; knows no single task.

Source: Runware's pages of authentication, WebSockets, task polling and errors. Where they are
silent: tasks are answered last one first, and a refused task gives HTTP 400 if no other task
succeeds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from assetgen.emulator.faults import Fault
from assetgen.emulator.fields import parsed
from assetgen.emulator.journal import Call
from assetgen.emulator.ledger import account_of
from assetgen.emulator.runware_work import Item, RunwareWork, Task
from assetgen.emulator.serving import Reply, note

KINDS = {
    "imageInference": "submit",
    "getResponse": "poll",
    "getTaskDetails": "poll",
    "imageUpload": "upload",
    "mediaStorage": "upload",
    "accountManagement": "balance",
}


class Runware(RunwareWork):
    """The service as its pages describe it."""

    def routes(self) -> list[BaseRoute]:
        """Return the one address, for both ways of asking; the prefix is its whole path."""
        return [
            Route(self.prefix, self.endpoint(self.post, "unknown"), methods=["POST"]),
            WebSocketRoute(self.prefix, self.socket),
        ]

    async def post(self, request: Request) -> Response:
        """Answer an array of tasks."""
        tasks = await self.json(request)
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise self.refuse(400, "the body must be an array of task objects")
        note(request).kind, _ = self.about("", tasks)
        key, tasks = self.bearer(request), list(tasks)
        if tasks and tasks[0].get("taskType") == "authentication":
            key = str(tasks.pop(0).get("apiKey", "")).strip()
        account = self.account(request, key)
        if not tasks:
            raise self.refuse(400, "the array holds no task")
        kind, subject = self.about(account, tasks)

        async def act() -> Reply:
            return await self.perform(account, tasks, note(request).jobs)

        return await self.answer(request, kind, subject, act)

    def about(self, account: str, tasks: Sequence[Task]) -> tuple[str, str]:
        """Return the kind of a request, and the prompts that it is about."""
        kinds = [KINDS.get(str(task.get("taskType")), "unknown") for task in tasks]
        kind = min(kinds, key=lambda one: (one != "submit", one == "unknown"), default="unknown")
        prompts = []
        for task in tasks:
            job = self.job_of(account, task)
            prompts.append(job.order.prompt if job else str(task.get("positivePrompt", "")))
        return kind, "\n".join(prompts)

    async def perform(self, account: str, tasks: Sequence[Task], jobs: list[str]) -> Reply:
        """Do every task and return one answer for all."""
        results = await asyncio.gather(*(self.outcome(account, task) for task in tasks))
        data = [item for done, _, _ in reversed(results) for item in done]
        errors = [item for _, wrong, _ in results for item in wrong]
        jobs.extend(str(task.get("taskUUID", "")).lower() for task in tasks)
        status = 200 if data or not errors else max(status for _, _, status in results)
        body: dict[str, Any] = {"data": data} if data or not errors else {}
        return Reply(status, {**body, "errors": errors} if errors else body)

    async def socket(self, socket: WebSocket) -> None:
        """Serve a WebSocket: authentication first, then arrays of tasks, answered as they end."""
        await socket.accept()
        working: set[asyncio.Task[None]] = set()
        account = ""
        try:
            while True:
                tasks = parsed((await socket.receive_text()).encode())
                for task in tasks if isinstance(tasks, list) else [tasks]:
                    if not account:
                        account = await self._welcome(socket, task)
                        continue
                    work = asyncio.create_task(self._serve(socket, account, task))
                    working.add(work)
                    work.add_done_callback(working.discard)
        except (WebSocketDisconnect, ValueError, RecursionError):
            with contextlib.suppress(RuntimeError):  # it may be closed already
                await socket.close()
        finally:
            for work in working:
                work.cancel()

    async def _welcome(self, socket: WebSocket, task: Any) -> str:
        """Return the account that the first task names, "" if it names none; and say so."""
        key = task.get("apiKey") if isinstance(task, dict) else None
        if not isinstance(key, str) or not key.strip():
            error = {
                "code": "invalidApiKey",
                "message": "authenticate with an API key first",
                "parameter": "apiKey",
                "taskType": "authentication",
            }
            await socket.send_json({"errors": [error]})
            return ""
        session = task.get("connectionSessionUUID") or self.world.new_uuid()
        hello = {"taskType": "authentication", "connectionSessionUUID": session}
        await socket.send_json({"data": [hello]})
        return account_of(key.strip())

    async def _serve(self, socket: WebSocket, account: str, task: Any) -> None:
        """Do one task and send what comes of it, data and errors apart."""
        task = task if isinstance(task, dict) else {}
        kind, subject = self.about(account, [task])
        fault = self.world.faults.answer(self.name, kind, subject)
        call = Call(
            time=self.world.now(),
            service=self.name,
            kind=kind,
            method="WS",
            path=self.prefix,
            status=0 if fault else 200,
            jobs=(str(task.get("taskUUID", "")).lower(),),
            account=account,
            fault=fault.kind if fault else "",
            said=subject[:80],
        )
        self.world.journal.add(call)
        if fault and not fault.after_acceptance:
            await self._spoil(socket, task, fault)
            return
        data, errors, _ = await self.outcome(account, task)
        if fault:
            await self._spoil(socket, task, fault)
            return
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # nobody listens any more
            if data:
                await socket.send_json({"data": data})
            if errors:
                await socket.send_json({"errors": errors})

    async def _spoil(self, socket: WebSocket, task: Task, fault: Fault) -> None:
        """Say an error, or close: the faults that a socket has."""
        if fault.kind != "status":
            await socket.close(1011)
            return
        error: Item = self.problem(fault.status or 500, fault.message, fault.code).body["errors"][0]
        await socket.send_json({"errors": [{**error, "taskUUID": task.get("taskUUID")}]})
