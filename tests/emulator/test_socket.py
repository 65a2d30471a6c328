"""Runware's WebSocket: authentication, tasks, and what can befall them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from assetgen.emulator.emulator import Emulator
from tests.emulator.asking import KEY, task


def address(emulator: Emulator) -> str:
    """Return the address of the socket."""
    return emulator.base_urls["runware"].replace("http://", "ws://")


def say(socket: ClientConnection, *tasks: Any) -> Any:
    """Send tasks and return the next answer."""
    socket.send(json.dumps(tasks))
    return json.loads(socket.recv(timeout=10))


@pytest.fixture
def socket(emulator: Emulator) -> Iterator[ClientConnection]:
    """A connection that is authenticated."""
    with connect(address(emulator)) as socket:
        hello = say(socket, {"taskType": "authentication", "apiKey": KEY})
        assert uuid.UUID(hello["data"][0]["connectionSessionUUID"])
        yield socket


def test_a_task_is_acknowledged_and_polled(socket: ClientConnection, emulator: Emulator) -> None:
    """As over HTTP, and charged once."""
    wanted = task()
    assert say(socket, wanted)["data"][0]["taskUUID"] == wanted["taskUUID"]
    emulator.advance(200)
    poll = {"taskType": "getResponse", "taskUUID": wanted["taskUUID"]}
    assert say(socket, poll)["data"][0]["status"] == "success"
    assert len(emulator.charges) == 1
    assert [call.kind for call in emulator.requests] == ["submit", "poll"]


def test_a_repeated_uuid_conflicts(socket: ClientConnection) -> None:
    """An error of its own, without data."""
    wanted = task()
    say(socket, wanted)
    assert say(socket, wanted)["errors"][0]["code"] == "conflictTaskUUID"


def test_a_ping_is_answered(socket: ClientConnection) -> None:
    """With a pong."""
    assert say(socket, {"taskType": "ping", "ping": True})["data"][0]["pong"] is True


def test_a_session_is_resumed(emulator: Emulator) -> None:
    """The id that a client brings along stays its own."""
    session = str(uuid.uuid4())
    with connect(address(emulator)) as socket:
        key = {"taskType": "authentication", "apiKey": KEY, "connectionSessionUUID": session}
        assert say(socket, key)["data"][0]["connectionSessionUUID"] == session


@pytest.mark.parametrize("first", [{"taskType": "authentication"}, {"taskType": "ping"}, 7])
def test_nothing_is_done_without_a_key(emulator: Emulator, first: Any) -> None:
    """The first task has to bring it."""
    with connect(address(emulator)) as socket:
        (error,) = say(socket, first)["errors"]
        assert (error["code"], error["taskType"]) == ("invalidApiKey", "authentication")
    assert emulator.charges == []


def test_what_is_no_json_ends_the_connection(socket: ClientConnection) -> None:
    """Without a word."""
    socket.send("{")
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=10)


def test_a_fault_is_an_error_or_the_end(socket: ClientConnection, emulator: Emulator) -> None:
    """A status as an error with the task's id; an answer may be lost after acceptance."""
    emulator.fault("status", status=503)
    emulator.fault("drop", accepted=True)
    wanted = task()
    (error,) = say(socket, wanted)["errors"]
    assert (error["code"], error["taskUUID"]) == ("serviceUnavailable", wanted["taskUUID"])
    with pytest.raises(ConnectionClosed):
        say(socket, wanted)
    assert len(emulator.charges) == 1


def test_another_path_has_no_socket(emulator: Emulator) -> None:
    """The connection is not upgraded."""
    with pytest.raises(InvalidStatus):
        connect(address(emulator) + "/more").close()
