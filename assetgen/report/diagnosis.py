"""What can be bought here, as values and as data; reads no key and asks no service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assetgen.catalogue import Route, Service
from assetgen.config import Hosting
from assetgen.errors import Problem
from assetgen.report.problems import problem_json


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said of the account when it was asked for something free.

    Attributes:
        said: one line; empty where the service has nothing to ask for.
        problems: why there is no answer; refused: whether the account itself is the reason.
    """

    said: str = ""
    problems: tuple[Problem, ...] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One provider as this user has it.

    Attributes:
        service: the account's facts, with the user's own limits put in.
        routes: its rows, in the catalogue's order.
        variable: of the key; empty where none exists. key_set: whether it holds something.
        base_url: where it is asked; base_from: who says so, empty for the catalogue.
        ready: whether it can be asked.
        problems: what is wrong with the key or the address.
        answer: of the service; None if it was not asked.
    """

    service: Service
    routes: tuple[Route, ...] = ()
    variable: str = ""
    key_set: bool = False
    base_url: str = ""
    base_from: str = ""
    ready: bool = True
    problems: tuple[Problem, ...] = ()
    answer: Answer | None = None

    @property
    def needs_addresses(self) -> bool:
        """Whether some input picture can only be read from an address."""
        return any(route.forms == ("url",) for route in self.routes)


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder of the user's: what for, where, and whether it is there."""

    name: str
    path: str
    exists: bool


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All providers, and what they share."""

    providers: tuple[Seen, ...] = ()
    hosting: Hosting = field(default_factory=Hosting)
    places: tuple[Place, ...] = ()

    @property
    def exit_code(self) -> int:
        """2 for a mistake in the configuration, 4 for a refused account, 1 for no answer."""
        if any(seen.problems for seen in self.providers):
            return 2
        answers = [seen.answer for seen in self.providers if seen.answer and seen.answer.problems]
        return 4 if any(answer.refused for answer in answers) else 1 if answers else 0


def doctor_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the same as data, with every row; never a key."""
    hosting = diagnosis.hosting
    return {
        "version": 1,
        "providers": [_provider_json(seen) for seen in diagnosis.providers],
        "hosting": {
            "store": hosting.store or None,
            "expires": hosting.expires,
            "public_url": hosting.public_url or None,
        },
        "places": [
            {"name": place.name, "path": place.path, "exists": place.exists}
            for place in diagnosis.places
        ],
        "exit_code": diagnosis.exit_code,
    }


def _provider_json(seen: Seen) -> dict[str, Any]:
    service = seen.service
    return {
        "name": service.name,
        "title": service.title,
        "ready": seen.ready and not seen.problems,
        "key": {"variable": seen.variable or None, "set": seen.key_set, "where": service.keys_at},
        "base_url": seen.base_url or None,
        "base_url_from": seen.base_from or None,
        "limits": {
            "concurrency": service.concurrency,
            "rate": service.rate,
            "first_poll": service.first_poll,
            "poll": service.poll,
            "result_life": service.life,
        },
        "problems": [problem_json(problem) for problem in seen.problems],
        "answer": None if seen.answer is None else _answer_json(seen.answer),
        "models": [_route_json(route) for route in seen.routes],
        "failures": service.failures,
        "unknown": list(service.unknown),
        "source": service.source,
    }


def _answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "said": answer.said,
        "refused": answer.refused,
        "problems": [problem_json(problem) for problem in answer.problems],
    }


def _route_json(route: Route) -> dict[str, Any]:
    return {
        "model": route.model,
        "kind": route.kind or None,
        "name": route.name,
        "ratios": list(route.ratios),
        "ratio_from": route.ratio_from,
        "pixels": _pixels_json(route.pixels),
        "resolutions": list(route.resolutions),
        "qualities": list(route.qualities),
        "formats": list(route.formats),
        "references": route.references,
        "forms": list(route.forms),
        "reference_bytes": route.reference_bytes,
        "prompt": route.prompt,
        "count": route.count,
        "prices": dict(route.prices),
        "per_reference": route.per_reference,
        "source": route.source,
        "as_of": route.as_of or None,
        "withdrawn": route.withdrawn or None,
    }


def _pixels_json(pixels: Mapping[str, Mapping[str, tuple[int, int]]]) -> dict[str, Any]:
    return {
        tier: {label: list(size) for label, size in sizes.items()} for tier, sizes in pixels.items()
    }
