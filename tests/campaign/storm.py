"""What goes wrong at the services during a campaign, at random; decided by the emulator's seed."""

from __future__ import annotations

from assetgen.emulator.faults import Fault

LOST = 0.10
"""Share of the submits that get no answer: 6 of 10 were accepted."""
ERRORS = 0.20
"""Share of all requests that get 5xx: of submits, half were accepted."""


def storm(*, one_view: bool) -> tuple[Fault, ...]:
    """Return the faults of every campaign; those at the front are counted of all requests.

    With ``one_view`` a result is the same whenever it is fetched. A project keeps the bytes that
    came first; but two machines, or one that lost its ledger, fetch a result each for itself, and
    other bytes are another picture, of which another edit is bought. And a service that reads only
    addresses cannot be given a picture whose address has come to give other bytes.
    """
    usual = (
        Fault("status", on="any", status=503, accepted=False, rate=ERRORS / 2),
        Fault("status", on="any", status=500, accepted=True, rate=_rest(ERRORS / 2, ERRORS / 2)),
        Fault("drop", on="submit", accepted=True, rate=_rest(LOST * 0.6, ERRORS)),
        Fault("drop", on="submit", accepted=False, rate=_rest(LOST * 0.4, ERRORS + LOST * 0.6)),
        Fault("status", on="submit", status=429, rate=0.05),
        Fault("status", on="submit", status=429, retry_after=1, rate=0.05),
        Fault("redirect", on="any", status=307, rate=0.02),
        Fault("cut", on="submit", rate=0.02),
        Fault("garbage", on="any", rate=0.01),
        Fault("mutate", on="poll", rate=0.02),
        Fault("cut", on="file", rate=0.03),
        Fault("truncate", rate=0.05),
        Fault("html", rate=0.02),
        Fault("hidden", rate=0.05),
        Fault("surplus", rate=0.02),
        Fault("fail", rate=0.02),
        Fault("fail", charged=False, service="pixazo", rate=0.03),
        Fault("moderate", rate=0.01),
    )
    return usual if one_view else (*usual, Fault("mislabel", rate=0.03))


def _rest(rate: float, before: float) -> float:
    """Return the rate among the requests that earlier faults let pass."""
    return rate / (1 - before)
