"""What can be bought here, in words: providers, keys, limits, models; knows no service."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from assetgen.catalogue import ANY, Route, Service
from assetgen.config import Hosting
from assetgen.errors import printable
from assetgen.report.diagnosis import Answer, Diagnosis, Seen
from assetgen.report.text import Cell, Paint, count, duration, money, span, table

LINE = 80
MORE = "'assetgen doctor --verbose' adds ratios, prices, sources and what nobody says"
FORMS = {"data": "as bytes", "upload": "as an upload", "url": "from a public address"}
COLUMNS = ("MODEL", "SIZE", "RATIO", "REFS", "PRICE")


def doctor_lines(diagnosis: Diagnosis, *, color: bool = False, verbose: bool = False) -> str:
    """Return one block for each provider, then hosting and places."""
    paint = Paint(color)
    lines: list[str] = []
    for seen in diagnosis.providers:
        lines += [*_block(seen, diagnosis.hosting, paint, verbose=verbose), ""]
    rows = [[Cell("hosting", "dim"), _hosting(diagnosis)]]
    for place in diagnosis.places:
        path = printable(place.path) + ("" if place.exists else " (not there)")
        rows.append([Cell(place.name, "dim"), Cell(path)])
    lines += table(rows, paint, indent="")
    lines += [] if verbose else ["", paint(MORE, "dim")]
    return "".join(line.rstrip() + "\n" for line in lines)


def _block(seen: Seen, hosting: Hosting, paint: Paint, *, verbose: bool) -> Iterator[str]:
    yield f"{paint(seen.service.name, 'bold')}  {paint(*_state(seen))}"
    facts = [[Cell(name, "dim"), cell] for name, cell in _facts(seen, hosting)]
    yield from table(facts, paint)
    if seen.variable and seen.routes:
        yield from table(_models(seen.routes), paint)
    yield from _withdrawn(seen.routes, paint)
    if verbose and seen.variable:
        yield from _details(seen, paint)


def _state(seen: Seen) -> Cell:
    if seen.problems:
        return Cell("cannot be used", "red")
    if seen.answer is not None and seen.answer.problems:
        return Cell("refused" if seen.answer.refused else "no answer", "red")
    return Cell("ready", "green") if seen.ready else Cell("no key", "yellow")


def _facts(seen: Seen, hosting: Hosting) -> Iterator[tuple[str, Cell]]:
    service = seen.service
    if not seen.variable:
        yield "key", Cell("none: pictures are drawn here, for free")
        return
    if seen.key_set:
        yield "key", Cell(f"{seen.variable} is set")
    elif seen.ready:
        yield "key", Cell(f"none, which a server of your own may not need ({seen.variable})")
    else:
        yield "key", Cell(f"set {seen.variable}; {service.keys_at} gives one")
    for problem in seen.problems:
        yield "wrong", Cell(printable(problem.cause), "red")
        yield "", Cell(printable(problem.step), "dim")
    if seen.base_from:
        yield "address", Cell(printable(f"{seen.base_url} ({seen.base_from})"))
    yield "limits", Cell(_limits(service))
    forms = dict.fromkeys(form for route in seen.routes for form in route.forms)
    if forms:
        yield "inputs", Cell(f"travel {_listed([FORMS[form] for form in forms], 'or')}")
    if seen.needs_addresses and not hosting:
        yield "", Cell("[hosting] is empty: only results that are fresh can be edited", "yellow")
    yield from _answer(seen.answer)


def _answer(answer: Answer | None) -> Iterator[tuple[str, Cell]]:
    if answer is None:
        return
    if not answer.problems:
        yield "asked", Cell(printable(answer.said) or "it has nothing that can be asked for free")
    for problem in answer.problems:
        yield "asked", Cell(printable(problem.cause), "red")
        yield "", Cell(printable(problem.step), "dim")


def _limits(service: Service) -> str:
    parts = [f"{count(service.concurrency, 'call')} at once"]
    if service.rate is not None:
        parts.append(f"{service.rate:,g} requests a minute")
    if service.life:
        parts.append(f"results last {_days(service.life)}")
    return ", ".join(parts)


def _days(seconds: float) -> str:
    days = seconds / 86400
    return count(int(days), "day") if days >= 1 and days == int(days) else duration(seconds)


def _models(routes: Iterable[Route]) -> Iterator[list[Cell]]:
    yield [Cell(name, "dim") for name in COLUMNS]
    for model, group in _by_model(routes).items():
        style = "dim" if all(route.withdrawn for route in group) else ""
        ratios = next((_number(r.ratios) for r in group if r.ratios), "none")
        most = max(route.references for route in group)
        yield [
            Cell(printable(model), style),
            Cell(_sizes(group[0].resolutions), style),
            Cell(ratios, style),
            Cell(str(most) if most else "none", style),
            Cell(_price(group), style),
        ]


def _by_model(routes: Iterable[Route]) -> dict[str, list[Route]]:
    groups: dict[str, list[Route]] = {}
    for route in routes:
        groups.setdefault(route.model, []).append(route)
    return groups


def _number(words: Sequence[str]) -> str:
    return "any" if tuple(words) == ANY else str(len(words))


def _sizes(tiers: Sequence[str]) -> str:
    return "any" if tuple(tiers) == ANY else span(printable(tiers[0]), printable(tiers[-1]))


def _price(routes: Iterable[Route]) -> str:
    """Return the least and the most that a picture costs, an edit with one input picture."""
    prices = [price for route in routes for price in _prices(route)]
    known = [price for price in prices if price is not None]
    if not known:
        return "unknown"
    text = span(_usd(min(known)), _usd(max(known)))
    return text if len(known) == len(prices) else f"{text}, some unknown"


def _prices(route: Route) -> list[float | None]:
    """Return the price of each tier at each quality, the service's choice of one included."""
    return [
        route.price(tier, quality, 1 if route.kind == "edit" else 0)
        for tier in route.resolutions
        for quality in (None, *(q for q in route.qualities if q != ANY[0]))
    ]


def _withdrawn(routes: Iterable[Route], paint: Paint) -> Iterator[str]:
    notes: dict[str, list[str]] = {}
    for route in routes:
        if route.withdrawn and route.model not in notes.setdefault(route.withdrawn, []):
            notes[route.withdrawn].append(route.model)
    for note, models in notes.items():
        text = printable(f"withdrawn: {', '.join(models)}: {note}")
        yield from (paint(line, "yellow") for line in _wrapped(text))


def _wrapped(text: str, indent: str = "  ", hang: str = "    ") -> list[str]:
    return textwrap.wrap(
        text,
        LINE,
        initial_indent=indent,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _details(seen: Seen, paint: Paint) -> Iterator[str]:
    for route in seen.routes:
        yield f"  {paint(printable(route.model), 'bold')} {route.kind or 'generate and edit'}"
        for name, text in _row(route):
            yield from _wrapped(f"{name}: {printable(text)}", "    ", "      ") if text else ()
    for name, text in (("failures", seen.service.failures), ("source", seen.service.source)):
        yield from _wrapped(f"{name}: {text}") if text else ()
    if seen.service.unknown:
        yield "  nobody says:"
    for text in seen.service.unknown:
        yield from _wrapped(f"- {text}", "    ", "      ")


def _row(route: Route) -> Iterator[tuple[str, str]]:
    yield "sent as", route.name
    ratios = "any" if route.ratios == ANY else " ".join(route.ratios)
    least = f" (from {count(route.ratio_from, 'input picture')} on)" if route.ratio_from else ""
    yield "ratios", (ratios or "the service decides") + least
    if route.qualities:
        yield "qualities", " ".join(route.qualities)
    if route.references:
        size = f", {route.reference_bytes:,} bytes each" if route.reference_bytes else ""
        yield "input pictures", f"{route.references} at most{size}"
    if route.prompt:
        yield "prompt", f"{route.prompt:,} characters at most"
    prices = ", ".join(f"{key} {_usd(usd)}" for key, usd in route.prices.items())
    more = f", and {money(route.per_reference)} an input picture" if route.per_reference else ""
    yield "price", (prices.removeprefix("* ") or "unknown") + more
    day = f" ({route.as_of})" if route.as_of else ""
    yield "source", route.source + day


def _usd(price: float) -> str:
    return money(price) if price else "free"


def _hosting(diagnosis: Diagnosis) -> Cell:
    hosting = diagnosis.hosting
    if hosting.store:
        return Cell(f"{printable(hosting.store)}, addresses signed for {duration(hosting.expires)}")
    if hosting.public_url:
        return Cell(f"the project's files at {printable(hosting.public_url)}")
    names = [seen.service.name for seen in diagnosis.providers if seen.needs_addresses]
    if not names:
        return Cell("not configured")
    read = f"{_listed(names, 'and')} read{'s' if len(names) == 1 else ''}"
    return Cell(f"not configured; {read} input pictures from addresses")


def _listed(words: Sequence[str], last: str) -> str:
    """Return `a, b or c`."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
