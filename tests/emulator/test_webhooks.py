"""Results are delivered as each service documents it, and also as no service should."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from assetgen.emulator.emulator import Emulator
from tests.emulator.asking import PIXAZO_KEY, SECONDS, Asking, task, within
from tests.emulator.listener import Listener, listening


@pytest.fixture
def hook() -> Iterator[Listener]:
    """An address to deliver to."""
    with listening() as listener:
        yield listener


def order(ask: Asking, hook: Listener, service: str) -> httpx.Response:
    """Submit with a webhook."""
    if service == "pixazo":
        return ask.pixazo(headers={**PIXAZO_KEY, "X-Webhook-URL": hook.url})
    if service == "runware":
        return ask.runware(task(webhookURL=hook.url, includeCost=True, numberResults=2))
    return ask.apixo(request_type="callback", callback_url=hook.url)


def delivered(hook: Listener, count: int) -> None:
    """Wait until so many deliveries have come."""
    within(SECONDS, lambda: len(hook.received) >= count)


def attempted(emulator: Emulator, count: int) -> None:
    """Wait until so many deliveries have been answered, and the next one is waited for."""
    within(SECONDS, lambda: emulator.count("webhook") >= count)


def test_pixazo_delivers_the_status(ask: Asking, emulator: Emulator, hook: Listener) -> None:
    """Once the job has ended, with the token of the address."""
    job = order(ask, hook, "pixazo").json()["request_id"]
    assert hook.received == []
    emulator.advance(200)
    attempted(emulator, 1)
    assert hook.bodies[0] == ask.pixazo_status(job).json()
    assert hook.received[0][:2] == ("POST", "/hook?token=abc")
    assert emulator.count("webhook", "pixazo") == 1


def test_runware_delivers_each_result_by_itself(
    ask: Asking, emulator: Emulator, hook: Listener
) -> None:
    """Flat, without `data` around it, as they become ready."""
    order(ask, hook, "runware")
    emulator.advance(85)
    delivered(hook, 1)
    assert len(hook.received) == 1
    emulator.advance(50)
    delivered(hook, 2)
    assert {body["cost"] for body in hook.bodies} == {0.07}
    assert len({body["imageUUID"] for body in hook.bodies}) == 2


def test_apixo_delivers_the_status(ask: Asking, emulator: Emulator, hook: Listener) -> None:
    """In the same envelope as to a poll, which works as well."""
    submitted = order(ask, hook, "apixo")
    emulator.advance(200)
    delivered(hook, 1)
    assert hook.bodies[0] == ask.poll("apixo", submitted).json()
    assert json.loads(hook.bodies[0]["data"]["resultJson"])["resultUrls"]


@pytest.mark.parametrize("service", ["pixazo", "runware", "apixo"])
def test_a_failure_is_delivered(
    ask: Asking, emulator: Emulator, hook: Listener, service: str
) -> None:
    """Its words too."""
    emulator.fault("fail", message="the reason")
    order(ask, hook, service)
    emulator.advance(200)
    delivered(hook, 1)
    assert "the reason" in json.dumps(hook.bodies[0])


def test_apixo_tries_again_until_it_hears_200(
    ask: Asking, emulator: Emulator, hook: Listener
) -> None:
    """Three times, with growing waits; another 2xx is not enough."""
    hook.statuses = [500, 204, 200]
    order(ask, hook, "apixo")
    emulator.advance(200)
    for count in (1, 2, 3):
        attempted(emulator, count)
        emulator.advance(35 * count)
    emulator.advance(1000)
    assert len(hook.received) == 3


def test_apixo_gives_up_after_three_retries(
    ask: Asking, emulator: Emulator, hook: Listener
) -> None:
    """What was not heard by then has to be asked for."""
    hook.statuses = [503]
    order(ask, hook, "apixo")
    emulator.advance(200)
    for count in range(1, 5):
        attempted(emulator, count)
        emulator.advance(500)
    emulator.advance(10_000)
    assert len(hook.received) == 4


def test_waits_can_be_shortened() -> None:
    """By a factor, for tests in real time."""
    with listening() as hook, Emulator(retry_pace=0.001) as emulator:
        hook.statuses = [503]
        asking = Asking(emulator)
        with asking.http:
            order(asking, hook, "runware")
            delivered(hook, 14)  # two results, seven attempts each


def test_nobody_listens(ask: Asking, emulator: Emulator) -> None:
    """The attempt is noted, and nothing else happens."""
    nobody = Listener()
    nobody.url = "http://127.0.0.1:9/hook"
    order(ask, nobody, "pixazo")
    emulator.advance(200)
    within(SECONDS, lambda: emulator.count("webhook") == 1)
    assert emulator.requests[-1].status == 0


def test_a_delivery_may_come_twice(ask: Asking, emulator: Emulator, hook: Listener) -> None:
    """With the same body."""
    emulator.fault("webhook-duplicate", count=3)
    order(ask, hook, "pixazo")
    emulator.advance(200)
    delivered(hook, 3)
    assert hook.bodies[0] == hook.bodies[1] == hook.bodies[2]


def test_a_delivery_may_be_lost(ask: Asking, emulator: Emulator, hook: Listener) -> None:
    """Another job's comes."""
    emulator.fault("webhook-lost")
    lost = order(ask, hook, "pixazo").json()["request_id"]
    kept = order(ask, hook, "pixazo").json()["request_id"]
    emulator.advance(200)
    delivered(hook, 1)
    assert [body["request_id"] for body in hook.bodies] == [kept]
    assert ask.pixazo_status(lost).json()["status"] == "COMPLETED"


@pytest.mark.parametrize("service", ["pixazo", "runware", "apixo"])
def test_a_delivery_may_be_forged(
    ask: Asking, emulator: Emulator, hook: Listener, service: str
) -> None:
    """It claims a result while the job runs; its address leads nowhere."""
    emulator.fault("webhook-forged")
    order(ask, hook, service)
    delivered(hook, 1)
    forged = json.dumps(hook.bodies[0])
    assert "forged" in forged
    nowhere = emulator.files_base + f"/{service}/forged/output.png"
    assert nowhere in forged
    assert ask.http.get(nowhere).status_code == 404
    emulator.advance(200)
    delivered(hook, 2)
    assert "forged" not in json.dumps(hook.bodies[1])


def test_runware_puts_results_where_it_is_told(
    ask: Asking, emulator: Emulator, hook: Listener
) -> None:
    """`uploadEndpoint` gets the bytes."""
    ask.runware(task(uploadEndpoint=hook.url, outputFormat="PNG"))
    emulator.advance(200)
    delivered(hook, 1)
    method, _, data = hook.received[0]
    assert (method, data[:4]) == ("PUT", b"\x89PNG")
