"""Opens the services by name: each with its own origin and key, all on one HTTP client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assetgen.catalogue import Service
from assetgen.config import Limits
from assetgen.errors import Kind, Problem, UsageError
from assetgen.providers import pixazo
from assetgen.providers.address import is_loopback, origin_of
from assetgen.providers.apixo import Apixo
from assetgen.providers.base import Provider
from assetgen.providers.http import Api, Http
from assetgen.providers.openai import OpenAi
from assetgen.providers.pixazo import Pixazo
from assetgen.providers.runware import Runware
from assetgen.providers.xai import Xai
from assetgen.secret import Secret

BAD_BASE_URL = Kind(
    "bad-base-url",
    "the base URL of {provider} {what}",
    "mend ASSETGEN_{name}_BASE_URL or `base_url` in the user config",
)

MAKERS: Mapping[str, Callable[[Api, int], Provider]] = {
    "pixazo": Pixazo,
    "runware": Runware,
    "apixo": Apixo,
    "xai": Xai,
    "openai": OpenAi,
}


@dataclass
class Services:
    """The open providers by name, and the client that they share.

    Attributes:
        is_local: whether any of them is served by this machine.
    """

    http: Http
    providers: Mapping[str, Provider]
    is_local: bool = False

    async def close(self) -> None:
        """Close the providers and every connection."""
        for provider in self.providers.values():
            await provider.close()
        await self.http.close()


def open_services(
    services: Mapping[str, Service],
    limits: Mapping[str, Limits],
    keys: Mapping[str, Secret | None],
    http: Http | None = None,
) -> Services:
    """Return the providers of ``services``, none of them asked anything yet.

    Raises UsageError for a base URL that a key must not be sent to.
    """
    client = http or Http()
    providers = {
        name: open_provider(service, limits.get(name, Limits()), keys.get(name), client)
        for name, service in services.items()
    }
    urls = [limits[name].base_url or "" for name in services if name in limits]
    return Services(client, providers, any(map(is_loopback, urls)))


def open_provider(service: Service, limits: Limits, key: Secret | None, http: Http) -> Provider:
    """Return one provider. Raises UsageError for a base URL that is none."""
    base_url = checked_base_url(service.name, limits.base_url or service.base_url)
    header = pixazo.HEADER if service.name == "pixazo" else ("Authorization", "Bearer ")
    api = Api(http, service.name, service.title or service.name, base_url, key, header)
    maker = MAKERS[service.name]
    return maker(api, limits.concurrency or service.concurrency)


def checked_base_url(provider: str, url: str) -> str:
    """Return a base URL without its last slash. Raises UsageError.

    A key goes there, so it must be https, or plain http to this machine.
    """
    origin = origin_of(url)
    if origin is None:
        raise _bad(provider, "cannot be read as an address")
    if any(char in url for char in "?#") or not url.isprintable() or " " in url:
        raise _bad(provider, "holds more than an address and a path")
    if origin[0] != "https" and not (origin[0] == "http" and is_loopback(url)):
        raise _bad(provider, "is not https (plain http is for this machine only)")
    return url.rstrip("/")


def _bad(provider: str, what: str) -> UsageError:
    facts = {"provider": provider, "what": what, "name": provider.upper()}
    return UsageError(Problem(BAD_BASE_URL, facts=facts))
