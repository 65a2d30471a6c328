"""Runware's errors: every HTTP status of its table, and every family of its codes."""

from __future__ import annotations

from typing import Any

import pytest

from assetgen.errors import AccountError
from assetgen.providers.base import (
    Ambiguous,
    Busy,
    Failed,
    Moderated,
    NotFound,
    Refused,
)
from tests.providers.ends import do
from tests.providers.runware_end import (
    JOB,
    Service,
    error,
    errors,
    failed_item,
    poll,
    request,
    runware,
    submit,
)


def test_http_200_with_errors() -> None:
    """A failure of the task, told by its code."""
    with pytest.raises(Refused):
        submit((200, errors("unsupportedDimensions")))
    assert poll((200, errors("unsupportedDimensions"))) == Failed(
        "unsupportedDimensions: it says why"
    )


def test_http_400() -> None:
    """A bad request is final and not charged; about a poll it says nothing of the task."""
    with pytest.raises(Refused, match="HTTP 400"):
        submit((400, {}))
    with pytest.raises(Refused, match="madeUp: it says why"):
        submit((400, errors("madeUp")))
    for body in ({}, errors("invalidTaskUUID"), errors("madeUp")):
        with pytest.raises(Ambiguous):
            poll((400, body))


@pytest.mark.parametrize("body", [{}, errors("invalidApiKey"), errors("madeUp"), b"<html>"])
def test_http_401(body: Any) -> None:
    """The key is wrong: nothing further would be taken."""
    for ask in (submit, poll):
        with pytest.raises(AccountError, match="Runware refused the account") as caught:
            ask((401, body))
        assert "RUNWARE_API_KEY" in caught.value.problems[0].step


@pytest.mark.parametrize("body", [{}, errors("insufficientCredits"), errors("madeUp")])
def test_http_402(body: Any) -> None:
    """Trap 30: a balance that is too low stops the whole run."""
    for ask in (submit, poll):
        with pytest.raises(AccountError) as caught:
            ask((402, body))
        assert "top it up" in caught.value.problems[0].step


def test_http_403() -> None:
    """The key lacks a permission."""
    for ask in (submit, poll):
        with pytest.raises(AccountError):
            ask((403, {}))


def test_http_404() -> None:
    """At a submit it refuses; at a poll the task is unknown, if the service itself says it."""
    for body in ({}, errors("modelNotFound"), b"<html>"):
        with pytest.raises(Refused):
            submit((404, body))
    assert poll((404, {})) == NotFound()
    assert poll((404, errors("taskNotFound"))) == NotFound()
    with pytest.raises(Ambiguous):
        poll((404, b"<html>"))


def test_http_408() -> None:
    """Nobody knows: the service may have the request."""
    for ask in (submit, poll):
        for body in ({}, errors("invalidModel")):
            with pytest.raises(Ambiguous):
                ask((408, body))


@pytest.mark.parametrize("body", [{}, errors("queueFull"), errors("rateLimitExceeded"), b"slow"])
@pytest.mark.parametrize(
    ("headers", "after"), [({}, None), ({"retry-after": "7"}, 7.0), ({"retry-after": "x"}, None)]
)
def test_http_429(body: Any, headers: dict[str, str], after: float | None) -> None:
    """Trap 27: later, and `Retry-After` is usually not there."""
    for ask in (submit, poll):
        with pytest.raises(Busy) as caught:
            ask((429, body, headers))
        assert caught.value.retry_after == after


@pytest.mark.parametrize(
    "body", [{}, errors("internalServerError"), errors("invalidModel"), errors("inferenceError")]
)
def test_http_500(body: Any) -> None:
    """The task may have been taken: the service has to be asked for the same id."""
    for ask in (submit, poll):
        with pytest.raises(Ambiguous):
            ask((500, body))


@pytest.mark.parametrize("body", [{}, errors("noAvailableServer"), errors("rateLimitExceeded")])
def test_http_503(body: Any) -> None:
    """Temporary, but not known to be free of charge, so it is not for another provider to take."""
    with pytest.raises(Ambiguous):
        submit((503, body))


@pytest.mark.parametrize("body", [{}, errors("timeoutProvider"), b"Gateway Timeout"])
def test_http_504(body: Any) -> None:
    """It waited too long in the queue, and may run all the same."""
    for ask in (submit, poll):
        with pytest.raises(Ambiguous):
            ask((504, body))


def test_a_redirect() -> None:
    """It is followed by nobody, and nothing was accepted."""
    service = Service((302, b"", {"location": "https://elsewhere.example/"}))
    with pytest.raises(Refused, match="redirect"):
        do(runware(service).submit(request(), JOB))
    assert len(service.requests) == 1
    with pytest.raises(Ambiguous):
        poll((302, b"", {"location": "https://elsewhere.example/"}))


VALIDATION = [
    "invalidPositivePrompt",
    "missingModel",
    "conflictParameters",
    "duplicatePreloadModelAIR",
    "unsupportedDimensions",
    "unsupportedParameter",
    "maxLycorisModelsExceeded",
    "unknownParameter",
    "valueTooLarge",
    "modelAlreadyExists",
]
AUTH = ["invalidApiKey", "missingApiKey", "unauthorized", "forbidden", "accountSuspended"]
AUTH += ["tokenExpired", "authTimeout", "insufficientPermissions"]
QUOTA = ["insufficientCredits", "providerInsufficientCredits", "quotaExceeded", "paymentRequired"]
QUOTA += ["insufficientBalance", "insufficient_credits"]
RATE = ["rateLimitExceeded", "providerRateLimitExceeded", "inferenceRateLimitRequestTooLarge"]
SAFETY = [
    "contentPolicyViolation",
    "providerContentPolicyViolation",
    "sensitiveContentDetected",
    "unsafeContentDetected",
    "nsfwContentDetected",
    "promptBlocked",
    "imageBlocked",
    "moderationFailed",
]
TIMEOUT = ["timeoutProvider", "providerGatewayTimeout", "timeout", "webhookTimeout"]
PROVIDER = ["providerError", "inferenceError", "processingFailed", "downloadFailed"]
PROVIDER += ["uploadFailed", "providerAuthenticationFailed"]
NO_SERVER = ["noAvailableServer", "modelUnavailable", "modelNotReady"]
SERVER = ["internalServerError", "serviceUnavailable", "unknownError", "Unknown error"]
UNKNOWN_TASK = ["taskNotFound", "taskExpired", "taskCancelled", "taskFailedOrNotFound"]
UNKNOWN_THING = ["modelNotFound", "mediaExpired", "unknownModel"]


@pytest.mark.parametrize("code", VALIDATION)
def test_codes_of_validation(code: str) -> None:
    """A request that cannot be taken, now or later; of a task in work, its end."""
    for status in (200, 400, 422):
        with pytest.raises(Refused) as caught:
            submit((status, errors(code)))
        assert not isinstance(caught.value, Moderated)
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", AUTH)
def test_codes_of_auth(code: str) -> None:
    """The account, wherever it is said: also of a poll, whose task goes on."""
    for status in (200, 400, 500):
        for ask in (submit, poll):
            with pytest.raises(AccountError):
                ask((status, errors(code)))


@pytest.mark.parametrize("code", QUOTA)
def test_codes_of_quota(code: str) -> None:
    """Trap 30: they stop the run; told before rate limits and before the supplier's failures."""
    for status in (200, 400, 429, 500):
        for ask in (submit, poll):
            with pytest.raises(AccountError) as caught:
                ask((status, errors(code, taskType="" if ask is submit else "getResponse")))
            assert "top it up" in caught.value.problems[0].step


@pytest.mark.parametrize("code", RATE)
def test_codes_of_rate_limits(code: str) -> None:
    """Not accepted, and perhaps later; told before the supplier's failures."""
    for status in (200, 400):
        with pytest.raises(Busy) as caught:
            submit((status, errors(code), {"retry-after": "3"}))
        assert caught.value.retry_after == 3.0


def test_a_rate_limit_at_a_poll() -> None:
    """The poll's own says nothing of the task; the supplier's ended it."""
    with pytest.raises(Busy):
        poll(errors("rateLimitExceeded"))
    code = "providerRateLimitExceeded"
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", SAFETY)
def test_codes_of_safety(code: str) -> None:
    """Final for what was asked for, and nobody says whether it is charged."""
    for status in (200, 400, 403, 500):
        with pytest.raises(Moderated):
            submit((status, errors(code)))
    failed = Failed(f"{code}: it says why", charged=None, moderated=True)
    assert poll(errors(code)) == failed
    assert poll(failed_item(code)) == failed


def test_a_supplier_that_speaks_of_policy() -> None:
    """A vague code is told by its words too, where the failure is certain already."""
    words = {"message": "The prompt violates our content policy."}
    given = poll({"errors": [error("providerError", status="error", **words)]})
    assert isinstance(given, Failed)
    assert given.moderated
    with pytest.raises(Moderated):
        submit((400, {"errors": [error("madeUp", **words)]}))


@pytest.mark.parametrize("code", TIMEOUT)
def test_codes_of_time_outs(code: str) -> None:
    """The task may run all the same, whatever the status says."""
    for status in (200, 400, 504):
        with pytest.raises(Ambiguous):
            submit((status, errors(code)))


def test_a_time_out_at_a_poll() -> None:
    """The supplier's ended the task (page "Task polling"); the poll's own did not."""
    for body in (errors("timeoutProvider", status="error"), errors("timeoutProvider")):
        assert poll(body) == Failed("timeoutProvider: it says why")
    with pytest.raises(Ambiguous):
        poll(errors("requestTimeout"))


@pytest.mark.parametrize("code", PROVIDER)
def test_codes_of_the_provider(code: str) -> None:
    """Work may have begun: no status of a submit proves otherwise."""
    for status in (200, 400):
        with pytest.raises(Ambiguous):
            submit((status, errors(code)))
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", NO_SERVER)
def test_codes_of_a_provider_without_a_server(code: str) -> None:
    """Nobody was there to begin, so it may be sent later or elsewhere."""
    for status in (200, 400):
        with pytest.raises(Busy):
            submit((status, errors(code)))
    assert poll(errors(code)) == Failed(f"{code}: it says why")


def test_a_model_that_is_disabled() -> None:
    """That is permanent, though its family is not."""
    with pytest.raises(Refused):
        submit((400, errors("modelDisabled")))


@pytest.mark.parametrize("code", UNKNOWN_TASK)
def test_codes_of_an_unknown_task(code: str) -> None:
    """At a poll the task is not known, which never proves that it was not accepted."""
    for status in (200, 400, 404):
        assert poll((status, errors(code))) == NotFound()
        assert poll((status, errors(code, taskType="getResponse"))) == NotFound()
    with pytest.raises(Ambiguous):
        submit((200, errors(code)))


@pytest.mark.parametrize("code", UNKNOWN_THING)
def test_codes_of_something_else_that_is_unknown(code: str) -> None:
    """It refuses a submit, and ends a task."""
    for status in (200, 400, 404):
        with pytest.raises(Refused):
            submit((status, errors(code)))
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", SERVER)
def test_codes_of_a_server_error(code: str) -> None:
    """Nobody knows, whatever the status says."""
    for status in (200, 400, 500):
        for ask in (submit, poll):
            with pytest.raises(Ambiguous):
                ask((status, errors(code)))


def test_codes_that_nobody_has_seen() -> None:
    """A 4xx refuses, anything else leaves doubt; of a task that is named, it is the end."""
    for code in ("brandNew", "", "brand new\x1b[31m", "x" * 5000):
        with pytest.raises(Refused):
            submit((400, errors(code)))
        with pytest.raises(Ambiguous):
            submit((200, errors(code)))
        assert isinstance(poll(errors(code)), Failed)
