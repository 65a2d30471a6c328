"""A request is read back from the manifest that was hashed, so the two cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assetgen.action import Action
from assetgen.catalogue import ANY, Offer
from assetgen.digest import Digest, parse_digest
from assetgen.graph import NOTHING
from assetgen.providers.base import Reference, Request

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
