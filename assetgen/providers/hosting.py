"""Gives an input picture an address that a service can read; knows no service and pays for nothing.

Pixazo and APIXO read input pictures only from a public address. Where the user config names an
object store, a picture is put there and a short-lived signed address is made
(:mod:`assetgen.providers.objects`); where the project's files are published already, their address
is enough. Either way the bytes are fetched back and compared before anything is paid.

A signed address lets anybody read the picture until it expires, so none is ever part of a message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote, urlsplit

from assetgen.config import Hosting
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, Kind, Problem, ProviderError, UsageError
from assetgen.providers.address import is_loopback, origin_of
from assetgen.providers.download import download
from assetgen.providers.http import Http

SECONDS = 60.0
"""For fetching a picture back."""

MISSING = Kind(
    "hosting-extra",
    "[hosting] names an object store, but the library for it is not installed",
    "pip install 'assetgen[remote]'",
)
BAD_PUBLIC_URL = Kind(
    "bad-public-url",
    "public_url in [hosting] cannot be used: {what}",
    "name where the project's files are published, such as https://raw.example.org/art",
)
NOT_PUBLIC = Kind(
    "hosted-not-public",
    "{host} does not let everybody read the picture ({what})",
    "check the store's credentials and policy: a service reads it without a login of yours",
)
NOT_THERE = Kind(
    "hosted-not-there",
    "{host} has no picture at the address ({what})",
    "publish the project's files there first, or mend [hosting] in the user config",
)
A_PAGE = Kind(
    "hosted-page",
    "{host} answers with a page instead of the picture, such as a login or a preview",
    "use an address of the file itself that needs no login",
)
ANOTHER = Kind(
    "hosted-other-bytes",
    "{host} gives another picture than the one that is needed",
    "publish the picture as it is now, or remove what stands at its place",
)
UNREAD = Kind(
    "hosted-unread",
    "the picture cannot be read back from {host}: {what}",
    "a service could not read it either; check that the address is public, then build again",
)


class Host(Protocol):
    """Somewhere to put pictures for others to read."""

    async def put(self, data: bytes, name: str) -> str:
        """Return an address that gives just ``data``, a PNG, JPEG or WebP picture.

        ``name`` is its sha256, and what it is called there. Asking again for the same picture
        uploads nothing and gives an address that lives on; so keep none. Raises StoreError.
        """


def open_host(hosting: Hosting) -> Host:
    """Return the object store that ``hosting.store`` names, without asking it anything.

    Raises UsageError for an address, an endpoint or credentials that no store can have, and where
    the library for it is not installed.
    """
    try:
        from assetgen.providers.objects import open_objects
    except ModuleNotFoundError as error:
        if error.name != "obstore":
            raise
        raise UsageError(Problem(MISSING)) from None
    return open_objects(hosting)


@dataclass(frozen=True, slots=True)
class PublicFolder:
    """Where the project's files can be read already.

    Raises UsageError for a ``public_url`` that is not https (or http on this machine), or that
    does not end in a path.
    """

    public_url: str

    def __post_init__(self) -> None:
        origin = origin_of(self.public_url)
        if origin is None:
            what = "it is no address of a server, or it holds a user name"
        elif urlsplit(self.public_url)[3:] != ("", "") or self.public_url.endswith(("?", "#")):
            what = "a path of a file cannot follow a '?' or '#'"
        elif origin[0] != "https" and not (origin[0] == "http" and is_loopback(self.public_url)):
            what = f"{origin[0]} is not https"
        else:
            return
        raise UsageError(Problem(BAD_PUBLIC_URL, facts={"what": what}))

    def address(self, path: str) -> str:
        """Return the address of a project file by its project-relative path with `/`."""
        return f"{self.public_url.rstrip('/')}/{quote(path, safe='/')}"


async def verified(http: Http, address: str, digest: Digest, *, loopback: bool = False) -> None:
    """Fetch ``address`` as a service would, and return if it gives the bytes of ``digest``.

    ``loopback`` allows this machine. Raises ProviderError that says what to mend and names the
    host alone.
    """
    host = (origin_of(address) or ("", "the server"))[1]
    try:
        data = await download(http, address, loopback=loopback, seconds=SECONDS)
    except ProviderError as error:
        what = str(error.problems[0].facts.get("what", ""))
        facts = {"host": host, "what": what}
        raise ProviderError(Problem(_meaning(what), facts=facts)) from None
    if sha256(data) != digest:
        page = data[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))
        raise ProviderError(Problem(A_PAGE if page else ANOTHER, facts={"host": host}))


_MEANINGS = (
    (("HTTP 401", "HTTP 403"), NOT_PUBLIC),
    (("HTTP 404", "HTTP 410"), NOT_THERE),
    (("it answers with text/html",), A_PAGE),
)


def _meaning(what: str) -> Kind:
    return next((kind for starts, kind in _MEANINGS if what.startswith(starts)), UNREAD)


@dataclass(slots=True)
class FakeHost:
    """Keeps pictures in memory for tests, at addresses that no network has.

    Attributes:
        failure: raised by every put.
        pictures: bytes by address; puts: the names that were asked for, repeats included.
    """

    base: str = "https://host.test"
    failure: AssetgenError | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)

    async def put(self, data: bytes, name: str) -> str:
        """Keep ``data`` and return its address."""
        self.puts.append(name)
        if self.failure is not None:
            raise self.failure
        address = f"{self.base}/{name}"
        self.pictures[address] = data
        return address

    async def check(self, address: str, digest: Digest) -> None:
        """Return if ``address`` gives the bytes of ``digest``. Raises ProviderError."""
        if address not in self.pictures:
            facts = {"host": self.base, "what": "HTTP 404"}
            raise ProviderError(Problem(NOT_THERE, facts=facts))
        if sha256(self.pictures[address]) != digest:
            raise ProviderError(Problem(ANOTHER, facts={"host": self.base}))
