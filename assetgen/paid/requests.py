"""A request is read back from the manifest that was hashed, so the two cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assetgen.action import Action
from assetgen.catalogue import ANY, Offer, Route
from assetgen.digest import Digest, parse_digest
from assetgen.errors import Kind, Problem, ProviderError
from assetgen.graph import NOTHING
from assetgen.providers.base import Reference, Request

TOO_LARGE = Kind(
    "reference-too-large",
    "{provider} takes input pictures of at most {most} MB, and one has {size} MB",
    "nothing was sent; make it smaller, or choose another provider",
)

Read = Callable[[Digest], bytes]
"""Gives the bytes of an input by digest."""


def request_of(
    action: Action, offer: Offer, read: Read, facts: Mapping[str, Any] = NOTHING
) -> Request:
    """Return the request that buys a picture of ``action`` where ``offer`` says.

    Raises what ``read`` raises.
    """
    manifest = action.manifest
    route = offer.route
    references = tuple(
        Reference(item["role"], read(parse_digest(item["sha256"]))) for item in manifest["inputs"]
    )
    return Request(
        kind=manifest["kind"],
        model=manifest["model"],
        prompt=manifest["prompt"],
        aspect_ratio=offer.ratio,
        resolution=manifest["resolution"],
        quality=manifest["quality"],
        references=references,
        facts=facts,
        name=route.name,
        size=offer.size,
        format="png" if "png" in route.formats and route.formats != ANY else "",
    )


def check_sizes(request: Request, route: Route) -> None:
    """Raise ProviderError if an input picture is larger than ``route`` takes."""
    for reference in request.references:
        if route.reference_bytes is not None and len(reference.data) > route.reference_bytes:
            most, size = route.reference_bytes / 1e6, len(reference.data) / 1e6
            facts = {"provider": route.provider, "most": f"{most:.0f}", "size": f"{size:.1f}"}
            raise ProviderError(Problem(TOO_LARGE, facts=facts))
