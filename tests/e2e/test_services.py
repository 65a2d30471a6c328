"""A project is bought from each service, once, for what the plan said, and collected whatever."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.emulated import MODELS, SERVICES, Market

CHAIN = "targets:\n  base: a knight\n  gold: {edit: base, prompt: in gold}\n"
CAP = ("--max-images", "99")
JOBS = ("pixazo", "runware", "apixo")
"""The services that make pictures as jobs."""


@pytest.mark.parametrize("provider", SERVICES)
def test_a_picture_and_its_edit_from_each_service(shop: Market, provider: str) -> None:
    """Two calls, two charges; a second build buys nothing; the key went nowhere else."""
    shop.shelf(provider, CHAIN)
    summary = shop.build(*CAP)
    assert (summary["bought"], summary["failed"]) == (2, 0)
    assert [charge.service for charge in shop.charges] == [provider] * 2
    assert shop.build(*CAP)["up_to_date"] == 2
    assert len(shop.submits) == 2
    assert shop.emulator.leaks == []
    assert shop.ok("verify").out == "2 targets verified\n"


@pytest.mark.parametrize("provider", ["runware", "apixo", "xai"])
def test_the_charges_are_what_the_plan_announced(shop: Market, provider: str) -> None:
    """Where the price is known it lies between the plan's two bounds."""
    shop.only(provider)
    shop.spec(
        f"defaults: {{model: xai/grok-imagine-image, providers: [{provider}]}}\n"
        f"{CHAIN}  coin: {{prompt: a coin, takes: 3}}\n"
    )
    cost = shop.ok("plan", "--json").json["cost"]
    shop.build(*CAP)
    charged = sum(charge.price for charge in shop.charges)
    assert Decimal(str(cost["min"])) <= charged <= Decimal(str(cost["max"]))
    assert len(shop.charges) == 5


def test_the_same_pictures_whoever_is_asked(shop: Market) -> None:
    """A colleague with another key has nothing to do."""
    shop.spec(f"defaults: {{model: {MODELS['apixo']}, providers: [apixo, runware]}}\n{CHAIN}")
    shop.only("apixo")
    shop.build(*CAP)
    other = shop.clone("other")
    other.variables["RUNWARE_API_KEY"] = "another"
    other.variables |= {"ASSETGEN_DATA_DIR": str(shop.base / "d2")}
    assert other.build(*CAP)["up_to_date"] == 2
    assert len(shop.charges) == 2


def test_a_busy_service_leaves_its_work_to_the_next(shop: Market) -> None:
    """429 on every submit: the other provider makes all of it."""
    shop.spec(
        f"defaults: {{model: {MODELS['pixazo']}, providers: [pixazo, runware]}}\n"
        "targets: {a: a sword, b: a shield, c: a bow}\n"
    )
    shop.emulator.fault("status", service="pixazo", status=429, retry_after="60", times=0)
    assert shop.build(*CAP)["bought"] == 3
    assert {charge.service for charge in shop.charges} == {"runware"}


def test_a_service_that_is_down_holds_three_calls_and_no_more(shop: Market) -> None:
    """What was sent and not answered is held; the rest goes to the next provider."""
    shop.spec(
        f"defaults: {{model: {MODELS['pixazo']}, providers: [pixazo, runware]}}\n"
        "targets: {a: a, b: b, c: c, d: d, e: e, f: f, g: g, h: h}\n"
    )
    shop.emulator.fault("status", service="pixazo", status=502, times=0)
    ran = shop.run("build", "--json", "-j", "1", *CAP)
    assert (ran.code, ran.summary["held"], ran.summary["bought"]) == (75, 3, 5)
    assert {charge.service for charge in shop.charges} == {"runware"}


@pytest.mark.parametrize("provider", JOBS)
@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_account_stops_everything(shop: Market, provider: str, status: int) -> None:
    """One refusal, exit code 4, nothing charged, and the next build can go on."""
    shop.shelf(provider, "targets: {a: a, b: b, c: c, d: d}\n")
    shop.emulator.fault("status", service=provider, status=status, times=0)
    ran = shop.run("build", *CAP)
    assert ran.code == 4
    assert (len(shop.submits), shop.charges) == (1, [])
    shop.emulator.reset()
    assert shop.build(*CAP)["bought"] == 4


@pytest.mark.parametrize("provider", JOBS)
def test_what_is_in_flight_is_collected_when_the_balance_ends(shop: Market, provider: str) -> None:
    """402 after two orders: their pictures are fetched, nothing more is sent."""
    shop.shelf(provider, "targets: {a: a, b: b, c: c, d: d, e: e, f: f}\n")
    shop.emulator.fault("status", service=provider, status=402, nth=3, times=0)
    ran = shop.run("build", "--json", "-j", "2", *CAP)
    assert (ran.code, ran.summary["bought"]) == (4, 2)
    assert len(shop.charges) == 2
    assert len(shop.submits) <= 4


@pytest.mark.parametrize("accepted", [True, False])
def test_a_lost_answer_of_runware_is_found_again(shop: Market, accepted: bool) -> None:
    """The id is derived: whether it was accepted or not, there is one charge."""
    shop.shelf("runware", "targets: {a: a sword}\n")
    shop.emulator.fault("drop", service="runware", accepted=accepted)
    assert shop.build(*CAP)["bought"] == 1
    assert len(shop.charges) == 1


@pytest.mark.parametrize("provider", ["pixazo", "apixo"])
@pytest.mark.parametrize("accepted", [True, False])
def test_a_lost_answer_of_the_others_is_held(shop: Market, provider: str, accepted: bool) -> None:
    """Nobody can find out; nothing more is sent until the user says so."""
    shop.shelf(provider, "targets: {a: a sword}\n")
    shop.emulator.fault("drop", service=provider, accepted=accepted)
    assert shop.run("build", *CAP).code == 75
    assert shop.run("build", *CAP).code == 75
    assert len(shop.submits) == 1
    listed = shop.ok("jobs").out
    assert provider in listed
    if not accepted:
        shop.ok("jobs", "retry", "1", "--yes")
        assert shop.build(*CAP)["bought"] == 1
        assert len(shop.charges) == 1


@pytest.mark.parametrize("provider", ["pixazo", "apixo"])
def test_a_held_call_is_adopted_by_its_id(shop: Market, provider: str) -> None:
    """The service's console shows the job; its picture is collected without a second charge."""
    shop.shelf(provider, "targets: {a: a sword}\n")
    shop.emulator.fault("drop", service=provider, accepted=True)
    assert shop.run("build", *CAP).code == 75
    shop.ok("jobs", "adopt", "1", shop.charges[0].job)
    assert shop.build(*CAP)["restored"] == 1
    assert len(shop.charges) == 1


@pytest.mark.parametrize("provider", ["pixazo", "apixo"])
def test_the_user_may_prefer_a_second_charge(shop: Market, provider: str) -> None:
    """`on_ambiguous = "retry"` within its cap."""
    shop.shelf(provider, "targets: {a: a sword}\n")
    price = 0.1 if provider == "apixo" else 0
    shop.config(f'[budget]\non_ambiguous = "retry"\nmax_duplicate_cost = {price}\n')
    shop.emulator.fault("drop", service=provider, accepted=True)
    ran = shop.run("build", *CAP)
    # The price of Pixazo is unknown, so no cap in USD can allow it.
    assert ran.code == (0 if provider == "apixo" else 75)
    assert len(shop.submits) == (2 if provider == "apixo" else 1)


@pytest.mark.parametrize("provider", JOBS)
def test_moderation_is_final(shop: Market, provider: str) -> None:
    """The next build says so again and sends nothing."""
    shop.shelf(provider, "targets: {a: something forbidden, b: a sword}\n")
    shop.emulator.fault("moderate", service=provider, prompt="forbidden", times=0)
    for _ in range(2):
        ran = shop.run("build", *CAP)
        assert ran.code == 1
    assert len(shop.submits) == 2


def test_xai_moderates_with_an_empty_answer(shop: Market) -> None:
    """HTTP 200 without a picture is a refusal, and a retry would pay again."""
    shop.shelf("xai", "targets: {a: something forbidden}\n")
    shop.emulator.fault("moderate", service="xai", times=0)
    for _ in range(2):
        assert shop.run("build", *CAP).code == 1
    assert len(shop.submits) == 1


def test_a_failure_that_is_documented_as_free_is_sent_once_more(shop: Market) -> None:
    """Pixazo does not charge ERROR; a second one is final."""
    shop.shelf("pixazo", "targets: {a: a sword}\n")
    shop.emulator.fault("fail", service="pixazo", charged=False, times=0)
    assert shop.run("build", *CAP).code == 1
    assert shop.run("build", *CAP).code == 1
    assert shop.run("build", *CAP).code == 1
    assert (len(shop.submits), shop.charges) == (2, [])


@pytest.mark.parametrize("provider", JOBS)
@pytest.mark.parametrize("fault", ["truncate", "html"])
def test_a_bad_download_is_repeated_and_never_paid_again(
    shop: Market, provider: str, fault: str
) -> None:
    """Half a picture or a page is fetched again."""
    shop.shelf(provider, "targets: {a: a sword}\n")
    shop.emulator.fault(fault, service=provider, times=2)
    assert shop.build(*CAP)["bought"] == 1
    assert len(shop.charges) == 1


@pytest.mark.parametrize("provider", JOBS)
def test_an_expired_address_is_asked_for_again(shop: Market, provider: str) -> None:
    """The job is polled once more for a new address; the submit is never repeated."""
    shop.shelf(provider, "targets: {a: a sword}\n")
    shop.emulator.fault("status", on="file", service=provider, status=410, times=1)
    assert shop.build(*CAP)["bought"] == 1
    assert len(shop.charges) == 1


def test_drafts_are_told_of_until_they_are_bought(shop: Market) -> None:
    """Neither the build that buys the real picture speaks of them, nor the one after it."""
    shop.shelf("runware", "targets: {a: a sword, b: a shield}\n")
    assert "drafts among the locked pictures: 2" not in shop.ok("build", "--draft").out
    assert "drafts" in shop.ok("build", "--draft").out
    assert "drafts" not in shop.ok("build", *CAP).out
    assert "drafts" not in shop.ok("build", *CAP).out


def test_a_missing_key_says_where_to_get_one(shop: Market) -> None:
    """Before any question, with exit code 4; --offline and --draft do without."""
    shop.only()
    shop.shelf("runware", "targets: {a: a sword}\n")
    ran = shop.run("build", *CAP)
    assert ran.code == 4
    assert "RUNWARE_API_KEY is not set" in ran.err
    assert "https://" in ran.err
    assert shop.ok("plan").out.startswith("  +  a")
    assert shop.build("--draft")["bought"] == 1
    assert shop.submits == []


def test_a_key_with_a_line_break_is_refused_unseen(shop: Market) -> None:
    """It would be printed by the exception that it causes."""
    shop.variables["RUNWARE_API_KEY"] = "canary-secret\n"
    shop.shelf("runware", "targets: {a: a sword}\n")
    ran = shop.run("build", *CAP)
    assert ran.code == 2
    assert "RUNWARE_API_KEY holds a line break" in ran.err
    assert "canary" not in ran.err + ran.out


def test_a_base_url_must_be_safe_for_a_key(shop: Market) -> None:
    """Plain http is for this machine only."""
    shop.variables["ASSETGEN_RUNWARE_BASE_URL"] = "http://api.example.com/v1"
    shop.shelf("runware", "targets: {a: a sword}\n")
    ran = shop.run("build", *CAP)
    assert ran.code == 2
    assert "not https" in ran.err


def test_an_unsupported_field_is_told_by_the_plan(shop: Market) -> None:
    """With the provider and its limit, at its place in the spec, before any money."""
    shop.shelf("apixo", "targets:\n  a: {prompt: a sword, resolution: 2k}\n")
    for command in (["plan"], ["build", *CAP]):
        ran = shop.run(*command)
        assert ran.code == 2
        assert "assetgen.yaml:4:" in ran.err
        assert "apixo makes pictures of xai/grok-imagine-image at 1k, not at 2k" in ran.err
    assert shop.submits == []


def test_text_from_a_service_cannot_forge_output(shop: Market) -> None:
    """Colours, cursor moves and workflow commands of an error message are shown, not obeyed."""
    shop.shelf("runware", "targets: {a: a sword}\n")
    evil = "\x1b[31mred\x1b[0m\r\n::error::forged\u202e"
    shop.emulator.fault("status", service="runware", status=400, message=evil, times=0)
    shop.variables["GITHUB_ACTIONS"] = "true"
    ran = shop.run("build", *CAP)
    assert ran.code == 1
    for stream in (ran.out, ran.err):
        assert "\x1b" not in stream
        assert "\u202e" not in stream
        assert not any(line.startswith("::error::forged") for line in stream.splitlines())
