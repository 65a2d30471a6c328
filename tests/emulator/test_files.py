"""The results' own host: whole pictures, and every way in which a file can be bad."""

from __future__ import annotations

import io

import httpx
import pytest
from PIL import Image

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.pictures import note_of
from tests.emulator.asking import PIXAZO_KEY, Asking

POLLED = ("pixazo", "runware", "apixo")


def is_whole(data: bytes) -> bool:
    """Whether bytes are a picture to the end."""
    try:
        Image.open(io.BytesIO(data)).load()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("service", POLLED)
def test_files_are_on_another_origin(ask: Asking, emulator: Emulator, service: str) -> None:
    """As on a service's CDN, and the same bytes each time."""
    url = ask.picture(service)
    assert url.startswith(emulator.files_base + f"/{service}/")
    first, second = ask.http.get(url), ask.http.get(url)
    assert first.content == second.content
    assert is_whole(first.content)
    assert emulator.count("file", service) == 2


def test_a_key_at_the_files_is_a_leak(ask: Asking, emulator: Emulator) -> None:
    """The file is served all the same, and the leak noted without the key."""
    ask.http.get(ask.picture(), headers=PIXAZO_KEY)
    (leak,) = emulator.leaks
    assert (leak.origin, leak.header) == (emulator.files_base, "ocp-apim-subscription-key")
    assert PIXAZO_KEY["Ocp-Apim-Subscription-Key"] not in repr(leak)
    assert leak.account == emulator.charges[0].account


@pytest.mark.parametrize("path", ["/somewhere", "/pixaz", "/pixazo-2/v1"])
def test_a_key_on_a_path_of_nobody_is_a_leak(ask: Asking, emulator: Emulator, path: str) -> None:
    """No service has it."""
    assert ask.http.get(emulator.api_base + path, headers=PIXAZO_KEY).status_code == 404
    assert [leak.path for leak in emulator.leaks] == [path]


def test_a_key_of_another_service_is_a_leak(ask: Asking, emulator: Emulator) -> None:
    """Its header has no business there."""
    ask.apixo(headers=PIXAZO_KEY)
    assert [leak.header for leak in emulator.leaks] == ["ocp-apim-subscription-key"]


def test_an_unknown_file_is_not_found(ask: Asking, emulator: Emulator) -> None:
    """Addresses cannot be guessed from others."""
    url = ask.picture()
    assert ask.http.get(url.replace("output", "output_2")).status_code == 404
    assert ask.http.get(emulator.files_base + "/pixazo/abc/output.png").status_code == 404


@pytest.mark.parametrize("service", POLLED)
def test_an_address_expires_and_polling_gives_another(service: str) -> None:
    """With the same picture."""
    with Emulator(expire=600) as emulator:
        asking = Asking(emulator)
        with asking.http:
            submitted = asking.submit(service)
            (old,) = asking.urls(service, submitted)
            before = asking.http.get(old)
            assert asking.urls(service, submitted) != [old]  # 1000 s later
            assert asking.http.get(old).status_code == 404
            (new,) = asking.urls(service, submitted)
            assert asking.http.get(new).content == before.content


def test_a_result_of_runware_has_the_life_that_was_asked_for(
    ask: Asking, emulator: Emulator
) -> None:
    """`ttl`, from when the address was given."""
    (url,) = ask.urls("runware", ask.runware(dict(_task(), ttl=60)))
    assert ask.http.get(url).status_code == 200
    emulator.advance(61)
    assert ask.http.get(url).status_code == 404


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503])
def test_a_file_may_be_gone(ask: Asking, emulator: Emulator, status: int) -> None:
    """Once; then it is there."""
    url = ask.picture()
    emulator.fault("status", on="file", status=status)
    assert [ask.http.get(url).status_code for _ in range(2)] == [status, 200]


def test_a_file_may_be_cut_off(ask: Asking, emulator: Emulator) -> None:
    """Announced as whole, and not."""
    url = ask.picture()
    emulator.fault("truncate")
    emulator.fault("truncate", size=100, nth=1)
    halves = [ask.http.get(url).content for _ in range(3)]
    assert [is_whole(data) for data in halves] == [False, False, True]
    assert len(halves[1]) == 100


def test_the_connection_may_end_within_a_file(ask: Asking, emulator: Emulator) -> None:
    """Less comes than was announced."""
    url = ask.picture()
    emulator.fault("cut", on="file")
    with pytest.raises(httpx.RemoteProtocolError):
        ask.http.get(url)


def test_a_file_may_be_a_page(ask: Asking, emulator: Emulator) -> None:
    """HTML, with 200."""
    url = ask.picture()
    emulator.fault("html")
    page = ask.http.get(url)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("wanted", "magic"), [("png", b"\xff\xd8"), ("jpeg", b"\x89PNG"), ("webp", b"\xff\xd8")]
)
def test_a_file_may_be_of_another_format(
    ask: Asking, emulator: Emulator, wanted: str, magic: bytes
) -> None:
    """Under the name and the media type of the one that was asked for."""
    (url,) = ask.urls("pixazo", ask.pixazo(output_format=wanted))
    emulator.fault("mislabel")
    file = ask.http.get(url)
    assert (url.endswith(wanted), file.headers["content-type"]) == (True, f"image/{wanted}")
    assert file.content.startswith(magic)
    assert is_whole(file.content)


@pytest.mark.parametrize("to", ["same", "other"])
def test_a_file_may_be_somewhere_else(ask: Asking, emulator: Emulator, to: str) -> None:
    """On the same origin or another one; who follows finds it."""
    url = ask.picture()
    emulator.fault("redirect", on="file", to=to)
    answer = ask.http.get(url)
    place = answer.headers["location"]
    base = emulator.files_base if to == "same" else emulator.api_base
    assert (answer.status_code, place.startswith(base)) == (302, True)
    assert note_of(ask.http.get(place).content)["prompt"] == "a sword"


@pytest.mark.parametrize("kind", ["slow", "oversized", "drop", "hang"])
def test_a_file_may_go_wrong_as_any_answer(ask: Asking, emulator: Emulator, kind: str) -> None:
    """Slow, endless, lost or never."""
    url = ask.picture()
    emulator.fault(kind, on="file", seconds=0.05, size=10_000_000)
    if kind in ("drop", "hang"):
        ask.http.timeout = httpx.Timeout(10, read=0.3)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadTimeout)):
            ask.http.get(url)
    else:
        assert len(ask.http.get(url).content) > (10_000_000 if kind == "oversized" else 1000)


def _task() -> dict[str, object]:
    return {
        "taskType": "imageInference",
        "taskUUID": "8a3fbf5c-1d9c-4a38-9d3e-5a4d3c2b1a00",
        "model": "xai:grok-imagine@image-pro",
        "positivePrompt": "a sword",
        "width": 1024,
        "height": 1024,
        "deliveryMethod": "async",
    }
