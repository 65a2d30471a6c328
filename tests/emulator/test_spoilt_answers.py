"""What can befall an answer on its way, at every service, before and after the job is accepted."""

from __future__ import annotations

import email.utils
import json
from typing import Any

import httpx
import pytest

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.faults import SERVICES
from tests.emulator.asking import BEARER, PIXAZO_KEY, Asking, task, within

POLLED = ("pixazo", "runware", "apixo")
both = pytest.mark.parametrize("accepted", [False, True], ids=["before", "after"])
every = pytest.mark.parametrize("service", SERVICES)
polled = pytest.mark.parametrize("service", POLLED)


def jobs(emulator: Emulator) -> int:
    """Return how many jobs were accepted."""
    return len(emulator.charges)


@every
@both
@pytest.mark.parametrize("status", [401, 402, 403, 429, 500, 502, 503, 504])
def test_a_status_comes_in_the_words_of_the_service(
    ask: Asking, emulator: Emulator, service: str, accepted: bool, status: int
) -> None:
    """The body is an error as that service words it; only afterwards is the job charged."""
    emulator.fault("status", status=status, accepted=accepted, message="no", service=service)
    answer = ask.submit(service)
    assert answer.status_code == status
    assert "no" in json.dumps(answer.json())
    assert jobs(emulator) == accepted
    assert ask.submit(service).status_code in (200, 202)


def test_a_status_may_come_with_a_wait(ask: Asking, emulator: Emulator) -> None:
    """In seconds, as a date, as something else, or not at all."""
    emulator.fault("status", status=429, retry_after=3)
    emulator.fault("status", status=429, retry_date=60)
    emulator.fault("status", status=429, retry_after="soon")
    emulator.fault("status", status=429)
    waits = [ask.pixazo().headers.get("retry-after") for _ in range(4)]
    assert (waits[0], waits[2], waits[3]) == ("3", "soon", None)
    date = email.utils.parsedate_to_datetime(str(waits[1])).timestamp()
    assert 55 < date - emulator.state["time"] <= 60


def test_apixo_may_say_its_code_in_a_200(ask: Asking, emulator: Emulator) -> None:
    """HTTP is content, the body is not."""
    emulator.fault("status", service="apixo", status=402, in_body=True, message="no credits")
    answer = ask.apixo()
    assert answer.status_code == 200
    assert answer.json() == {"code": 402, "message": "no credits", "data": None}
    assert jobs(emulator) == 0


def test_a_code_can_be_chosen(ask: Asking, emulator: Emulator) -> None:
    """For services that tell errors apart by words."""
    emulator.fault("status", service="runware", status=500, code="providerRateLimitExceeded")
    assert ask.runware(task()).json()["errors"][0]["code"] == "providerRateLimitExceeded"


@every
@both
def test_an_answer_is_lost(ask: Asking, emulator: Emulator, service: str, accepted: bool) -> None:
    """The connection closes without a byte, before the job is accepted or after it."""
    emulator.fault("drop", accepted=accepted)
    with pytest.raises(httpx.RemoteProtocolError):
        ask.submit(service)
    assert jobs(emulator) == accepted
    (lost,) = emulator.requests
    assert (lost.status, lost.fault, lost.kind) == (0, "drop", "submit")


@both
def test_an_answer_never_comes(ask: Asking, emulator: Emulator, accepted: bool) -> None:
    """The connection stays open and silent."""
    emulator.fault("hang", accepted=accepted)
    ask.http.timeout = httpx.Timeout(10, read=0.2)
    with pytest.raises(httpx.ReadTimeout):
        ask.pixazo()
    within(10, lambda: emulator.count("submit") == 1)
    assert jobs(emulator) == accepted


def test_a_request_that_hangs_ends_with_the_emulator() -> None:
    """Nothing keeps it from ending."""
    with Emulator() as emulator:
        emulator.fault("hang")
        asking = Asking(emulator)
        asking.http.timeout = httpx.Timeout(10, read=0.1)
        with asking.http, pytest.raises(httpx.ReadTimeout):
            asking.pixazo()
    with pytest.raises(RuntimeError):
        emulator.charges.clear()


@every
@pytest.mark.parametrize("to", ["same", "other"])
def test_a_redirect_catches_who_follows_with_a_key(
    ask: Asking, emulator: Emulator, service: str, to: str
) -> None:
    """Nothing useful is there, and a key that comes along is noted as a leak."""
    emulator.fault("redirect", to=to)
    answer = ask.submit(service)
    base = emulator.api_base if to == "same" else emulator.files_base
    place = answer.headers["location"]
    assert (answer.status_code, place.startswith(base)) == (307, True)
    assert jobs(emulator) == 0
    assert emulator.leaks == []
    headers = PIXAZO_KEY if service == "pixazo" else BEARER
    assert ask.http.get(place, headers=headers).status_code == 404
    (leak,) = emulator.leaks
    assert (leak.origin, leak.header) == (base, next(iter(headers)).lower())


@polled
def test_a_poll_goes_wrong_and_the_next_one_right(
    ask: Asking, emulator: Emulator, service: str
) -> None:
    """A fault of a poll leaves the job alone."""
    emulator.fault("status", on="poll", status=500)
    emulator.fault("drop", on="poll")
    submitted = ask.submit(service)
    assert ask.poll(service, submitted).status_code == 500
    with pytest.raises(httpx.RemoteProtocolError):
        ask.poll(service, submitted)
    assert ask.poll(service, submitted).status_code == 200
    assert jobs(emulator) == 1


def test_an_upload_and_a_balance_go_wrong(ask: Asking, emulator: Emulator) -> None:
    """They are kinds of requests of their own."""
    emulator.fault("status", on="upload", status=503)
    emulator.fault("status", on="balance", status=401)
    upload = {"taskType": "imageUpload", "taskUUID": task()["taskUUID"], "image": "AAAA"}
    assert ask.runware(task()).status_code == 200
    assert ask.runware(upload).status_code == 503
    url = ask.url("apixo", "/apikeys/current-balance")
    assert ask.http.get(url, headers=BEARER).status_code == 401


@every
def test_a_body_that_is_no_json(ask: Asking, emulator: Emulator, service: str) -> None:
    """A page in the place of an answer, after the job was accepted."""
    emulator.fault("garbage")
    answer = ask.submit(service)
    assert answer.headers["content-type"].startswith("text/html")
    assert b"<html>" in answer.content
    assert jobs(emulator) == 1


def test_a_body_of_other_json(ask: Asking, emulator: Emulator) -> None:
    """Whatever the script says, with its status."""
    emulator.fault("json", status=201, body={"request_id": 7})
    answer = ask.pixazo()
    assert (answer.status_code, answer.json()) == (201, {"request_id": 7})
    assert jobs(emulator) == 0


@polled
def test_a_mutated_body_is_json_of_another_shape(
    ask: Asking, emulator: Emulator, service: str
) -> None:
    """Each time a different one, from the seed."""
    submitted = ask.submit(service)
    emulator.advance(1000)
    usual = ask.poll(service, submitted).json()
    emulator.fault("mutate", on="poll", times=0)
    others = [ask.poll(service, submitted).json() for _ in range(40)]
    assert sum(other != usual for other in others) > 30
    assert len({json.dumps(other) for other in others}) > 10


def test_a_slow_body_arrives_in_the_end(ask: Asking, emulator: Emulator) -> None:
    """In pieces; a client with a deadline gives up before."""
    emulator.fault("slow", seconds=0.2, times=2)
    assert ask.pixazo().json()["status"] == "QUEUED"
    ask.http.timeout = httpx.Timeout(10, read=0.005)
    with pytest.raises(httpx.ReadTimeout):
        ask.pixazo()
    within(10, lambda: jobs(emulator) == 2)


def test_a_body_is_cut_off(ask: Asking, emulator: Emulator) -> None:
    """Less comes than was announced."""
    emulator.fault("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        ask.pixazo()
    assert jobs(emulator) == 1


def test_an_oversized_body_goes_on(ask: Asking, emulator: Emulator) -> None:
    """Without announcing how long it is."""
    emulator.fault("oversized", size=300_000)
    answer = ask.pixazo()
    assert "content-length" not in answer.headers
    assert len(answer.content) > 300_000


def test_random_faults_repeat_with_their_seed(ask: Asking) -> None:
    """Two emulators of one seed treat equal requests alike."""

    def statuses(**settings: Any) -> list[int]:
        with Emulator(**settings) as emulator:
            emulator.fault("status", status=503, rate=0.5)
            asking = Asking(emulator)
            with asking.http:
                return [asking.pixazo(prompt=f"card {n}").status_code for n in range(40)]

    first = statuses(seed=5)
    assert set(first) == {202, 503}
    assert statuses(seed=5) == first
    assert statuses(seed=6) != first
