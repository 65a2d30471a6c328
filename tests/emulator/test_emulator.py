"""The emulator in a test of a user's: starts, serves, is looked at, and ends."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.faults import Fault
from assetgen.emulator.journal import Call
from assetgen.emulator.settings import Settings
from assetgen.errors import UsageError
from tests.emulator.asking import Asking, task


def test_it_says_where_it_is() -> None:
    """A base URL for each service, and the variables for assetgen."""
    with Emulator() as emulator:
        assert emulator.base_urls["runware"] == emulator.api_base + "/runware/v1"
        assert emulator.environ == {
            "ASSETGEN_PIXAZO_BASE_URL": emulator.api_base + "/pixazo",
            "ASSETGEN_RUNWARE_BASE_URL": emulator.api_base + "/runware/v1",
            "ASSETGEN_APIXO_BASE_URL": emulator.api_base + "/apixo/api/v1",
            "ASSETGEN_XAI_BASE_URL": emulator.api_base + "/xai/v1",
            "ASSETGEN_OPENAI_BASE_URL": emulator.api_base + "/openai/v1",
        }
        assert emulator.files_base != emulator.api_base


def test_two_can_run_at_once() -> None:
    """On ports of their own, with charges of their own."""
    with Emulator() as one, Emulator() as two:
        asking = Asking(one)
        with asking.http:
            asking.apixo()
        assert (len(one.charges), len(two.charges)) == (1, 0)


def test_it_ends_with_its_block() -> None:
    """The port is free and the thread gone."""
    with Emulator() as emulator:
        base = emulator.api_base
    with pytest.raises(httpx.ConnectError):
        httpx.get(base)
    assert not [thread for thread in threading.enumerate() if "emulator" in thread.name]


def test_it_must_be_entered() -> None:
    """Before that there is nothing to look at."""
    with pytest.raises(RuntimeError, match="enter the emulator first"):
        _ = Emulator().charges


def test_a_port_that_is_taken_is_named() -> None:
    """With what to do."""
    with Emulator() as emulator:
        port = int(emulator.api_base.rpartition(":")[2])
        with pytest.raises(UsageError) as caught, Emulator(port=port):
            pass
        with pytest.raises(UsageError), Emulator(port=port - 1):  # its files' port
            pass
    assert caught.value.problems[0].cause == f"port {port} cannot be used"


def test_listeners_hear_every_request() -> None:
    """Also after a reset."""
    heard: list[Call] = []
    with Emulator() as emulator:
        emulator.listen(heard.append)
        asking = Asking(emulator)
        with asking.http:
            asking.apixo()
            emulator.reset()
            asking.pixazo()
    assert [(call.service, call.kind, call.status) for call in heard] == [
        ("apixo", "submit", 200),
        ("pixazo", "submit", 202),
    ]


def test_a_refused_request_is_counted_by_its_kind() -> None:
    """What was asked does not depend on what came of it."""
    with Emulator() as emulator:
        asking = Asking(emulator)
        with asking.http:
            asking.pixazo(seed=7)
            asking.pixazo(headers={})
            asking.runware(task(), headers={})
            asking.apixo_status("nothing")
        kinds = [(call.kind, call.status) for call in emulator.requests]
    assert kinds == [("submit", 400), ("submit", 401), ("submit", 401), ("poll", 404)]


def test_faults_of_the_settings_outlive_a_reset() -> None:
    """They belong to the emulator, scripted ones to a test."""
    settings = Settings(faults=(Fault("status", status=503),))
    with Emulator(settings) as emulator:
        asking = Asking(emulator)
        with asking.http:
            before = [asking.apixo().status_code for _ in range(2)]
            emulator.reset()
            assert [asking.apixo().status_code for _ in range(2)] == before == [503, 200]


def test_a_latency_can_vary() -> None:
    """By a share of it, per service, decided by the seed."""
    with Emulator(latency=100, latencies={"apixo": 10}, jitter=0.5, seed=1) as emulator:
        asking = Asking(emulator)
        with asking.http:
            pixazo = [asking.pixazo() for _ in range(20)]
            apixo = asking.apixo()
            emulator.advance(16)
            assert asking.poll("apixo", apixo).json()["data"]["state"] == "success"
            assert asking.poll("pixazo", pixazo[0]).json()["status"] != "COMPLETED"
            emulator.advance(84)
            done = [asking.poll("pixazo", one).json()["status"] for one in pixazo]
    assert 2 < done.count("COMPLETED") < 18


def test_the_same_run_gives_the_same_ids() -> None:
    """From the seed; so do the bytes of pictures."""

    def picture() -> bytes:
        with Emulator(seed=7) as emulator:
            asking = Asking(emulator)
            with asking.http:
                return asking.http.get(asking.picture("apixo")).content

    assert picture() == picture()


def test_pictures_can_be_drawn_by_a_function_of_ones_own() -> None:
    """It is told what was asked for, as the note of a built-in picture would tell it."""
    told: list[Mapping[str, Any]] = []

    def paint(
        size: tuple[int, int], image_format: str, note: Mapping[str, Any], *, clear: bool
    ) -> bytes:
        told.append(note)
        return b"%dx%d" % size

    with Emulator(paint=paint) as emulator:
        asking = Asking(emulator)
        with asking.http:
            data = asking.http.get(asking.picture("apixo")).content
    (note,) = told
    assert re.fullmatch(rb"\d+x\d+", data)
    assert (note["service"], note["number"], note["references"]) == ("apixo", 1, [])
