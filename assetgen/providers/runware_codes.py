"""What kind of trouble a Runware error code means; knows no answer and no consequence.

The service lists no codes and calls them unstable (page "Errors"), so they are told by their
words: the families and their order are those of its Python client (runware-python, `errors.py`).
"""

from __future__ import annotations

import re
from enum import Enum


class Family(Enum):
    """What an error is about."""

    QUOTA = "quota"
    RATE = "rate limit"
    SAFETY = "safety"
    AUTH = "auth"
    TIMEOUT = "timeout"
    NOT_FOUND = "not found"
    SERVER = "server error"
    PROVIDER = "provider"
    VALIDATION = "validation"
    UNKNOWN = "unknown"


# The first that fits counts: `providerRateLimitExceeded` is a rate limit, `tokenExpired` a matter
# of the key, and `providerAuthenticationFailed` one between the service and its own supplier.
_FAMILIES = tuple(
    (family, re.compile(pattern))
    for family, pattern in (
        (Family.QUOTA, r"credits|quota|balance(?!r)|^paymentrequired"),
        (Family.RATE, r"ratelimit"),
        (
            Family.SAFETY,
            r"contentpolicy|moderation|(sensitive|unsafe|nsfw)content|(prompt|image)blocked",
        ),
        (
            Family.AUTH,
            r"apikey|^unauthorized|^forbidden|^auth|^token(?!s)|^(?!provider).*permission"
            r"|^(?!provider).*credentials|^(invalid|missing)authentication"
            r"|^(account|organization|workspace)(suspended|disabled)",
        ),
        (Family.TIMEOUT, r"timeout"),
        (Family.NOT_FOUND, r"(notfound|expired)$|^taskcancelled$|^unknownmodel$"),
        (
            Family.SERVER,
            r"^(internalserver|standard|unknown|undefined|default)error$"
            r"|^(service|server)unavailable$|^unrecognizedresponse$|^errorretrieving",
        ),
        (
            Family.PROVIDER,
            r"^provider|^inferenceerror$|^(processing|task|download|upload)failed$"
            r"|^noavailableserver$|^model(unavailable|disabled|notready)$|^mediastorage",
        ),
        (
            Family.VALIDATION,
            r"^(invalid|missing|conflict|duplicate|unsupported|max|value|array|incompatible)"
            r"|^(mismatch|validation)|^unknown(parameter|provider)"
            r"|(mismatch|alreadyexists|validationerror)$",
        ),
    )
)


def bare(code: str) -> str:
    """Return a code as it is compared: its letters and digits, in lower case."""
    return "".join(char for char in code.lower() if char.isalnum())


def family_of(code: str) -> Family:
    """Return the family of a code; UNKNOWN for one that nobody has seen."""
    plain = bare(code)
    return next((family for family, like in _FAMILIES if like.search(plain)), Family.UNKNOWN)
