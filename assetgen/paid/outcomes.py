"""How a paid call may end other than with a picture, and the sentence for each; ends none."""

from __future__ import annotations

from assetgen.errors import AccountError, AssetgenError, Kind, Problem, ProviderError

CALL_FAILED = Kind(
    "call-failed",
    "{provider} ended the request: {reason}",
    "change the prompt, or 'assetgen jobs retry {job}' to pay for another try",
)
CALL_REFUSED = Kind(
    "call-refused",
    "{provider} refused the request: {reason}",
    "nothing was charged; mend and build",
)
CALL_REFUSED_NOW = Kind(
    "call-refused-now",
    "{provider} takes no more requests just now: {reason}",
    "nothing was charged; build again later",
)
ACCOUNT_SHUT = Kind(
    "account-shut",
    "not sent: {provider} refused the account",
    "mend the first refusal and build again",
)
RESTS = Kind(
    "provider-rests",
    "{provider} is {reason}: nothing more is sent to it for {seconds} s",
    "what it works on is collected meanwhile",
)
GIVEN_UP = Kind(
    "provider-given-up",
    "not sent: {provider} did not answer several requests in a row",
    "'assetgen jobs' lists those in doubt; build again when the service is well",
)
CALL_HELD = Kind(
    "call-held",
    "{provider} may have accepted the request, its answer is unknown: {reason}",
    "'assetgen jobs' lists it; then adopt, retry or abandon it",
)
NOT_REACHED = Kind(
    "not-reached", "{provider} could not be reached: {reason}", "nothing was charged; build again"
)
FETCH_FAILED = Kind(
    "fetch-failed",
    "{provider} made the picture, but it could not be fetched: {reason}",
    "build again: it is fetched without paying again",
)
INTERRUPTED = Kind(
    "interrupted", "stopped while {provider} works on it", "build again: it will be collected"
)
ON_THEIR_WAY = Kind(
    "on-their-way",
    "stopping, as soon as paid requests that were just sent are answered: {count}",
    "Ctrl-C once more leaves them in doubt, to be settled with 'assetgen jobs'",
)
UNANSWERED = Kind(
    "unanswered",
    "{provider} does not say how the accepted request stands",
    "nothing is lost; build again later: it is collected without paying again",
)
NO_WORD = Kind(
    "no-word",
    "{provider} answers nothing, so nobody knows yet whether it took the request",
    "build again soon: it is asked for, or sent again under its own id, which is charged once",
)
UNFINISHED = Kind(
    "unfinished",
    "{provider} took the request and has not finished it yet",
    "nothing is lost; build again later: it is collected without paying again",
)
KEY_GONE = Kind(
    "key-gone",
    "{provider} was sent a paid request for {target}, and {variable} is not set any more",
    "set it to collect the picture, or give it up: 'assetgen jobs abandon {job}'",
)
LEFT_OPEN = Kind("left-open", "a request to {provider} was left for the next build that wants it")
ELSEWHERE = Kind("elsewhere", "{provider} takes nothing more just now; another one does")
LOST_JOB = Kind("job-gone", "{provider} no longer knows job {job_id}", "'assetgen jobs' lists it")


class CallFailed(ProviderError):
    """The service ended the call, perhaps charging."""


class CallHeld(ProviderError):
    """The outcome is unknown; nothing more is sent."""

    exit_code = 75


class Unanswered(CallHeld):
    """The service says nothing of a call that it can be asked for; it stays open."""


class LeftOpen(AssetgenError):
    """An intent was left for a build that wants it."""


class NoKey(AccountError):
    """A provider's key is not set, so nothing was sent there."""


class Elsewhere(AssetgenError):
    """Nothing was sent, and another provider is the better one by now.

    ``busy``: how often a service was too busy to take the order so far.
    """

    def __init__(self, *problems: Problem, busy: int = 0) -> None:
        super().__init__(*problems)
        self.busy = busy


class Interrupted(AssetgenError):
    """The build is stopping; the call stays in the ledger."""

    exit_code = 130
