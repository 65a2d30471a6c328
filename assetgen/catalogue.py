"""Which models exist, who serves them, how and for how much: values and look-ups; calls no service.

The rows are data in `catalogue.toml` beside this module, each with its source; a user may add more.
:mod:`assetgen.rows` reads them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from assetgen.action import DRAFT_MODEL
from assetgen.aspect import parse_ratio, share_kept
from assetgen.graph import NOTHING

ANY = ("*",)
"""Stands for every value of a list: the route takes whatever is asked."""

Pixels = tuple[int, int]

STEP = 64
"""Pixels; sides of this many, or multiples, suit every Stable Diffusion server."""


@dataclass(frozen=True, slots=True)
class Service:
    """A provider's account in general: where it is, what it bears, how its jobs are asked after.

    Attributes:
        name: as in the spec's `providers`; title: as people write it.
        base_url: where its API is, without a slash at the end.
        keys_at: where a key is made; needs_key: whether it does nothing without one.
        derives_ids: whether the client chooses job ids.
        concurrency: jobs in flight at once; rate: requests a minute, None if nothing is known.
        first_poll, poll: seconds from a submit to the first question, and between two.
        life: seconds for which the address of a result can be read; None if the answer holds the
            picture itself, or if nobody says.
        addresses: whether a result is an address that another service can read.
        failures: what a failed call costs, in words; unknown: what its documents leave open.
        source: where all this is said.
    """

    name: str
    title: str = ""
    base_url: str = ""
    keys_at: str = ""
    needs_key: bool = True
    derives_ids: bool = False
    concurrency: int = 4
    rate: float | None = None
    first_poll: float = 1.0
    poll: float = 1.0
    life: float | None = None
    addresses: bool = False
    failures: str = ""
    unknown: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """How one provider serves one model for one kind of call.

    Attributes:
        provider: the service; model: provider-neutral id; kind: generate, edit, or empty for both.
        name: the service's own word for it (an endpoint, an AIR id, a model name).
        ratios: the labels that it takes; ANY; or empty where the service decides; ratio_from: the
            fewest input pictures for which it heeds one, with fewer it follows the first.
        pixels: for a service that wants pixels: resolution → label → (width, height).
        resolutions: the tiers that it serves; qualities: the words it takes.
        formats: what may be asked for; empty where the service decides.
        references: the most input pictures; forms: how they may travel (`data`, `upload`, `url`).
        reference_bytes: the most bytes of one input picture; prompt: the most characters; count:
            the most pictures of one call (assetgen asks for one).
        prices: USD a picture by `resolution` or `quality/resolution`; `*` for all; per_reference:
            USD more for each input picture.
        source: where the price and the limits are said; as_of: the day of it, as 2026-11-21.
        withdrawn: why the row may not work any more; a warning, never an error.
    """

    provider: str
    model: str = ""
    kind: str = ""
    name: str = ""
    ratios: tuple[str, ...] = ()
    ratio_from: int = 0
    pixels: Mapping[str, Mapping[str, Pixels]] = field(default_factory=dict)
    resolutions: tuple[str, ...] = ("1k",)
    qualities: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    references: int = 0
    forms: tuple[str, ...] = ()
    reference_bytes: int | None = None
    prompt: int | None = None
    count: int = 1
    prices: Mapping[str, float] = NOTHING
    per_reference: float = 0.0
    source: str = ""
    as_of: str = ""
    withdrawn: str = ""

    def price(self, resolution: str, quality: str | None, references: int) -> float | None:
        """Return USD for one picture; None if nobody says."""
        for key in (f"{quality or 'default'}/{resolution}", resolution, "*"):
            if key in self.prices:
                return round(self.prices[key] + references * self.per_reference, 6)
        return None

    def nearest(
        self, ratio: str, resolution: str, references: int | None = None
    ) -> tuple[str, Pixels | None] | None:
        """Return the label to ask for, and its pixels where the service wants them.

        It is the one of which a crop to ``ratio`` keeps most; for a route that takes any ratio it
        is ``ratio`` itself, in pixels of that tier's area. None where the service takes no ratio,
        or none with so few ``references``; raises ValueError if ``ratio`` is none.
        """
        wanted = parse_ratio(ratio)
        if wanted is None:
            raise ValueError(f"{ratio!r} is not a ratio")
        if references is not None and references < self.ratio_from:
            return None
        if self.ratios == ANY:
            return ratio, _computed(wanted, resolution)
        table = self.pixels.get(resolution, {})
        labels = [name for name in self.ratios if not self.pixels or name in table]
        real = {label: _shape(label, table) for label in labels}
        if ratio in real:
            return ratio, table.get(ratio)
        if not real:
            return None
        label = max(real, key=lambda name: share_kept(real[name], wanted))
        return label, table.get(label)


def _computed(shape: Fraction, resolution: str) -> Pixels:
    """Return pixels in steps that local servers take, with the area of a square of that tier."""
    side = 1024 * float(resolution.removesuffix("k"))
    width = max(1, round(side * math.sqrt(shape) / STEP)) * STEP
    return width, max(1, round(width / shape / STEP)) * STEP


def _shape(label: str, table: Mapping[str, Pixels]) -> Fraction:
    pixels = table.get(label)
    return Fraction(*pixels) if pixels else parse_ratio(label) or Fraction(1)


@dataclass(frozen=True, slots=True)
class Offer:
    """A route with what it would be asked for: a label (or none), pixels, and the price in USD.

    ``is_ready`` says whether its provider could be asked now.
    """

    route: Route
    ratio: str | None = None
    size: Pixels | None = None
    price: float | None = None
    is_ready: bool = True


def open_route(provider: str, price: float | None = None, model: str = "") -> Route:
    """Return a route that takes whatever is asked, at one price in USD (None: unknown)."""
    return Route(
        provider,
        model,
        ratios=ANY,
        resolutions=ANY,
        qualities=ANY,
        references=99,
        forms=("data",),
        prices={} if price is None else {"*": price},
    )


@dataclass(frozen=True)
class Catalogue:
    """What can be bought where, and which of it this user can use.

    Attributes:
        models: routes by provider-neutral id, in order of preference.
        services: the providers by name.
        ready: the providers whose key is set; None says all.
        hosting: whether the user configured a place where input pictures can be put.
        memo: what :mod:`assetgen.plan.offers` worked out already; matrices ask alike.
    """

    models: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    ready: frozenset[str] | None = None
    hosting: bool = False
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def providers(self) -> frozenset[str]:
        """The names that `providers` of a spec may hold."""
        served = {route.provider for routes in self.models.values() for route in routes}
        return frozenset(served | self.services.keys())

    def is_ready(self, provider: str) -> bool:
        """Whether a call to ``provider`` could be made: it needs no key, or the key is set."""
        return self.ready is None or provider in self.ready

    def routes(self, model: str, kind: str, providers: Iterable[str] = ()) -> tuple[Route, ...]:
        """Return the routes of ``model`` for ``kind`` among ``providers`` (empty: any).

        Those of providers that can be used now come first; else the order of ``providers`` holds,
        and that of the catalogue.
        """
        found = [r for r in self.models.get(model, ()) if r.kind in ("", kind)]
        order = list(providers)
        if order and model != DRAFT_MODEL:
            found = [r for r in found if r.provider in order]
            found.sort(key=lambda route: order.index(route.provider))
        return tuple(sorted(found, key=lambda route: not self.is_ready(route.provider)))

    def service(self, provider: str) -> Service:
        """Return a provider's account facts; cautious ones for a provider without a row."""
        return self.services.get(provider) or Service(provider)


DRAFTS = Catalogue(
    {DRAFT_MODEL: (open_route("draft", 0.0, DRAFT_MODEL),)},
    {"draft": Service("draft", "draft", needs_key=False, derives_ids=True, concurrency=20)},
)
"""The built-in provider alone."""
