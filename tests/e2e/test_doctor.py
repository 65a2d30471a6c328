"""`assetgen doctor`: what can be bought here, asked of the services or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assetgen.emulator.emulator import Emulator
from tests.e2e.sandbox import Ran, Sandbox

KEYS = ("PIXAZO_API_KEY", "RUNWARE_API_KEY", "APIXO_API_KEY", "XAI_API_KEY", "OPENAI_API_KEY")
CANARY = "canary-4f1d9c"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The services, on this machine."""
    with Emulator(latency=0.0) as running:
        yield running


def answers(ran: Ran) -> dict[str, str]:
    """Return what each service said that was asked."""
    found = {p["name"]: p["answer"] for p in ran.json["providers"]}
    return {name: answer["said"] for name, answer in found.items() if answer is not None}


def test_a_newcomer_sees_what_there_is(box: Sandbox) -> None:
    """Outside of any project, without a key or a file: where to get keys, and the models."""
    ran = box.ok("doctor")
    assert ran.err == ""
    for key in KEYS:
        assert f"set {key}; https://" in ran.out
    assert "draft  ready\n" in ran.out
    assert "xai/grok-imagine-image-quality" in ran.out
    assert f"config     {box.base / 'config.toml'} (not there)\n" in ran.out
    assert max(len(line) for line in ran.out.splitlines() if str(box.base) not in line) <= 80


def test_no_connection_is_opened_unless_asked(box: Sandbox, emulator: Emulator) -> None:
    """Keys alone make no request."""
    box.variables |= {**emulator.environ, **dict.fromkeys(KEYS, CANARY)}
    assert "127.0.0.1" in box.ok("doctor").out
    assert emulator.requests == []


def test_the_services_are_asked(box: Sandbox, emulator: Emulator) -> None:
    """Balances where there is a call for it; Pixazo has none; nothing is charged."""
    box.variables |= {**emulator.environ, **dict.fromkeys(KEYS, CANARY)}
    ran = box.ok("doctor", "--check", "--json")
    said = answers(ran)
    assert set(said) == {"pixazo", "runware", "apixo", "xai", "openai"}
    assert said["pixazo"] == ""
    assert "$" in said["runware"] and "$" in said["apixo"]
    assert emulator.charges == [] and emulator.leaks == []
    assert CANARY not in ran.out + ran.err


def test_a_local_server_is_asked_without_a_key(box: Sandbox, emulator: Emulator) -> None:
    """A base URL of one's own is enough for a server of the OpenAI shape."""
    box.variables["ASSETGEN_OPENAI_BASE_URL"] = emulator.environ["ASSETGEN_OPENAI_BASE_URL"]
    ran = box.run("doctor", "--check", "--json")
    (openai,) = (p for p in ran.json["providers"] if p["name"] == "openai")
    assert openai["ready"] and not openai["key"]["set"]
    assert openai["answer"] is not None
    assert {call.service for call in emulator.requests} == {"openai"}


def test_a_refused_account_is_exit_code_4(box: Sandbox, emulator: Emulator) -> None:
    """The others are still asked; what was refused says what to do, and never the key."""
    emulator.fault("status", on="balance", service="apixo", status=401, message=f"bad {CANARY}")
    box.variables |= {**emulator.environ, "APIXO_API_KEY": CANARY, "RUNWARE_API_KEY": "other"}
    ran = box.run("doctor", "--check")
    assert ran.code == 4
    assert "apixo  refused\n" in ran.out
    assert "runware  ready\n" in ran.out
    assert CANARY not in ran.out + ran.err


def test_a_service_that_is_down_is_exit_code_1(box: Sandbox) -> None:
    """Nobody listens there."""
    box.variables |= {
        "RUNWARE_API_KEY": CANARY,
        "ASSETGEN_RUNWARE_BASE_URL": "http://127.0.0.1:9/v1",
    }
    ran = box.run("doctor", "--check")
    assert ran.code == 1
    assert "runware  no answer\n" in ran.out


def test_a_key_with_a_line_break_is_never_shown(box: Sandbox) -> None:
    """It is exit code 2, and the service is not asked."""
    box.variables["RUNWARE_API_KEY"] = f"{CANARY}\n"
    ran = box.run("doctor", "--check")
    assert ran.code == 2
    assert "RUNWARE_API_KEY holds a line break" in ran.out
    assert CANARY not in ran.out + ran.err


def test_a_users_rows_are_shown(box: Sandbox) -> None:
    """catalogue.toml stands beside the config file."""
    (box.base / "catalogue.toml").write_text(
        "[[route]]\nmodel = 'local/flux'\nprovider = 'openai'\nname = 'flux'\nratios = '*'\n"
        "resolutions = '*'\nprices = 0\n"
    )
    ran = box.ok("doctor")
    assert "  local/flux                     any    any    none  free\n" in ran.out


def test_a_mistake_in_the_users_rows(box: Sandbox) -> None:
    """It is exit code 2 with place and next step, in words and as data."""
    (box.base / "catalogue.toml").write_text(
        "[[route]]\nmodel = 'xai/grok-imagine-image'\nprovider = 'pixazo'\nprise = 1\n"
    )
    ran = box.run("doctor")
    assert ran.code == 2 and ran.out == ""
    assert f"{box.base / 'catalogue.toml'}:4:1: unknown key 'prise'" in ran.err
    assert "did you mean" in ran.err
    assert box.run("doctor", "--json").json["problems"][0]["kind"] == "unknown-catalogue-key"


def test_the_long_form_says_everything(box: Sandbox) -> None:
    """Ratios, sources, what failures cost and what nobody says."""
    ran = box.ok("doctor", "--verbose")
    for text in ("19.5:9", "source: ", "failures: ", "nobody says:", "withdrawn: "):
        assert text in ran.out
