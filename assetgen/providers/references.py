"""Input pictures for services that read them only from public addresses; puts none anywhere."""

from __future__ import annotations

from assetgen.errors import Kind, Problem
from assetgen.providers.base import Refused, Request

NO_ADDRESS = Kind(
    "reference-without-address",
    "{service} reads input pictures only from a public address, and the one for '{role}' has none",
    "name a place in [hosting] of the user config, then build again",
)


def public_addresses(request: Request, service: str) -> list[str]:
    """Return the address of each input picture, in order. Raises Refused if one has none."""
    for reference in request.references:
        if not reference.address:
            facts = {"service": service, "role": reference.label or reference.role}
            raise Refused(Problem(NO_ADDRESS, facts=facts))
    return [reference.address for reference in request.references]
