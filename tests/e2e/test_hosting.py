"""A picture of the project is edited by a service that reads only addresses."""

from __future__ import annotations

import functools
import io
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from tests.e2e.emulated import Market
from tests.providers.bucket import KEY, REGION, SECRET, Bucket, open_bucket

CAP = ("--max-images", "9")
EDIT = "targets: {gold: {edit: ./ref.png, prompt: in gold}}\n"
READERS = ("pixazo", "apixo")


def png() -> bytes:
    """Return a picture for the project."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """An object store that checks signatures."""
    with open_bucket(Bucket()) as store:
        yield store


@pytest.fixture
def published(shop: Market) -> Iterator[str]:
    """The project's files on a server of their own."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(shop.root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("provider", READERS)
def test_without_a_place_it_is_an_error_of_the_plan(shop: Market, provider: str) -> None:
    """Before any money, with what to configure."""
    shop.write("ref.png", png())
    shop.shelf(provider, EDIT)
    for command in (["plan"], ["build", *CAP]):
        ran = shop.run(*command)
        assert ran.code == 2
        assert f"{provider} reads input pictures only from a public address" in ran.err
        assert "[hosting]" in ran.err
    assert shop.submits == []


@pytest.mark.parametrize("provider", READERS)
def test_an_object_store_gives_it_an_address(shop: Market, bucket: Bucket, provider: str) -> None:
    """Uploaded once, under a signed address that is printed nowhere."""
    shop.write("ref.png", png())
    shop.shelf(provider, EDIT + "  \n")
    shop.config(
        f'[hosting]\nstore = "s3://{bucket.name}/refs"\nendpoint = "{bucket.endpoint}"\n'
        f'region = "{REGION}"\n'
    )
    shop.variables |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    ran = shop.ok("build", *CAP)
    assert len(bucket.uploads) == len(shop.charges) == 1
    assert "Signature" not in ran.out + ran.err
    said = b"".join(path.read_bytes() for path in shop.base.rglob("*") if path.is_file())
    assert b"X-Amz-Signature" not in said
    assert SECRET.encode() not in said


@pytest.mark.parametrize("provider", READERS)
def test_published_files_need_no_store(shop: Market, published: str, provider: str) -> None:
    """The address of the file itself will do, as long as the picture is the one that is needed."""
    shop.write("ref.png", png())
    shop.shelf(provider, EDIT)
    shop.config(f'[hosting]\npublic_url = "{published}"\n')
    assert shop.build(*CAP)["bought"] == 1


def test_an_address_with_another_picture_is_not_sent(shop: Market) -> None:
    """What stands there is fetched and compared before the order."""
    shop.write("ref.png", png())
    shop.shelf("apixo", EDIT)
    shop.config(f'[hosting]\npublic_url = "{shop.emulator.files_base}/nothing"\n')
    ran = shop.run("build", *CAP)
    assert ran.code == 1
    assert "there is none that works" in ran.out
    assert shop.submits == []


def test_a_service_that_takes_bytes_needs_no_place(shop: Market) -> None:
    """Runware is sent the picture itself."""
    shop.write("ref.png", png())
    shop.shelf("runware", EDIT)
    assert shop.build(*CAP)["bought"] == 1
