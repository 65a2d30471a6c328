"""Local actions in processes of their own."""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping

import pytest
from PIL import Image

from assetgen.action import Input, local
from assetgen.build.executor import InlineExecutor, ProcessExecutor
from assetgen.build.room import Room
from assetgen.digest import Digest, canonical_json, sha256
from assetgen.errors import ImageError
from assetgen.ops.picture import inspect
from assetgen.ops.wire import Message, read_message, write_message
from assetgen.optable import RENDER_VERSION


def png(color: str = "black") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), color).save(buffer, "PNG")
    return buffer.getvalue()


def work(
    source: bytes, *ops: list[object], format: str = "webp"
) -> tuple[str, Mapping[Digest, bytes]]:
    """Return the manifest of a file that is made of ``source``, and what it reads."""
    digest = sha256(source)
    action = local(
        op="render",
        version=RENDER_VERSION,
        arguments=canonical_json({"format": format, "ops": list(ops)}),
        inputs=[Input("image", digest)],
    )
    return action.text, {digest: source}


HALF: list[object] = ["resize", 1, {"width": 8}]


def test_processes_and_the_fake_agree() -> None:
    """Both give the same bytes; several actions may run at once."""

    async def run() -> None:
        processes, inline = ProcessExecutor(2), InlineExecutor()
        text, blobs = work(png(), HALF)
        made = await asyncio.gather(*(processes.make([text], blobs) for _ in range(5)))
        (alone,) = await inline.make([text], blobs)
        assert {file for files in made for file in files} == {alone}
        assert inspect(alone).width == 8
        assert inline.made == [(text,)]
        await processes.close()
        await inline.close()

    asyncio.run(run())


def test_a_mistake_comes_back_as_it_is() -> None:
    """An ImageError of a worker reaches whoever asked, with its kind and words."""

    async def run() -> None:
        processes = ProcessExecutor(1)
        text, blobs = work(b"")
        with pytest.raises(ImageError) as caught:
            await processes.make([text], blobs)
        assert caught.value.problems[0].kind.name == "not-a-picture"
        assert "it is empty" in caught.value.problems[0].cause
        await processes.close()

    asyncio.run(run())


def test_a_worker_that_dies_fails_one_action_only() -> None:
    """Whoever asked it is told how it ended; the next one gets a new process."""

    async def run() -> None:
        processes = ProcessExecutor(1)
        text, blobs = work(png(), HALF)
        await processes.make([text], blobs)
        for process in processes.processes:
            os.kill(process, 9)
        with pytest.raises(ImageError) as caught:
            await processes.make([text], blobs)
        assert caught.value.problems[0].kind.name == "worker-died"
        assert "signal 9" in caught.value.problems[0].cause
        (file,) = await processes.make([text], blobs)
        assert inspect(file).width == 8
        await processes.close()

    asyncio.run(run())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_leaves_it_to_the_build_when_to_stop(number: signal.Signals) -> None:
    """What a terminal or a supervisor sends to the whole group does not make work fail."""

    async def run() -> None:
        processes = ProcessExecutor(1)
        text, blobs = work(png(), HALF)
        await processes.make([text], blobs)
        for process in processes.processes:
            os.kill(process, number)
        (file,) = await processes.make([text], blobs)
        assert inspect(file).width == 8
        await processes.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "head", [b'{"blobs":[]}', b'{"blobs":[1,1]}', b'{"blobs":[],"problems":7}', b'"words"']
)
def test_a_worker_that_answers_nonsense_fails_one_action_only(head: bytes) -> None:
    """Another number of files than were asked for, or no answer at all, ends that worker."""
    answer = len(head).to_bytes(4) + head + b"xy"
    script = f"import sys; sys.stdin.buffer.read(4); sys.stdout.buffer.write({answer!r})"

    async def run() -> None:
        processes = ProcessExecutor(1, program=(sys.executable, "-c", script))
        text, blobs = work(png(), HALF)
        with pytest.raises(ImageError) as caught:
            await processes.make([text], blobs)
        assert caught.value.problems[0].kind.name == "worker-died"
        await processes.close()

    asyncio.run(run())


def test_a_worker_ends_with_its_build() -> None:
    """Even where nothing tells it: its input stays open here, and only its parent is killed."""
    command = [sys.executable, "-P", "-m", "assetgen.ops.worker"]
    script = f"import subprocess; subprocess.run({command!r})"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        write_message(parent.stdin, Message({"expected": []}))
        assert read_message(parent.stdout) == Message({}, [])
        parent.kill()
        ready, _, _ = select.select([parent.stdout], [], [], 20)
        assert ready
        assert parent.stdout.read() == b""


def test_a_worker_has_no_key() -> None:
    """What decodes hostile bytes cannot be made to tell a secret that it does not have."""

    async def run() -> None:
        processes = ProcessExecutor(1)
        text, blobs = work(png(), HALF)
        await processes.make([text], blobs)
        (process,) = processes.processes
        with open(f"/proc/{process}/environ", "rb") as file:
            names = {line.partition(b"=")[0] for line in file.read().split(b"\0")}
        assert not {name for name in names if name.endswith(b"_KEY") or b"ASSETGEN" in name}
        await processes.close()

    before = os.environ.get("RUNWARE_API_KEY")
    os.environ["RUNWARE_API_KEY"] = "secret"
    try:
        asyncio.run(run())
    finally:
        del os.environ["RUNWARE_API_KEY"]
        if before is not None:
            os.environ["RUNWARE_API_KEY"] = before


def test_room_is_shared() -> None:
    """What does not fit waits; what is larger than all of it waits until it is alone."""
    order: list[str] = []

    async def hold(room: Room, name: str, amount: int, until: asyncio.Event) -> None:
        async with room.taken(amount):
            order.append(name)
            await until.wait()

    async def run() -> None:
        room, until = Room(10), asyncio.Event()
        tasks = []
        for name, amount in (("six", 6), ("four", 4), ("huge", 99)):
            tasks.append(asyncio.create_task(hold(room, name, amount, until)))
            await asyncio.sleep(0)
        assert order == ["six", "four"]
        until.set()
        await asyncio.gather(*tasks)
        assert order == ["six", "four", "huge"]

    asyncio.run(run())


def test_a_worker_that_does_not_answer_is_ended() -> None:
    """A decoder that loops for ever fails one action, not the build."""

    async def run() -> None:
        command = (sys.executable, "-c", "import time; time.sleep(600)")
        processes = ProcessExecutor(1, program=command, limit=0.2)
        text, blobs = work(png(), HALF)
        with pytest.raises(ImageError) as caught:
            await processes.make([text], blobs)
        assert caught.value.problems[0].kind.name == "worker-stuck"
        assert "0.2 seconds" in caught.value.problems[0].cause
        assert processes.processes == set()
        await processes.close()

    asyncio.run(run())
