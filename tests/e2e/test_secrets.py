"""API keys stand in no file, no output and no request to another origin, whatever goes wrong."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.project import open_project
from assetgen.catalogue import Catalogue, open_route
from assetgen.paid.collector import Counter
from assetgen.providers.base import Accepted, Completed, Failed, Refused, Request
from assetgen.providers.fake import FakeProvider, problem
from tests.e2e.canaries import traces
from tests.e2e.emulated import KEYS, SERVICES, Market
from tests.e2e.sandbox import Ran

Fault = dict[str, Any]
CAP = ("--max-images", "99")
DOUBTFUL: tuple[Fault, ...] = (
    {"kind": "drop", "accepted": True},
    {"kind": "drop", "accepted": False},
    {"kind": "cut"},
    {"kind": "garbage"},
    {"kind": "status", "status": 500, "accepted": True},
    {"kind": "status", "status": 503, "accepted": False},
    {"kind": "json", "status": 200},
    {"kind": "slow", "seconds": 0.1},
)
"""Faults of a submit after which nobody knows; three in a row, and a service is left alone."""
CLEAR: tuple[Fault, ...] = (
    {"kind": "status", "status": 400},
    {"kind": "status", "status": 404},
    {"kind": "status", "status": 429, "retry_after": 0},
    {"kind": "redirect", "status": 307},
    {"kind": "redirect", "status": 302, "to": "same"},
    {"kind": "fail"},
    {"kind": "moderate"},
    {"kind": "surplus"},
    {"kind": "hidden"},
    *({"kind": kind, "on": "poll"} for kind in ("drop", "cut", "garbage", "mutate", "redirect")),
    {"kind": "status", "on": "poll", "status": 500},
    {"kind": "json", "on": "poll", "status": 400},
    *({"kind": kind, "on": "file"} for kind in ("drop", "cut", "garbage", "redirect", "oversized")),
    {"kind": "status", "on": "file", "status": 403},
    {"kind": "truncate"},
    {"kind": "html"},
    {"kind": "mislabel"},
)
"""Faults that befall a target each in one and the same build."""
REFUSALS = (401, 402, 403)
LOOKS = (
    ("plan",),
    ("plan", "--json"),
    ("status",),
    ("list", "--json"),
    ("jobs",),
    ("jobs", "list", "--all", "--json"),
    ("verify", "--json"),
    ("show", "base"),
    ("why", "base"),
    ("doctor", "--check", "--verbose"),
    ("doctor", "--check", "--json"),
)


def echoing(fault: Fault, key: str) -> Fault:
    """Return a fault in which the service says the key that it was sent, wherever it may."""
    if fault["kind"] == "json":
        said = {"message": key, "code": key, "detail": key}
        return {**fault, "body": {**said, "error": {"message": key, "code": key}, "errors": [said]}}
    if fault["kind"] in ("status", "fail", "moderate"):
        return {**fault, "message": f"the key {key} was bad", "code": key}
    return fault


def storm(shop: Market, provider: str) -> list[Ran]:
    """Build under faults of every kind, with two more of the doubtful ones each time."""
    key = KEYS[f"{provider.upper()}_API_KEY"]
    names = [f"clear{number}" for number in range(len(CLEAR))]
    for name, fault in zip(names, CLEAR, strict=True):
        shop.emulator.fault(**echoing(fault, key), service=provider, prompt=f"a {name}.")
    targets = ["  base: a base\n", "  gold: {edit: base, prompt: in gold}\n"]
    targets += [f"  {name}: a {name}.\n" for name in names]
    ran = []
    for number, fault in enumerate(DOUBTFUL):
        shop.emulator.fault(**echoing(fault, key), service=provider, prompt=f"a doubt{number}.")
        targets.append(f"  doubt{number}: a doubt{number}.\n")
        if number % 2:
            shop.shelf(provider, "targets:\n" + "".join(targets))
            ran.append(shop.run("build", *(("--json",) if number % 4 == 1 else ()), *CAP))
    for status in REFUSALS:
        refusal: Fault = {"kind": "status", "status": status}
        shop.emulator.fault(**echoing(refusal, key), service=provider, prompt="a no.", times=0)
        shop.shelf(provider, "targets: {no: a no.}\n")
        ran.append(shop.run("build", *CAP))
    return ran


@pytest.mark.parametrize("provider", SERVICES)
def test_no_key_is_written_shown_or_sent_elsewhere(shop: Market, provider: str) -> None:
    """Faults of every kind, and services that repeat the key in all that they say."""
    shop.variables["GITHUB_ACTIONS"] = "true"
    ran = storm(shop, provider)
    ran += [shop.run(*argv) for argv in LOOKS]
    assert not any("Traceback" in one.err for one in ran)
    texts = [one.out + one.err for one in ran]
    texts += [repr(shop.emulator.requests), repr(shop.emulator.state)]
    assert traces(shop.base, texts, KEYS.values()) == []
    assert shop.emulator.leaks == []
    assert len(shop.charges) > len(CLEAR) // 2


@pytest.mark.parametrize("ending", ["\n", "\r\n", " x", "\u2028"])
def test_an_unfit_key_is_refused_unseen(shop: Market, ending: str) -> None:
    """A line break at its end would be printed by the exception that it causes in a header."""
    key = KEYS["RUNWARE_API_KEY"]
    shop.variables["RUNWARE_API_KEY"] = key + ending
    shop.shelf("runware", "targets: {a: a sword}\n")
    ran = shop.run("build", *CAP)
    assert (ran.code, "RUNWARE_API_KEY" in ran.err) == (2, True)
    assert traces(shop.base, [ran.out, ran.err], [key]) == []


class Chatty(FakeProvider):
    """Repeats its key in an error."""

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Refuse."""
        raise Refused(problem(f"the key {KEYS['RUNWARE_API_KEY']} is not known"))


def test_a_provider_that_tells_its_key_is_found_out(tmp_path: Path) -> None:
    """The search finds what a careless client leaves in the ledger."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "assetgen.yaml").write_text("version: 1\ndefaults: {model: m}\ntargets: {a: a sword}\n")
    environ = {
        "ASSETGEN_DATA_DIR": str(tmp_path / "data"),
        "ASSETGEN_CACHE_DIR": str(tmp_path / "cache"),
        "ASSETGEN_CONFIG": str(tmp_path / "config.toml"),
    }
    project = open_project(str(root), environ)
    hands = Hands(
        emit=lambda event: None,
        counters={"fake": Counter(Chatty(b""), project.bought)},
        catalogue=Catalogue({"m": (open_route("fake", 0.02),)}),
    )
    build(project, Options(caps=Caps(max_images=9)), hands)
    found = traces(tmp_path, [], KEYS.values())
    assert found and all(place.startswith("data/ledger") for place in found)


@pytest.mark.parametrize("shift", range(3))
def test_encoded_keys_are_found(tmp_path: Path, shift: int) -> None:
    """In base64 wherever they stand, in hex, backwards and in wide characters."""
    key = "canary-key-0123456789"
    plain = key.encode()
    forms = (
        base64.b64encode(b"x" * shift + plain + b"and so on"),
        plain.hex().encode(),
        plain[::-1],
        key.encode("utf-16"),
    )
    for number, form in enumerate(forms):
        (tmp_path / str(number)).write_bytes(b"before " + form + b" after")
    assert len(traces(tmp_path, [f"it is {key}"], [key])) == len(forms) + 1
