"""Where a picture could be bought, and why it could not be elsewhere; buys nothing, asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from assetgen.action import DEFAULT_ASPECT_RATIO, DEFAULT_RESOLUTION, DRAFT_MODEL
from assetgen.catalogue import ANY, Catalogue, Offer, Route
from assetgen.errors import Kind, Loc, Problem, did_you_mean
from assetgen.graph import Reference, Target, TargetKind
from assetgen.plan.model import Standing
from assetgen.state import Past

UNKNOWN_MODEL = Kind("unknown-model", "unknown model '{model}'", "{hint}")
NOT_AMONG = Kind(
    "not-among-providers",
    "none of the named providers ({providers}) serves {model}",
    "it is served by {served}: add one of them to `providers`",
)
NO_KIND = Kind(
    "no-such-call", "{provider} does not offer '{call}' for {model}", "choose another provider"
)
NO_RESOLUTION = Kind(
    "unsupported-resolution",
    "{provider} makes pictures of {model} at {known}, not at {wanted}",
    "change `resolution`, or choose another provider",
)
NO_QUALITY = Kind(
    "unsupported-quality",
    "{provider} knows {known} as quality of {model}, not {wanted}",
    "change or leave out `quality`, or choose another provider",
)
TOO_MANY = Kind(
    "too-many-references",
    "{provider} takes at most {most} input pictures for {model}, not {count}",
    "leave out references, or choose another provider",
)
TOO_LONG = Kind(
    "prompt-too-long",
    "{provider} takes prompts of at most {most} characters for {model}; this one has {count}",
    "shorten it ('assetgen show {name}' prints it whole), or choose another provider",
)
NO_ADDRESS = Kind(
    "reference-needs-address",
    "{provider} reads input pictures only from a public address, and {input} has none",
    "name a place in [hosting] of the user config, or choose a provider that takes the bytes",
)


@dataclass(frozen=True, slots=True)
class Offers:
    """Where a picture can be bought, the best first, and why other routes are out."""

    fit: tuple[Offer, ...] = ()
    unfit: tuple[Problem, ...] = ()


NO_OFFERS = Offers()


def offers_for(
    target: Target,
    model: str,
    standings: Mapping[str, Standing],
    past: Past,
    catalogue: Catalogue,
) -> Offers:
    """Return the offers for a picture of ``target`` from ``model``.

    ``standings`` says what its inputs are, as far as that is known.
    """
    inputs = [r for r in target.inputs if r.wants_bought]
    found = _by_words(target, model, len(inputs), catalogue)
    if model == DRAFT_MODEL:
        return found
    fit: list[Offer] = []
    unfit = list(found.unfit)
    for offer in found.fit:
        wrong = _prompt(target, offer.route) or (
            _reach(inputs, offer.route, standings, past, catalogue) if inputs else None
        )
        if wrong is None:
            fit.append(offer)
        else:
            unfit.append(wrong)
    return Offers(tuple(fit), tuple(unfit))


def _by_words(target: Target, model: str, inputs: int, catalogue: Catalogue) -> Offers:
    """Return what the spec's words alone allow; the same for all cells of a matrix."""
    key = (
        model,
        target.kind,
        target.providers,
        target.aspect_ratio,
        target.resolution,
        target.quality,
        inputs,
    )
    known: Offers | None = catalogue.memo.get(key)
    if known is None:
        known = catalogue.memo[key] = _fresh(target, model, inputs, catalogue)
    return known


def _fresh(target: Target, model: str, inputs: int, catalogue: Catalogue) -> Offers:
    routes = catalogue.routes(model, str(target.kind), target.providers)
    if not routes:
        return Offers((), (_unserved(target, model, catalogue),))
    fit: list[Offer] = []
    unfit: list[Problem] = []
    for route in routes:
        wrong = _words(target, route, inputs)
        if wrong is None:
            ready = catalogue.is_ready(route.provider)
            fit.append(replace(_offer(target, route, inputs), is_ready=ready))
        else:
            unfit.append(wrong)
    return Offers(tuple(fit), tuple(unfit))


def _offer(target: Target, route: Route, inputs: int) -> Offer:
    resolution = target.resolution or DEFAULT_RESOLUTION
    ratio = target.aspect_ratio
    if ratio is None and target.kind is TargetKind.GENERATE:
        ratio = DEFAULT_ASPECT_RATIO
    label, size = (route.nearest(ratio, resolution, inputs) if ratio else None) or (None, None)
    price = route.price(resolution, target.quality, inputs)
    return Offer(route, label, size, price)


def unserved(graph: Iterable[Target], catalogue: Catalogue) -> Iterable[Problem]:
    """Yield the models that nobody serves, once for each place in the spec."""
    told: set[tuple[str, Loc]] = set()
    for target in graph:
        problem = _unserved(target, target.model, catalogue)
        place = (target.model, problem.loc or target.loc)
        if target.model and target.model not in catalogue.models and place not in told:
            told.add(place)
            yield problem


def _unserved(target: Target, model: str, catalogue: Catalogue) -> Problem:
    known = catalogue.models.get(model, ())
    loc = target.marks.get("model", target.loc)
    if not known:
        hint = did_you_mean(model, catalogue.models)
        return Problem(UNKNOWN_MODEL, loc, {"model": model, "hint": hint})
    among = [r for r in known if not target.providers or r.provider in target.providers]
    if among:
        return _problem(NO_KIND, target, "model", among[0], call=str(target.kind))
    facts = {
        "providers": ", ".join(target.providers),
        "model": model,
        "served": ", ".join(dict.fromkeys(route.provider for route in known)),
    }
    return Problem(NOT_AMONG, target.marks.get("providers", target.loc), facts)


def _words(target: Target, route: Route, inputs: int) -> Problem | None:
    """Return why ``route`` cannot be asked in the spec's words, or None."""
    resolution = target.resolution or DEFAULT_RESOLUTION
    if route.resolutions != ANY and resolution not in route.resolutions:
        known = _listed(route.resolutions)
        return _problem(NO_RESOLUTION, target, "resolution", route, known=known, wanted=resolution)
    if target.quality and route.qualities != ANY and target.quality not in route.qualities:
        known = _listed(route.qualities) or "no word"
        return _problem(NO_QUALITY, target, "quality", route, known=known, wanted=target.quality)
    if inputs > route.references:
        return _problem(TOO_MANY, target, "references", route, most=route.references, count=inputs)
    return None


def _prompt(target: Target, route: Route) -> Problem | None:
    if route.prompt is None or len(target.prompt) <= route.prompt:
        return None
    return _problem(
        TOO_LONG,
        target,
        "prompt",
        route,
        most=route.prompt,
        count=len(target.prompt),
        name=target.name,
    )


def _reach(
    inputs: Iterable[Reference],
    route: Route,
    standings: Mapping[str, Standing],
    past: Past,
    catalogue: Catalogue,
) -> Problem | None:
    """Return which input could not get to a service that only reads addresses, or None."""
    if "url" not in route.forms or len(route.forms) > 1 or catalogue.hosting:
        return None
    for reference in inputs:
        if reference.file:
            digest = past.seen.get(reference.file)
            known = digest is not None and past.address(digest)
        else:
            standing = standings[reference.target]
            known = standing.address or (
                standing.bought is not None and past.address(standing.bought)
            )
        if not known:
            name = reference.target or "./" + reference.file
            facts = {"provider": route.provider, "input": name}
            return Problem(NO_ADDRESS, reference.loc, facts)
    return None


def _listed(words: tuple[str, ...]) -> str:
    return " or ".join(words)


def _problem(kind: Kind, target: Target, field: str, route: Route, **facts: object) -> Problem:
    loc = target.marks.get(field, target.loc)
    return Problem(kind, loc, {"provider": route.provider, "model": route.model, **facts})
