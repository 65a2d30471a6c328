"""What doctor finds out: keys, addresses, limits, rows, and what the services answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from assetgen.app.doctor import diagnose
from assetgen.errors import AccountError, AssetgenError, Kind, Problem, UsageError
from assetgen.providers.base import NotSent
from assetgen.report.diagnosis import Answer, Diagnosis, Seen

WRONG = Kind("wrong", "{what}")


class Services:
    """Services that answer as they are told, and remember who was asked."""

    def __init__(self, answers: Mapping[str, str | AssetgenError]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def check(self, name: str) -> str:
        """Answer, or raise the answer."""
        self.asked.append(name)
        answer = self.answers.get(name, "")
        if isinstance(answer, AssetgenError):
            raise answer
        return answer


class User:
    """A user's environment and files."""

    def __init__(self, home: Path) -> None:
        self.config = home / "config.toml"
        self.catalogue = home / "catalogue.toml"
        self.environ = {
            "ASSETGEN_CONFIG": str(self.config),
            "ASSETGEN_DATA_DIR": str(home / "data"),
            "ASSETGEN_CACHE_DIR": str(home / "cache"),
        }

    def sees(self, services: Services | None = None, **environ: str) -> Diagnosis:
        """Return what doctor finds with these variables set."""
        check = services.check if services else None
        return diagnose({**self.environ, **environ}, ask=services is not None, check=check)


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user with nothing set."""
    return User(tmp_path)


def provider(found: Diagnosis, name: str) -> Seen:
    """Return what was seen of one provider."""
    return next(seen for seen in found.providers if seen.service.name == name)


def test_a_new_user_can_draft(user: User) -> None:
    """Without any key the draft provider alone is ready, and that is no mistake."""
    found = user.sees()
    assert [s.service.name for s in found.providers if s.ready] == ["draft"]
    assert found.exit_code == 0
    assert [place.exists for place in found.places] == [False] * 4


def test_a_key_makes_its_provider_ready(user: User) -> None:
    """Its variable is named, its text is nowhere."""
    found = user.sees(RUNWARE_API_KEY="canary-7531")
    seen = provider(found, "runware")
    assert (seen.ready, seen.key_set, seen.variable) == (True, True, "RUNWARE_API_KEY")
    assert not provider(found, "pixazo").ready
    assert "canary" not in repr(found)


def test_every_row_belongs_to_its_provider(user: User) -> None:
    """Routes are told apart by provider; the draft's model is the draft's."""
    for seen in user.sees().providers:
        assert seen.routes
        assert {route.provider for route in seen.routes} == {seen.service.name}


def test_a_users_row_is_seen(user: User) -> None:
    """A local server's model stands beside the others."""
    user.catalogue.write_text("[[route]]\nmodel='local/a'\nprovider='openai'\nname='a'\n")
    seen = provider(user.sees(), "openai")
    assert seen.routes[-1].model == "local/a"


def test_an_address_of_ones_own_says_where_it_comes_from(user: User) -> None:
    """The environment before the file; a server of the OpenAI shape then needs no key."""
    user.config.write_text('[providers.openai]\nbase_url = "http://127.0.0.1:8080/v1/"\n')
    seen = provider(user.sees(), "openai")
    assert (seen.base_url, seen.base_from) == ("http://127.0.0.1:8080/v1", str(user.config))
    assert seen.ready and not seen.key_set
    found = user.sees(ASSETGEN_OPENAI_BASE_URL="http://localhost:9/v1")
    seen = provider(found, "openai")
    assert (seen.base_url, seen.base_from) == ("http://localhost:9/v1", "ASSETGEN_OPENAI_BASE_URL")


def test_an_address_does_not_replace_a_key(user: User) -> None:
    """A gateway at another address still wants its key."""
    found = user.sees(ASSETGEN_RUNWARE_BASE_URL="http://127.0.0.1:9/v1")
    assert not provider(found, "runware").ready


def test_limits_of_ones_own_are_shown(user: User) -> None:
    """What the user says of a plan replaces what the catalogue says."""
    user.config.write_text("[providers.apixo]\nconcurrency = 10\nrate = 60\n")
    service = provider(user.sees(), "apixo").service
    assert (service.concurrency, service.rate, service.poll) == (10, 60, 3)


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"RUNWARE_API_KEY": "canary\n"}, "bad-key"),
        ({"RUNWARE_API_KEY": "x", "ASSETGEN_RUNWARE_BASE_URL": "http://a.example"}, "bad-base-url"),
        ({"ASSETGEN_RUNWARE_BASE_URL": "https://me:canary@a.example/"}, "bad-base-url"),
    ],
)
def test_what_no_build_would_take_is_a_mistake(
    user: User, environ: dict[str, str], kind: str
) -> None:
    """A key with a line break, an address without TLS or with a password: exit code 2."""
    services = Services({})
    found = user.sees(services, **environ)
    seen = provider(found, "runware")
    assert [problem.kind.name for problem in seen.problems] == [kind]
    assert not seen.ready and services.asked == []
    assert found.exit_code == 2
    assert "canary" not in repr(found)


def test_only_who_is_ready_is_asked(user: User) -> None:
    """Those without a key are left alone, and so is the draft."""
    services = Services({"runware": "balance $1.00", "apixo": ""})
    found = user.sees(services, RUNWARE_API_KEY="a", APIXO_API_KEY="b")
    assert sorted(services.asked) == ["apixo", "runware"]
    assert provider(found, "runware").answer == Answer("balance $1.00")
    assert provider(found, "apixo").answer == Answer("")
    assert provider(found, "xai").answer is None
    assert found.exit_code == 0


def test_nobody_is_asked_unless_told_to(user: User) -> None:
    """Without --check no service hears of it."""
    found = user.sees(RUNWARE_API_KEY="a")
    assert all(seen.answer is None for seen in found.providers)


def test_a_refused_account(user: User) -> None:
    """It is exit code 4; the others are asked all the same."""
    refused = AccountError(Problem(WRONG, facts={"what": "no such key"}))
    services = Services({"runware": refused, "xai": "the key is accepted"})
    found = user.sees(services, RUNWARE_API_KEY="a", XAI_API_KEY="b")
    answer = provider(found, "runware").answer
    assert answer is not None and answer.refused
    assert answer.problems[0].cause == "no such key"
    assert provider(found, "xai").answer == Answer("the key is accepted")
    assert found.exit_code == 4


def test_nobody_answers(user: User) -> None:
    """A service that cannot be reached is exit code 1, not a refused account."""
    services = Services({"xai": NotSent(Problem(WRONG, facts={"what": "no network"}))})
    found = user.sees(services, XAI_API_KEY="b")
    answer = provider(found, "xai").answer
    assert answer is not None and not answer.refused
    assert found.exit_code == 1


def test_a_broken_config_is_reported(user: User) -> None:
    """There is nothing to look at without it."""
    user.config.write_text("[providers.runware]\ncolour = 1\n")
    with pytest.raises(UsageError):
        user.sees()


def test_places_that_are_there(user: User) -> None:
    """Config and catalogue are found where the user put them."""
    user.config.write_text("")
    places = {place.name: (place.path, place.exists) for place in user.sees().places}
    assert places["config"] == (str(user.config), True)
    assert places["catalogue"] == (str(user.catalogue), False)
