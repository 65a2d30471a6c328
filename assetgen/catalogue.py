"""Which models exist, who serves them and for how much: data and look-ups; calls no service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assetgen.action import DRAFT_MODEL


@dataclass(frozen=True, slots=True)
class Route:
    """How one provider serves one model. ``price``: USD a picture, None if unknown."""

    provider: str
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models by provider-neutral id, each with its routes in order of preference.

    ``planned`` are providers that a spec may name already, though nothing is served by them yet.
    """

    models: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)
    planned: tuple[str, ...] = ()

    @property
    def providers(self) -> frozenset[str]:
        """The names that `providers` of a spec may hold."""
        served = {route.provider for routes in self.models.values() for route in routes}
        return frozenset(served | set(self.planned))

    def route(self, model: str, providers: tuple[str, ...] = ()) -> Route | None:
        """Return the first route of ``model`` among ``providers`` (empty: any), or None."""
        routes = self.models.get(model, ())
        if not providers or model == DRAFT_MODEL:
            return routes[0] if routes else None
        by_name = {route.provider: route for route in routes}
        return next((by_name[name] for name in providers if name in by_name), None)


# The models of the services' documents are known by name, so that a spec may say them and be
# planned and drafted; a model without a route cannot be bought in this release.
DEFAULT = Catalogue(
    {
        DRAFT_MODEL: (Route("draft", price=0.0),),
        "xai/grok-imagine-image": (),
        "xai/grok-imagine-image-pro": (),
        "xai/grok-imagine-image-quality": (),
        "xai/grok-imagine-image-2.0": (),
    },
    planned=("pixazo", "runware", "apixo", "xai", "openai"),
)
