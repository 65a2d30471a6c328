"""xAI's and OpenAI's clients get pictures from the emulated services, over real sockets."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest
from PIL import Image

from assetgen.emulator.emulator import Emulator
from assetgen.errors import AccountError
from assetgen.providers.base import (
    Ambiguous,
    Busy,
    Completed,
    Failed,
    Moderated,
    Reference,
    Request,
)
from assetgen.providers.http import Api, Http
from assetgen.providers.images_api import ImagesApi, results_of
from assetgen.providers.openai import OpenAi
from assetgen.providers.xai import Xai
from assetgen.secret import Secret
from tests.providers.ends import KEY, do

GROK, GPT, LOCAL = "grok-imagine-image-2.0", "gpt-image-2", "stable-diffusion"
Provider = Xai | OpenAi


def drawn(width: int, height: int, form: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (9, 90, 200)).save(stream, form)
    return stream.getvalue()


HERO = Reference("base", drawn(640, 360, "PNG"))
HAT = Reference("hat", drawn(300, 300, "JPEG"))


@dataclass
class Place:
    """The emulated services, and how to ask one of them."""

    emulator: Emulator

    def ask(
        self, kind: type[Provider], use: Callable[..., Awaitable[object]], key: str | None = KEY
    ) -> object:
        """Return what ``use`` makes of a client with connections of its own."""

        async def asked() -> object:
            http = Http()
            url = self.emulator.base_urls[kind.name]
            provider = kind(Api(http, kind.name, kind.name, url, Secret(key) if key else None), 4)
            try:
                return await use(provider)
            finally:
                await http.close()

        return do(asked())

    def buy(self, kind: type[Provider], request: Request, key: str | None = KEY) -> Completed:
        """Return a picture that was bought."""
        done = self.ask(kind, lambda provider: provider.submit(request, ""), key)
        assert isinstance(done, Completed)
        return done


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def place(served: Emulator) -> Place:
    served.reset()
    return Place(served)


def shape(done: Completed) -> tuple[str | None, tuple[int, int]]:
    (result,) = done.results
    assert isinstance(result, bytes)
    with Image.open(io.BytesIO(result)) as picture:
        picture.load()
        return picture.format, picture.size


def test_xai_draws(place: Place) -> None:
    """A picture of the ratio asked for, at the price that was charged."""
    request = Request("generate", "m", "a sword", "19.5:9", "2k", "medium", name=GROK)
    done = place.buy(Xai, request)
    assert (shape(done), done.cost, done.model) == (("PNG", (2496, 1152)), 0.08, GROK)
    assert [float(charge.price or 0) for charge in place.emulator.charges] == [0.08]


def test_xai_serves_a_retired_name_by_another_model(place: Place) -> None:
    """Trap 32: the model that really served is told."""
    request = Request("generate", "m", "x", name="grok-imagine-image-quality")
    assert place.buy(Xai, request).model == GROK


@pytest.mark.parametrize(
    ("references", "ratio", "size"),
    [((HERO,), "1:1", (1360, 768)), ((HERO, HAT), "3:2", (1296, 864))],
)
def test_xai_edits(
    place: Place, references: tuple[Reference, ...], ratio: str, size: tuple[int, int]
) -> None:
    """An edit of one picture keeps its ratio, of several it takes the one asked for."""
    request = Request("edit", "m", "a hat", ratio, references=references, name=GROK)
    assert shape(place.buy(Xai, request))[1] == size


def test_openai_draws(place: Place) -> None:
    """A picture of the size asked for, in the format asked for."""
    request = Request(
        "generate", "m", "x", quality="low", name=GPT, size=(1536, 1024), format="webp"
    )
    assert shape(place.buy(OpenAi, request)) == ("WEBP", (1536, 1024))


@pytest.mark.parametrize(("name", "key"), [(GPT, KEY), (LOCAL, None)])
def test_openai_edits(place: Place, name: str, key: str | None) -> None:
    """Several files and a prompt of many lines arrive, with a key and without."""
    prompt = 'a "hät"\nImage 2: the hat'
    request = Request(
        "edit", "m", prompt, references=(HERO, HAT), name=name, size=(1024, 1024), format="png"
    )
    assert shape(place.buy(OpenAi, request, key)) == ("PNG", (1024, 1024))


@pytest.mark.parametrize(("kind", "name"), [(Xai, GROK), (OpenAi, LOCAL)])
def test_addresses_are_fetched(place: Place, kind: type[Provider], name: str) -> None:
    """Trap 21: an address leads to another origin, which gets no key."""

    async def fetched(provider: ImagesApi) -> bytes:
        body = {"model": name, "prompt": "x", "response_format": "url"}
        answer = await provider._api.post("/images/generations", body, paid=True)
        (address,) = results_of(answer.data, provider._api.base_url) or ()
        assert isinstance(address, str)
        return await provider.fetch(address)

    data = place.ask(kind, fetched)
    assert isinstance(data, bytes)
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
    assert place.emulator.leaks == []


@pytest.mark.parametrize(
    ("kind", "name", "fault", "options", "outcome"),
    [
        (Xai, GROK, "status", {"status": 429, "retry_after": 3}, Busy),
        (Xai, GROK, "status", {"status": 400, "message": "Incorrect API key"}, AccountError),
        (Xai, GROK, "drop", {"accepted": True}, Ambiguous),
        (Xai, GROK, "cut", {}, Ambiguous),
        (OpenAi, LOCAL, "moderate", {}, Moderated),
        (OpenAi, LOCAL, "status", {"status": 429, "code": "insufficient_quota"}, AccountError),
        (OpenAi, LOCAL, "status", {"status": 503, "accepted": True}, Ambiguous),
        (OpenAi, LOCAL, "garbage", {}, Ambiguous),
    ],
)
def test_faults(
    place: Place,
    kind: type[Provider],
    name: str,
    fault: str,
    options: dict[str, object],
    outcome: type[Exception],
) -> None:
    """Trap 1: each fault is told for what it is, after one request."""
    place.emulator.fault(fault, service=kind.name, **options)
    with pytest.raises(outcome):
        place.buy(kind, Request("generate", "m", "x", name=name))
    assert place.emulator.count("submit", kind.name) == 1


def test_xai_withholds_a_picture(place: Place) -> None:
    """Trap 9: an empty success is moderation."""
    place.emulator.fault("moderate", service="xai")
    request = Request("generate", "m", "x", name=GROK)
    failed = place.ask(Xai, lambda provider: provider.submit(request, ""))
    assert isinstance(failed, Failed)
    assert failed.moderated


def test_both_answer_a_check(place: Place) -> None:
    """A check costs nothing, and asks for no picture."""
    for kind in (Xai, OpenAi):
        assert "models: " in str(place.ask(kind, lambda provider: provider.check()))
    assert place.emulator.charges == []
