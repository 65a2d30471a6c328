"""What doctor prints."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assetgen.catalogue import ANY, Route, Service
from assetgen.config import Hosting
from assetgen.errors import Kind, Problem
from assetgen.report.diagnosis import Answer, Diagnosis, Place, Seen, doctor_json
from assetgen.report.doctor import doctor_lines
from assetgen.report.text import width
from tests.report.golden import golden, golden_json
from tests.report.samples import EVIL

REFUSED = Kind("account-refused", "{what}", "check the key in {variable}")
BAD_KEY = Kind("bad-key", "{variable} holds a line break", "set it again")
GONE = "since 2026-05-15 it is switched off"

DRAFT = Seen(Service("draft", concurrency=20))
ROUTES = (
    Route(
        "runware",
        "xai/grok-imagine-image",
        "generate",
        "xai:grok-imagine@image",
        ratios=("1:1", "4:3"),
        pixels={"1k": {"1:1": (1024, 1024), "4:3": (1280, 896)}},
        resolutions=("1k", "2k"),
        qualities=("low",),
        formats=("png", "jpeg"),
        count=20,
        prices={"1k": 0.02, "low/1k": 0.015},
        source="page of the model",
        as_of="2026-11-21",
    ),
    Route(
        "runware",
        "xai/grok-imagine-image",
        "edit",
        "xai:grok-imagine@image",
        ratios=("1:1",),
        ratio_from=2,
        references=3,
        forms=("data", "upload", "url"),
        reference_bytes=10_000_000,
        prompt=5000,
        prices={"*": 0.02},
        per_reference=0.002,
        source="page of the model",
        as_of="2026-11-21",
    ),
    Route("runware", "xai/old", "generate", "old", ratios=ANY, resolutions=ANY, withdrawn=GONE),
    Route("runware", "xai/older", "generate", "older", ratios=ANY, withdrawn=GONE),
)
RUNWARE = Seen(
    Service(
        "runware",
        "Runware",
        "https://api.runware.ai/v1",
        "https://my.runware.ai/keys",
        derives_ids=True,
        rate=300,
        first_poll=2,
        poll=2,
        failures="Nobody says what a failed task costs, so it counts as charged.",
        unknown=("the longest prompt", "how long the address of a result can be read"),
        source="its pages",
    ),
    ROUTES,
    "RUNWARE_API_KEY",
    key_set=True,
    base_url="http://127.0.0.1:8787/v1",
    base_from="ASSETGEN_RUNWARE_BASE_URL",
    answer=Answer("balance $12.30"),
)
APIXO = Seen(
    Service(
        "apixo", "APIXO", keys_at="https://apixo.ai/keys", concurrency=3, rate=10, life=1296000.0
    ),
    (Route("apixo", "xai/grok-imagine-image", "edit", "g", references=1, forms=("url",)),),
    "APIXO_API_KEY",
    base_url="https://api.apixo.ai/api/v1",
    ready=False,
)
XAI = Seen(
    Service("xai", "xAI", keys_at="https://console.x.ai", concurrency=1, life=90.0),
    (Route("xai", "xai/free", "generate", "f", ratios=("1:1",), prices={"*": 0.0}),),
    "XAI_API_KEY",
    key_set=True,
    base_url="https://api.x.ai/v1",
    answer=Answer(
        "", (Problem(REFUSED, facts={"what": f"no {EVIL}", "variable": "XAI_API_KEY"}),), True
    ),
)
OPENAI = Seen(
    Service("openai", "OpenAI", keys_at="https://platform.openai.com/api-keys"),
    (),
    "OPENAI_API_KEY",
    key_set=True,
    ready=False,
    problems=(Problem(BAD_KEY, facts={"variable": "OPENAI_API_KEY"}),),
)
PLACES = (
    Place("config", "/home/you/.config/assetgen/config.toml", True),
    Place("catalogue", f"/home/{EVIL}/catalogue.toml", False),
)
EVERYTHING = Diagnosis((DRAFT, RUNWARE, APIXO, XAI, OPENAI), Hosting(), PLACES)


def test_everything_at_once() -> None:
    """A block for each provider, then what they share."""
    golden("doctor.txt", doctor_lines(EVERYTHING))


def test_everything_in_colour() -> None:
    """What is ready is green, what is missing yellow, what is wrong red."""
    golden("doctor_color.txt", doctor_lines(EVERYTHING, color=True))


def test_every_row_and_what_nobody_says() -> None:
    """With --verbose nothing is left out."""
    golden("doctor_verbose.txt", doctor_lines(EVERYTHING, verbose=True))


def test_the_json() -> None:
    """The same as data, pixels included."""
    golden_json("doctor.json", doctor_json(replace(EVERYTHING, providers=(RUNWARE, XAI))))


def test_it_fits_a_terminal() -> None:
    """No line of ours is wider than 80 cells; only a path may be."""
    for verbose in (False, True):
        text = doctor_lines(EVERYTHING, verbose=verbose)
        assert max(map(width, text.splitlines())) <= 80


def test_text_from_outside_is_escaped() -> None:
    """Neither a service nor a path can colour the terminal."""
    for verbose in (False, True):
        assert "\x1b" not in doctor_lines(EVERYTHING, verbose=verbose)


def test_a_server_of_ones_own_needs_no_key() -> None:
    """It is ready at its address, and the key is said to be optional."""
    local = replace(
        OPENAI,
        key_set=False,
        ready=True,
        problems=(),
        base_url="http://127.0.0.1:8080/v1",
        base_from="/home/you/config.toml",
    )
    text = doctor_lines(Diagnosis((local,)))
    assert "openai  ready\n" in text
    assert "none, which a server of your own may not need (OPENAI_API_KEY)" in text
    assert "http://127.0.0.1:8080/v1 (/home/you/config.toml)" in text


def test_a_service_without_a_free_call() -> None:
    """Being asked, it says that there is nothing to ask."""
    text = doctor_lines(Diagnosis((replace(XAI, answer=Answer()),)))
    assert "asked   it has nothing that can be asked for free" in text


@pytest.mark.parametrize(
    ("hosting", "said"),
    [
        (Hosting("s3://bucket/refs"), "s3://bucket/refs, addresses signed for 1 h 00 min"),
        (Hosting(public_url="https://a.example/art"), "the project's files at https://a.example"),
        (Hosting(), "not configured; apixo reads input pictures from addresses"),
    ],
)
def test_the_hosting(hosting: Hosting, said: str) -> None:
    """Where pictures are put for services that only read addresses."""
    text = doctor_lines(replace(EVERYTHING, hosting=hosting))
    assert said in text
    assert ("[hosting] is empty" in text) == (not hosting)


def test_nothing_needs_hosting() -> None:
    """Where every service takes bytes, hosting is no topic."""
    assert "hosting  not configured\n" in doctor_lines(Diagnosis((DRAFT,)))


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        ((DRAFT, RUNWARE, APIXO), 0),
        ((RUNWARE, XAI), 4),
        ((replace(XAI, answer=replace(XAI.answer or Answer(), refused=False)),), 1),
        ((XAI, OPENAI), 2),
    ],
)
def test_the_exit_code(seen: tuple[Seen, ...], code: int) -> None:
    """A missing key is no mistake; a refused account is 4, a bad key 2, no answer 1."""
    assert Diagnosis(seen).exit_code == code
