"""Pixazo's and APIXO's clients get pictures from the emulated services, over real sockets."""

from __future__ import annotations

import io
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from PIL import Image

from assetgen.emulator.emulator import Emulator
from assetgen.errors import AccountError, ProviderError
from assetgen.providers import apixo, pixazo
from assetgen.providers.apixo import Apixo
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Busy,
    Completed,
    Failed,
    Moderated,
    NotFound,
    Progress,
    Reference,
    Refused,
    Request,
    Running,
)
from assetgen.providers.http import Api, Http
from assetgen.providers.pixazo import Pixazo
from assetgen.secret import Secret
from tests.providers.ends import KEY, do

Provider = Pixazo | Apixo
HEADERS = {"pixazo": pixazo.HEADER, "apixo": apixo.HEADER}
REQUESTS = {
    "pixazo": Request(
        "generate",
        "m",
        "a sword",
        "19.5:9",
        "2k",
        name="grok-imagine-pro-text-to-image-quality/v1/"
        "grok-imagine-pro-text-to-image-quality-request",
        format="png",
    ),
    "apixo": Request("generate", "m", "a sword", "3:2", name="grok-image"),
}
EDITS = {
    "pixazo": "grok-imagine-pro-edit-quality/v1/grok-imagine-pro-edit-quality-request",
    "apixo": "grok-image",
}
SIZES = {"pixazo": (2496, 1152), "apixo": (1296, 864)}


@dataclass
class Place:
    """One emulated service, and how to ask it."""

    emulator: Emulator
    kind: type[Provider]

    @property
    def request(self) -> Request:
        return REQUESTS[self.kind.name]

    def ask(self, use: Callable[[Any], Awaitable[Any]], key: str = KEY) -> Any:
        """Return what ``use`` makes of a client of a process of its own."""

        async def asked() -> Any:
            http = Http()
            name = self.kind.name
            base_url = self.emulator.base_urls[name]
            api = Api(http, name, name, base_url, Secret(key), HEADERS[name], seconds=10)
            try:
                return await use(self.kind(api, 4))
            finally:
                await http.close()

        return do(asked())

    def submit(self, request: Request | None = None) -> str:
        """Return the id of a job that was accepted."""
        accepted = self.ask(lambda provider: provider.submit(request or self.request, ""))
        assert isinstance(accepted, Accepted)
        return accepted.job_id

    def poll(self, job_id: str) -> Progress:
        """Return what a later process is told of a job."""
        progress: Progress = self.ask(lambda provider: provider.poll(job_id, self.request.name))
        return progress

    def fetch(self, result: str) -> bytes:
        """Return the bytes of a result."""
        data: bytes = self.ask(lambda provider: provider.fetch(result))
        return data

    def buy(self, request: Request | None = None) -> Completed:
        """Return a picture that was bought."""
        job_id = self.submit(request)
        deadline = time.monotonic() + 30
        while isinstance(done := self.poll(job_id), Running):
            assert time.monotonic() < deadline
        assert isinstance(done, Completed)
        return done

    def refused(self, kind: type[ProviderError]) -> ProviderError:
        """Return the exception that a submit ends in."""
        with pytest.raises(ProviderError) as caught:
            self.submit()
        assert type(caught.value) is kind
        return caught.value

    @property
    def charged(self) -> int:
        return len(self.emulator.charges)


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=[Pixazo, Apixo], ids=["pixazo", "apixo"])
def place(served: Emulator, request: pytest.FixtureRequest) -> Place:
    served.reset()
    return Place(served, request.param)


def size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
        picture.load()
        return picture.size


def test_a_picture(place: Place) -> None:
    """Of the size asked for, charged once, fetched without the key."""
    done = place.buy()
    (result,) = done.results
    assert isinstance(result, str)
    assert size(place.fetch(result)) == SIZES[place.kind.name]
    assert place.charged == 1
    assert place.emulator.leaks == []


def test_an_edit_of_a_picture_that_was_bought(place: Place) -> None:
    """The service reads its own result by its address."""
    (result,) = place.buy().results
    assert isinstance(result, str)
    change = replace(
        place.request,
        kind="edit",
        prompt="a hat",
        aspect_ratio=None,
        references=(Reference("image", b"", address=result),),
        name=EDITS[place.kind.name],
    )
    (changed,) = place.buy(change).results
    assert isinstance(changed, str)
    assert place.fetch(changed) != place.fetch(result)
    assert place.charged == 2


def test_an_answer_that_is_lost(place: Place) -> None:
    """Whether or not the job was accepted, the client cannot know, and sends once."""
    for accepted in (True, False):
        place.emulator.reset()
        place.emulator.fault("drop", accepted=accepted)
        place.refused(Ambiguous)
        assert (place.charged, place.emulator.count("submit")) == (int(accepted), 1)


@pytest.mark.parametrize("fault", ["cut", "oversized", "garbage"])
def test_an_answer_that_is_spoilt(place: Place, fault: str) -> None:
    """The job was accepted, but nobody can read that."""
    place.emulator.fault(fault, size=200 << 20 if fault == "oversized" else 5)
    place.refused(Ambiguous)
    assert place.charged == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, AccountError),
        (402, AccountError),
        (403, AccountError),
        (429, Busy),
        (500, Ambiguous),
        (502, Ambiguous),
        (503, Ambiguous),
    ],
)
def test_an_error(place: Place, status: int, kind: type[ProviderError]) -> None:
    """Each as the service words it; nothing is charged."""
    place.emulator.fault("status", status=status, message="as it says")
    assert "as it says" in str(place.refused(kind))
    assert place.charged == 0


def test_an_error_inside_a_success(served: Emulator) -> None:
    """Trap 4: APIXO may say it in the body alone."""
    served.reset()
    served.fault("status", status=402, in_body=True)
    Place(served, Apixo).refused(AccountError)


def test_a_limit(place: Place) -> None:
    """Trap 27: how long to wait is said in seconds."""
    place.emulator.fault("status", status=429, retry_after=7)
    error = place.refused(Busy)
    assert isinstance(error, Busy)
    assert error.retry_after == 7.0


@pytest.mark.parametrize("to", ["same", "other"])
def test_a_redirect(place: Place, to: str) -> None:
    """Neither the request nor the key goes along."""
    place.emulator.fault("redirect", to=to, status=307)
    place.refused(Refused)
    assert place.charged == 0
    assert place.emulator.leaks == []


def test_what_a_service_refuses_as_documented(place: Place) -> None:
    """An unknown ratio and a missing prompt are refused for nothing."""
    for wrong in ({"aspect_ratio": "7:5"}, {"prompt": ""}):
        with pytest.raises(Refused):
            place.submit(replace(place.request, **wrong))  # type: ignore[arg-type]
    assert place.charged == 0


def test_a_failure_and_its_charge(place: Place) -> None:
    """Only Pixazo's ERROR is documented as free."""
    for charged in (True, False):
        place.emulator.fault("fail", charged=charged, message="as it says")
        failed = place.poll(place.submit())
        assert isinstance(failed, Failed)
        assert "as it says" in failed.reason
        free = place.kind is Pixazo and not charged
        assert failed.charged is (False if free else None)


def test_a_request_for_what_is_not_made(place: Place) -> None:
    """It is known as such, wherever it is said."""
    place.emulator.fault("moderate")
    try:
        progress = place.poll(place.submit())
    except Moderated:
        return
    assert isinstance(progress, Failed)
    assert progress.moderated


def test_a_state_that_nobody_knows(place: Place) -> None:
    """Trap 11: the job goes on."""
    place.emulator.fault("state", word="MYSTERY", seconds=60)
    job_id = place.submit()
    assert place.poll(job_id) == Running()
    place.emulator.advance(61)
    assert isinstance(place.poll(job_id), Completed)


def test_a_job_that_is_not_visible_yet(place: Place) -> None:
    """Right after a submit it may be unknown."""
    place.emulator.fault("hidden", count=1)
    job_id = place.submit()
    assert place.poll(job_id) == NotFound()
    assert isinstance(place.poll(job_id), Completed)


def test_more_pictures_than_were_asked_for(place: Place) -> None:
    """Trap 23: all of them are named."""
    place.emulator.fault("surplus", count=3)
    assert len(place.buy().results) == 3


def test_a_picture_inside_the_answer(served: Emulator) -> None:
    """Trap 24: Pixazo's data address is the picture."""
    served.reset()
    served.fault("data-uri")
    (result,) = Place(served, Pixazo).buy().results
    assert isinstance(result, bytes)
    assert size(result) == SIZES["pixazo"]


def test_a_file_that_is_a_page(place: Place) -> None:
    """Traps 21, 22: the download fails, and the next one does not."""
    (result,) = place.buy().results
    assert isinstance(result, str)
    place.emulator.fault("html")
    with pytest.raises(ProviderError):
        place.fetch(result)
    assert size(place.fetch(result)) == SIZES[place.kind.name]
    assert place.charged == 1


def test_the_balance(served: Emulator) -> None:
    """APIXO says what is left of the key's money."""
    served.reset()
    assert Place(served, Apixo).ask(lambda provider: provider.check()) == "balance $1000.00"
