"""Input pictures get an address that gives just their bytes, or an error that says what to mend."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from assetgen.config import Hosting
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, ProviderError, StoreError, UsageError
from assetgen.providers.clouds import open_folder
from assetgen.providers.hosting import FakeHost, Host, PublicFolder, open_host, verified
from assetgen.providers.http import Http
from assetgen.providers.objects import Objects, open_objects
from tests.providers.bucket import KEY, REGION, SECRET, Bucket, open_bucket

PICTURE = b"\x89PNG\r\n\x1a\n and what follows"
NAME = sha256(PICTURE)
PATH = f"/art/refs/{NAME}.png"
CREDENTIALS = {"access_key_id": KEY, "secret_access_key": SECRET}


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with open_bucket(Bucket()) as served:
        yield served


def at(bucket: Bucket, store: str = "s3://art/refs", expires: int = 3600) -> Hosting:
    region = REGION if store.startswith("s3") else ""
    return Hosting(store, expires, endpoint=bucket.endpoint, region=region)


def host_of(bucket: Bucket, **credentials: str) -> Objects:
    return open_objects(at(bucket), CREDENTIALS | credentials)


def put(host: Host, data: bytes = PICTURE) -> str:
    return asyncio.run(host.put(data, sha256(data)))


def read_back(address: str, digest: Digest = NAME, *, loopback: bool = True) -> None:
    async def run() -> None:
        http = Http()
        try:
            await verified(http, address, digest, loopback=loopback)
        finally:
            await http.close()

    asyncio.run(run())


def kind_of(error: pytest.ExceptionInfo[AssetgenError]) -> str:
    (problem,) = error.value.problems
    return problem.kind.name


# An object store


def test_a_picture_is_put_and_read_back(bucket: Bucket) -> None:
    """It stands under its digest with its type, and a signed address gives its bytes."""
    address = put(host_of(bucket))
    assert bucket.objects == {PATH: (PICTURE, "image/png")}
    assert address.startswith(f"{bucket.endpoint}{PATH}?")
    read_back(address)


@pytest.mark.parametrize(
    ("data", "extension", "kind"),
    [
        (b"\xff\xd8\xff\xe0 jfif", "jpg", "image/jpeg"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp", "image/webp"),
        (b"something else", "bin", "application/octet-stream"),
    ],
)
def test_types(bucket: Bucket, data: bytes, extension: str, kind: str) -> None:
    """Extension and content type follow the first bytes, not a file's name."""
    put(host_of(bucket), data)
    assert bucket.objects == {f"/art/refs/{sha256(data)}.{extension}": (data, kind)}


def test_a_folder_with_odd_letters(bucket: Bucket) -> None:
    """Blanks and umlauts in the folder's name are signed as they are sent."""
    address = put(open_objects(at(bucket, "s3://art/Für Dienste/1"), CREDENTIALS))
    read_back(address)


def test_the_same_picture_again(bucket: Bucket) -> None:
    """Asked for many times at once and once more, it is sent once."""

    async def run() -> list[str]:
        host = host_of(bucket)
        first = await asyncio.gather(*(host.put(PICTURE, NAME) for _ in range(8)))
        return [*first, await host.put(PICTURE, NAME)]

    addresses = asyncio.run(run())
    assert bucket.uploads == [PATH]
    assert len(addresses) == 9
    read_back(addresses[-1])


def test_another_process_put_it_before(bucket: Bucket) -> None:
    """What exists is left alone, and its address works."""
    put(host_of(bucket))
    bucket.objects[PATH] = PICTURE, "image/x-first"
    read_back(put(host_of(bucket)))
    assert bucket.objects[PATH] == (PICTURE, "image/x-first")


def test_a_store_without_conditional_puts(bucket: Bucket) -> None:
    """It is asked plainly instead, and not asked the other way again."""
    bucket.conditions = False
    host = host_of(bucket)
    read_back(put(host))
    before = len(bucket.uploads)
    put(host, b"another")
    assert len(bucket.uploads) == before + 1


def test_an_address_that_expired(bucket: Bucket) -> None:
    """After its time the store refuses it; within it, it works."""
    address = put(open_objects(at(bucket, expires=600), CREDENTIALS))
    bucket.ahead = 500
    read_back(address)
    bucket.ahead = 700
    with pytest.raises(ProviderError) as error:
        read_back(address)
    assert kind_of(error) == "hosted-not-public"


def test_another_picture_stands_there(bucket: Bucket) -> None:
    """A service would read the wrong picture, so nothing is bought with it."""
    bucket.objects[PATH] = b"\x89PNG another", "image/png"
    address = put(host_of(bucket))
    with pytest.raises(ProviderError) as error:
        read_back(address)
    assert kind_of(error) == "hosted-other-bytes"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"access_key_id": "AKUNKNOWN"}, "the credentials are refused (InvalidAccessKeyId)"),
        ({"secret_access_key": "canary-wrong"}, "the credentials are refused (SignatureDoesNot"),
    ],
)
def test_wrong_credentials(bucket: Bucket, wrong: dict[str, str], said: str) -> None:
    """One line names the object and the variables, and shows no secret and no address."""
    with pytest.raises(StoreError) as error:
        put(host_of(bucket, **wrong))
    (problem,) = error.value.problems
    assert problem.cause.startswith(
        f"the picture cannot be put at s3://art/refs/{NAME}.png: {said}"
    )
    assert problem.step == "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    whole = repr(error.value) + "".join(traceback.format_exception(error.value))
    assert "canary" not in whole and "Signature=" not in whole
    assert bucket.objects == {}


@pytest.mark.parametrize(
    ("status", "code", "said", "step"),
    [
        (401, "", "the credentials are refused", "check AWS_ACCESS_KEY_ID"),
        (400, "ExpiredToken", "the credentials are refused (ExpiredToken)", "check AWS_"),
        (403, "AccessDenied", "these credentials may not write there (AccessDenied)", "allow"),
        (403, "RequestTimeTooSkewed", "this machine's clock is not the store's", "set the clock"),
        (404, "NoSuchBucket", "there is no such bucket (NoSuchBucket)", "create it"),
        (400, "AuthorizationHeaderMalformed", "the bucket is in another region", "set region"),
        (307, "", "the bucket is in another region", "set region"),
        (503, "SlowDown", "the store answers HTTP 503 (SlowDown)", "build again later"),
        (400, "\x1b[31mRed", "the store answers HTTP 400", "build again later"),
    ],
)
def test_a_store_that_refuses(bucket: Bucket, status: int, code: str, said: str, step: str) -> None:
    """What it answers becomes a cause and a next step of our own words."""
    bucket.refusal = status, code
    with pytest.raises(StoreError) as error:
        put(host_of(bucket))
    (problem,) = error.value.problems
    assert f".png: {said}" in problem.cause
    assert problem.step.startswith(step)
    assert "\x1b" not in str(error.value)


def test_a_failed_upload_is_tried_again(bucket: Bucket) -> None:
    """The next attempt sends the picture: a failure is not remembered as done."""
    host = host_of(bucket)
    bucket.refusal = 403, "AccessDenied"
    with pytest.raises(StoreError):
        put(host)
    bucket.refusal = None
    read_back(put(host))


def test_a_store_that_cannot_be_reached() -> None:
    """A closed port is one line with the place to look at."""
    with open_bucket(Bucket()) as gone:
        host = host_of(gone)
    with pytest.raises(StoreError) as error:
        put(host)
    assert "the store cannot be reached" in str(error.value)


def test_a_crash_inside_the_library(bucket: Bucket, capfd: pytest.CaptureFixture[str]) -> None:
    """Its panic, which is no Exception, becomes an error of ours."""
    with pytest.raises(StoreError) as error:
        put(host_of(bucket, access_key_id="AK\nCANARY"))
    assert kind_of(error) == "hosting-not-put"
    assert "CANARY" not in str(error.value) + capfd.readouterr().err


def service_account() -> str:
    """Return the text of a key file as Google gives it, with a key that nobody knows."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return json.dumps(
        {"client_email": "a@b.example", "private_key_id": "1", "private_key": key.decode()}
    )


@pytest.mark.parametrize(
    ("store", "settings", "signature"),
    [
        ("az://art/refs", {"account_name": "a", "account_key": "a2V5" * 11}, "&sig="),
        ("gs://art/refs", {"service_account_key": service_account()}, "&X-Goog-Signature="),
    ],
)
def test_google_and_azure(
    bucket: Bucket, store: str, settings: dict[str, str], signature: str
) -> None:
    """Both put by their own rules, replace nothing, and give signed addresses of their kind."""
    bucket.signed = False
    address = put(open_objects(at(bucket, store), settings))
    assert signature in address
    read_back(address)
    assert bucket.objects == {PATH: (PICTURE, "image/png")}
    bucket.objects[PATH] = PICTURE, "image/x-first"
    read_back(put(open_objects(at(bucket, store), settings)))
    assert bucket.objects == {PATH: (PICTURE, "image/x-first")}


@pytest.mark.parametrize(
    ("store", "settings", "step"),
    [
        ("gs://art", {"service_account_key": "{}"}, "set GOOGLE_SERVICE_ACCOUNT to the key file"),
        ("az://art", {"account_name": "a", "account_key": "canary !"}, "check AZURE_STORAGE_"),
    ],
)
def test_credentials_that_cannot_be_read(
    bucket: Bucket, store: str, settings: dict[str, str], step: str
) -> None:
    """They are told before anything is sent, by the variable that should hold them."""
    with pytest.raises(UsageError) as error:
        open_objects(at(bucket, store), settings)
    assert kind_of(error) == "hosting-not-opened"
    assert error.value.problems[0].step.startswith(step)
    assert "canary" not in repr(error.value)


def test_credentials_that_cannot_sign(bucket: Bucket) -> None:
    """Azure's shared access signatures can put but not sign: nothing is put."""
    settings = {"account_name": "a", "sas_key": "sv=2024&sig=canary"}
    with pytest.raises(StoreError) as error:
        put(open_objects(at(bucket, "az://art/refs"), settings))
    assert kind_of(error) == "hosting-not-signed"
    assert bucket.requests == []


def test_nothing_tells_a_signed_address(
    bucket: Bucket, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """No log at any level and no output holds a signature or a secret."""
    caplog.set_level(logging.DEBUG)
    host = host_of(bucket)
    address = put(host)
    read_back(address)
    bucket.ahead = 7200
    with pytest.raises(ProviderError) as error:
        read_back(address)
    signature = address.rpartition("=")[2]
    said = caplog.text + "".join(capfd.readouterr()) + str(error.value) + repr(host)
    assert re.fullmatch(r"[0-9a-f]{64}", signature)
    assert not any(text in said for text in (signature, "X-Amz", SECRET, KEY))


# An S3 server that somebody else wrote; it checks no signature, but knows S3's own ways


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """Give the address of a server of its own process, with a bucket `art`."""
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        try:
            assert server.stdout is not None
            lines = iter(server.stdout.readline, b"")
            found = filter(None, (re.search(rb"http://\S+:[0-9]+", line) for line in lines))
            endpoint = next(found)[0].decode()
            httpx.put(f"{endpoint}/art", trust_env=False).raise_for_status()
            yield endpoint
        finally:
            server.terminate()


def test_another_s3_agrees(moto: str) -> None:
    """It takes the picture once, gives it back to the signed address, and to no other."""
    hosting = Hosting("s3://art/refs", endpoint=moto, region="us-east-1")
    address = put(open_objects(hosting, CREDENTIALS))
    read_back(address)
    read_back(put(open_objects(hosting, CREDENTIALS)))
    with pytest.raises(ProviderError) as error:
        read_back(address.partition("?")[0])
    assert kind_of(error) == "hosted-not-public"


def test_another_s3_has_no_such_bucket(moto: str) -> None:
    """Its answer is understood."""
    hosting = Hosting("s3://nobodys/refs", endpoint=moto, region="us-east-1")
    with pytest.raises(StoreError, match="there is no such bucket"):
        put(open_objects(hosting, CREDENTIALS))


# What the user config says


@pytest.mark.parametrize(
    ("hosting", "said"),
    [
        (Hosting("my-bucket/refs"), "it has no '://'"),
        (Hosting("gss://b"), "'gss' is no kind of store (did you mean 'gs'?)"),
        (Hosting("https://b.example/x"), "'https' is no kind of store"),
        (Hosting("file:///tmp"), "'file' is no kind of store"),
        (Hosting("s3://"), "'' cannot be a bucket's name"),
        (Hosting("s3://a b"), "'a b' cannot be a bucket's name"),
        (Hosting("s3://b/x//y"), "'x//y' cannot be a folder there"),
        (Hosting("s3://b/../y"), "'../y' cannot be a folder there"),
        (Hosting("s3://b/x?y=1"), "'x?y=1' cannot be a folder there"),
        (Hosting("s3://b/x\ny"), "'x\\ny' cannot be a folder there"),
        (Hosting("s3://AK:canary@b"), "credentials and ports do not belong there"),
        (Hosting("s3://b", endpoint="http://minio.example"), "http to minio.example is not https"),
        (Hosting("s3://b", endpoint="ftp://h.example:21"), "ftp to h.example is not https"),
        (Hosting("s3://b", endpoint="minio.example"), "it is no address of a server"),
        (Hosting("s3://b", endpoint="https://AK:canary@h.example"), "it is no address of a"),
        (Hosting("s3://b", region="eu\nwest"), "region in [hosting] cannot be used: 'eu\\nwest'"),
        (Hosting("gs://b", region="eu"), "'gs' has none"),
        (Hosting("s3://b", expires=604801), "is 604801 seconds, but no store signs for more"),
    ],
)
def test_mistakes_in_the_config(hosting: Hosting, said: str) -> None:
    """Each is told before anything is sent, with a next step and without a secret."""
    with pytest.raises(UsageError) as error:
        open_host(hosting)
    (problem,) = error.value.problems
    assert said in problem.cause and problem.step
    assert "canary" not in repr(problem)


@pytest.mark.parametrize("value", ["AKCANARY\n", " AKCANARY", "AK\x00CANARY"])
def test_a_credential_with_a_line_break(value: str) -> None:
    """The variable is named and its value is not shown; other clouds' variables do not matter."""
    with pytest.raises(UsageError, match="AWS_ACCESS_KEY_ID holds a line break") as error:
        open_folder(Hosting("s3://b"), CREDENTIALS, {"AWS_ACCESS_KEY_ID": value})
    assert "CANARY" not in repr(error.value)
    open_folder(Hosting("s3://b"), CREDENTIALS, {"AZURE_CLIENT_ID": value})


CHILD = """
import asyncio, sys
from assetgen.config import Hosting
from assetgen.errors import AssetgenError
from assetgen.providers.hosting import open_host
try:
    host = open_host(Hosting("s3://art/refs", endpoint=sys.argv[1], region=sys.argv[2]))
    print(asyncio.run(host.put(b"data", "name")).partition("?")[0])
except AssetgenError as error:
    print(error.problems[0].kind.name, "|", error.problems[0].step)
"""


def child(bucket: Bucket, before: str = "", **environ: str) -> str:
    """Return what a process of its own says that puts one picture, under ``environ`` alone."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", before + CHILD, bucket.endpoint, REGION],
        env=kept | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_credentials_from_the_environment(bucket: Bucket) -> None:
    """The variables that other tools read are enough; a process that has put ends well."""
    said = child(bucket, AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
    assert said == f"{bucket.endpoint}/art/refs/name.bin"
    assert list(bucket.objects) == ["/art/refs/name.bin"]


def test_the_config_wins_over_the_environment(bucket: Bucket) -> None:
    """An endpoint and a region of [hosting] hold, whatever other tools' variables say."""
    said = child(
        bucket,
        AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_REGION="elsewhere-1",
        AWS_ENDPOINT_URL="https://elsewhere.example",
        AWS_ENDPOINT_URL_S3="https://elsewhere.example",
    )
    assert said == f"{bucket.endpoint}/art/refs/name.bin"


def test_no_credentials_anywhere(bucket: Bucket) -> None:
    """Where neither variables nor the machine give any, the variables are named."""
    said = child(bucket, AWS_METADATA_ENDPOINT=f"{bucket.endpoint}/none")
    assert said == "hosting-not-signed | check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    assert bucket.objects == {}


def test_without_the_library(bucket: Bucket) -> None:
    """The extra to install is named."""
    said = child(bucket, before="import sys; sys.modules['obstore'] = None")
    assert said == "hosting-extra | pip install 'assetgen[remote]'"


# Files that are published already


@pytest.mark.parametrize(
    ("url", "path", "address"),
    [
        ("https://h.example/art", "hero/base.png", "https://h.example/art/hero/base.png"),
        ("https://h.example/", "a b/ü#1?.png", "https://h.example/a%20b/%C3%BC%231%3F.png"),
        ("https://h.example", "100%.png", "https://h.example/100%25.png"),
        ("http://127.0.0.1:8000", "x.png", "http://127.0.0.1:8000/x.png"),
    ],
)
def test_the_address_of_a_project_file(url: str, path: str, address: str) -> None:
    """Each folder and name is quoted, and one slash joins them to the public address."""
    assert PublicFolder(url).address(path) == address


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://h.example", "http is not https"),
        ("file:///srv", "it is no address of a server"),
        ("h.example/art", "it is no address of a server"),
        ("https://me:canary@h.example", "it holds a user name"),
        ("https://h.example/?token=canary", "cannot follow a '?'"),
        ("https://h.example/#x", "cannot follow a '?' or '#'"),
    ],
)
def test_a_public_address_that_cannot_be_one(url: str, said: str) -> None:
    """It is told at once, without showing what it may hold."""
    with pytest.raises(UsageError) as error:
        PublicFolder(url)
    assert said in str(error.value) and "canary" not in str(error.value)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ((b"<!DOCTYPE html><title>Log in", "text/html; charset=utf-8"), "hosted-page"),
        ((b"\n<html><body>preview", "application/octet-stream"), "hosted-page"),
        ((b'{"login": true}', "application/json"), "hosted-unread"),
        ((PICTURE[:-1], "image/png"), "hosted-other-bytes"),
        ((b"", "image/png"), "hosted-other-bytes"),
    ],
)
def test_what_stands_at_an_address(bucket: Bucket, page: tuple[bytes, str], kind: str) -> None:
    """A page, other bytes or fewer are told apart, and the host alone is named."""
    bucket.page = page
    with pytest.raises(ProviderError) as error:
        read_back(f"{bucket.endpoint}/a.png?sig=canary")
    assert kind_of(error) == kind
    assert "canary" not in str(error.value) and error.value.problems[0].step


def test_nothing_stands_at_an_address(bucket: Bucket) -> None:
    """A file that is not published yet is told as that."""
    bucket.signed = False
    with pytest.raises(ProviderError) as error:
        read_back(f"{bucket.endpoint}/art/a.png?x=1")
    assert kind_of(error) == "hosted-not-there"


def test_an_address_of_this_machine_is_not_public(bucket: Bucket) -> None:
    """No service can read it, so it is refused unless the service itself is on this machine."""
    with pytest.raises(ProviderError) as error:
        read_back(f"{bucket.endpoint}/a.png", loopback=False)
    assert kind_of(error) == "hosted-unread"
    assert bucket.requests == []


def test_the_fake_keeps_the_promises() -> None:
    """Its addresses give just the bytes that were put, and its failure is raised."""
    fake = FakeHost()
    address = put(fake)
    asyncio.run(fake.check(address, NAME))
    fake.pictures[address] = b"another"
    for wrong in (address, "https://host.test/nothing"):
        with pytest.raises(ProviderError):
            asyncio.run(fake.check(wrong, NAME))
    with pytest.raises(UsageError):
        put(FakeHost(failure=UsageError()))
    assert fake.puts == [NAME]
