"""Writes the tables of docs/providers.md from the catalogue, so that the page cannot drift."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assetgen.catalogue import ANY, Catalogue, Route, Service
from assetgen.config import SERVICES, key_variable
from assetgen.report.doctor import FORMS

FEW = 4
"""Ratios that have room in a cell; longer lists stand under the table."""

_PART = re.compile(r"(<!-- from the catalogue: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def filled(page: str, catalogue: Catalogue) -> str:
    """Return the page with each marked part written anew."""

    def part(match: re.Match[str]) -> str:
        name = match[2]
        lines = overview(catalogue) if name == "overview" else provider(catalogue, name)
        return match[1] + "".join(f"{line}\n" for line in lines) + match[3]

    return _PART.sub(part, page)


def parts(page: str) -> list[str]:
    """Return the names of the marked parts, in order."""
    return [match[2] for match in _PART.finditer(page)]


def overview(catalogue: Catalogue) -> Iterator[str]:
    """Yield a table of models by provider: what a picture of 1k costs."""
    yield f"| model | {' | '.join(catalogue.services[name].title for name in SERVICES)} |"
    yield "|---" * (len(SERVICES) + 1) + "|"
    for model, routes in catalogue.models.items():
        by_name = {name: [r for r in routes if r.provider == name] for name in SERVICES}
        cells = [_cell(by_name[name]) for name in SERVICES]
        if any(cells):
            yield f"| `{model}` | {' | '.join(cells)} |"


def _cell(routes: list[Route]) -> str:
    if not routes:
        return ""
    known = [p for key, p in routes[0].prices.items() if key == "*" or key.endswith("1k")]
    least, most = min(known, default=None), max(known, default=None)
    text = "price unknown" if least is None else f"${least:g}" if least == most else ""
    text = text or f"${least:g} to ${most:g}"
    return text + (", withdrawn" if routes[0].withdrawn else "")


def provider(catalogue: Catalogue, name: str) -> Iterator[str]:
    """Yield one provider's facts, routes and gaps."""
    service = catalogue.services[name]
    routes = [r for rows in catalogue.models.values() for r in rows if r.provider == name]
    yield ""
    yield "| | |"
    yield "|---|---|"
    for fact, text in _facts(service, routes):
        yield f"| {fact} | {text} |"
    yield ""
    yield "| model | call | sent as | sizes | ratios | inputs | price, USD | said by |"
    yield "|---|---|---|---|---|---|---|---|"
    for route in routes:
        yield f"| {' | '.join(_row(route))} |"
    lists = dict.fromkeys(route.ratios for route in routes if len(route.ratios) > FEW)
    for ratios in lists:
        yield ""
        yield f"The {len(ratios)} ratios: {' '.join(ratios)}."
    notes = dict.fromkeys((route.model, route.withdrawn) for route in routes if route.withdrawn)
    if notes:
        yield ""
        yield "Said to be withdrawn; a plan warns, and the service is asked all the same:"
        yield ""
        yield from (f"- `{model}`: {note}." for model, note in notes)
    yield ""
    yield "Nobody says:"
    yield ""
    yield from (f"- {text}" for text in service.unknown)
    yield ""


def _facts(service: Service, routes: list[Route]) -> Iterator[tuple[str, str]]:
    yield "key", f"`{key_variable(service.name)}`, from <{service.keys_at}>"
    yield "address", f"`{service.base_url}`, or `ASSETGEN_{service.name.upper()}_BASE_URL`"
    rate = f", {service.rate:g} requests a minute" if service.rate else ""
    yield "limits kept", f"{service.concurrency} calls at once{rate}"
    if service.poll > 1:
        yield "asked after", f"{service.first_poll:g} s, then every {service.poll:g} s"
    if service.life:
        yield "results last", f"{service.life / 86400:g} days"
    forms = dict.fromkeys(form for route in routes for form in route.forms)
    yield "input pictures travel", " or ".join(FORMS[form] for form in forms)
    longest = {route.prompt for route in routes if route.prompt}
    if longest:
        yield "longest prompt", f"{min(longest):,} characters"
    yield "a failed call", service.failures
    yield "source", service.source


def _row(route: Route) -> Iterator[str]:
    yield f"`{route.model}`"
    yield route.kind
    yield f"`{route.name}`"
    words = f", quality {' '.join(route.qualities)}" if route.qualities else ""
    yield " ".join(route.resolutions) + words
    yield _ratios(route)
    inputs = f"{route.references}" if route.references else ""
    if route.reference_bytes:
        inputs += f" of {route.reference_bytes / 1_000_000:g} MB"
    yield inputs
    yield _price(route)
    yield f"{route.source} ({route.as_of})"


def _ratios(route: Route) -> str:
    if route.ratios == ANY:
        return "any"
    if not route.ratios:
        return "of the input"
    text = " ".join(route.ratios) if len(route.ratios) <= FEW else str(len(route.ratios))
    return text if route.ratio_from < 2 else f"from {route.ratio_from} inputs on: {text}"


def _price(route: Route) -> str:
    text = ", ".join(f"{key} {price:g}" for key, price in route.prices.items()).removeprefix("* ")
    more = f" + {route.per_reference:g} an input" if route.per_reference else ""
    return (text or "unknown") + more
