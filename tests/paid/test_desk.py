"""A picture is bought at most once, whatever the service answers or does not answer."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import TypeVar

import pytest
from PIL import Image

from assetgen.action import Action, paid
from assetgen.catalogue import Offer, open_route
from assetgen.clock import FakeClock
from assetgen.errors import AccountError, AssetgenError, ProviderError
from assetgen.paid.budget import Budget, OverCap
from assetgen.paid.collector import Counter
from assetgen.paid.desk import Desk
from assetgen.paid.orders import Order
from assetgen.paid.outcomes import CallFailed, CallHeld, Interrupted, LeftOpen
from assetgen.providers.base import Completed, Failed, NotFound, NotSent, Refused, Running
from assetgen.providers.fake import FakeProvider, Lost, problem
from assetgen.state import Job, JobState, Take
from assetgen.store.blobs import MemoryBlobs
from assetgen.store.ledger import Ledger

T = TypeVar("T")


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, "PNG")
    return out.getvalue()


class Bench:
    """A desk with one fake provider, and everything that a test looks at."""

    def __init__(self, budget: Budget | None = None, *, derives_ids: bool = True) -> None:
        self.provider = FakeProvider(png(), derives_ids=derives_ids)
        self.ledger = Ledger(":memory:")
        self.blobs = MemoryBlobs()
        self.clock = FakeClock()
        self.budget = budget or Budget(may_spend=True)
        self.alive: set[str] = set()
        self.changes: list[JobState] = []

    def desk(self, session: str = "me") -> Desk:
        return Desk(
            {"fake": Counter(self.provider, self.blobs, b"secret")},
            self.ledger,
            self.budget,
            self.clock,
            session=session,
            project="/project",
            is_alive=self.alive.__contains__,
            changed=lambda job: self.changes.append(job.state),
        )

    def buy(self, take: int = 1, epoch: int = 0, prompt: str = "a sword") -> Take:
        return asyncio.run(self._buy(order(take, epoch, prompt)))

    async def _buy(self, wanted: Order) -> Take:
        desk = self.desk()
        job = await desk.order(wanted)
        return (await desk.collect(job))[0]

    def job(self) -> Job:
        (job,) = self.ledger.jobs_of(order().action.key)
        return job


def action(prompt: str = "a sword") -> Action:
    return paid(kind="generate", model="m", prompt=prompt)


def order(take: int = 1, epoch: int = 0, prompt: str = "a sword") -> Order:
    offer = Offer(open_route("fake", 0.02, "m"), "1:1", price=0.02)
    return Order("sword", action(prompt), take, epoch, offer)


def test_a_bought_picture_is_in_the_store_before_the_ledger_says_so() -> None:
    """Trap 19: results expire, so the bytes are kept before anything says that they are."""
    bench = Bench()
    take = bench.buy()
    assert bench.blobs.readable(take.sha256)
    assert bench.changes == [JobState.ACCEPTED, JobState.COMPLETED, JobState.FETCHED]
    assert (take.provider, take.cost, len(bench.provider.charges)) == ("fake", 0.02, 1)


def test_the_same_take_is_never_bought_twice() -> None:
    """A second order of the key, take and epoch is answered from the ledger."""
    bench = Bench()
    first = bench.buy()
    assert bench.buy() == first
    assert len(bench.provider.requests) == 1


def test_what_was_not_sent_is_sent_again() -> None:
    """A name or connection that fails is no doubt: nothing arrived."""
    bench = Bench()
    bench.provider.submits = [NotSent(problem("no route")), NotSent(problem("no route"))]
    bench.buy()
    assert len(bench.provider.charges) == 1
    assert bench.clock.slept


def test_a_service_that_cannot_be_reached_costs_nothing() -> None:
    """After some tries the target fails; the reservation is given back."""
    bench = Bench()
    bench.provider.submits = [NotSent(problem("no route"))] * 4
    with pytest.raises(NotSent):
        bench.buy()
    assert (bench.job().state, bench.budget.images) == (JobState.REFUSED, 0)


def test_a_refusal_is_final_and_free() -> None:
    """A 4xx is not tried again by itself, and the budget is as before."""
    bench = Bench()
    bench.provider.submits = [Refused(problem("bad ratio"))]
    with pytest.raises(Refused) as caught:
        bench.buy()
    assert "bad ratio" in str(caught.value)
    assert (bench.job().state, bench.budget.images) == (JobState.REFUSED, 0)
    assert len(bench.provider.requests) == 1


def test_a_refused_account_says_so() -> None:
    """401 and 402 come out as what they are."""
    bench = Bench()
    bench.provider.submits = [AccountError(problem("no balance"))]
    with pytest.raises(AccountError):
        bench.buy()
    assert bench.job().state is JobState.REFUSED


@pytest.mark.parametrize("accepted", [True, False])
def test_a_lost_answer_of_a_derived_id_is_asked_for(accepted: bool) -> None:
    """Whether it was accepted or not, one job and one charge come of it."""
    bench = Bench()
    bench.provider.submits = [Lost(accepted)]
    bench.buy()
    assert len(bench.provider.charges) == 1
    assert len(bench.provider.jobs) == 1


@pytest.mark.parametrize("accepted", [True, False])
def test_a_lost_answer_of_a_server_id_is_held(accepted: bool) -> None:
    """Nobody can ask, so nothing more is sent."""
    bench = Bench(derives_ids=False)
    bench.provider.submits = [Lost(accepted)]
    with pytest.raises(CallHeld):
        bench.buy()
    assert bench.job().state is JobState.AMBIGUOUS
    with pytest.raises(CallHeld):
        bench.buy()
    assert len(bench.provider.requests) == 1


def test_not_found_never_proves_absence_after_an_hour() -> None:
    """An old intent that the service does not know is held, not posted again."""
    bench = Bench()
    job = intend(bench)
    bench.clock.time += 3601
    with pytest.raises(CallHeld):
        resume(bench, job)
    assert bench.provider.requests == []


def test_an_intent_of_a_dead_build_is_posted_under_its_own_id() -> None:
    """Within the hour the same id goes out again, which cannot make a second job."""
    bench = Bench()
    job = intend(bench)
    resume(bench, job)
    assert [sent for _, sent in bench.provider.requests] == [job.job_id]
    assert len(bench.provider.charges) == 1


def test_an_intent_that_nobody_wants_is_not_posted() -> None:
    """It is asked for, and left as it is for a build that wants it; after an hour it is held."""
    bench = Bench()
    job = intend(bench)
    with pytest.raises(LeftOpen):
        resume(bench, job, wanted=False)
    assert (bench.provider.requests, bench.job().state) == ([], JobState.INTENT)
    bench.clock.time += 3601
    with pytest.raises(CallHeld):
        resume(bench, job, wanted=False)
    assert (bench.provider.requests, bench.job().state) == ([], JobState.AMBIGUOUS)


def test_an_intent_is_posted_again_only_within_the_budget() -> None:
    """A build that takes a dead one's call over pays for it like for its own."""
    bench = Bench(Budget(may_spend=True, max_images=0))
    intend(bench)
    with pytest.raises(OverCap):
        bench.buy()
    assert bench.provider.requests == []


def test_an_expired_address_is_asked_for_again() -> None:
    """The call is polled once more, and fetched from where it is now."""
    bench = Bench()
    bench.provider.fetches = [ProviderError(problem("expired"))]
    bench.buy()
    assert len(bench.provider.polled) == 2
    assert len(bench.provider.charges) == 1


def test_a_completion_without_a_picture_is_a_failure() -> None:
    """Nothing can be fetched, and nothing is sent again."""
    bench = Bench()
    bench.provider.polls = [Completed((), 0.02)]
    with pytest.raises(CallFailed):
        bench.buy()
    assert bench.job().state is JobState.FAILED


def test_a_silent_service_is_left_for_the_next_build() -> None:
    """An accepted call that nobody answers for stays accepted."""
    bench = Bench()
    bench.provider.polls = [ProviderError(problem("500"))] * 100
    with pytest.raises(CallHeld):
        bench.buy()
    assert bench.job().state is JobState.ACCEPTED
    bench.provider.polls = []
    bench.buy()
    assert len(bench.provider.charges) == 1


def intend(bench: Bench) -> Job:
    wanted = order()
    return bench.ledger.intend(
        key=wanted.action.key,
        take=1,
        epoch=0,
        provider="fake",
        model="m",
        session="dead",
        project="/project",
        target="sword",
        manifest=wanted.action.text,
        job_id="00000000-0000-4000-8000-000000000001" if bench.provider.derives_ids else "",
        now=bench.clock.now(),
    )


def resume(bench: Bench, job: Job, *, wanted: bool = True) -> Job:
    return asyncio.run(bench.desk().resume(job, order() if wanted else None))


def test_a_failed_call_is_recorded_with_its_charge() -> None:
    """A second order of it fails without a request."""
    bench = Bench()
    bench.provider.polls = [Running(1.0), Failed("no", charged=True)]
    with pytest.raises(CallFailed):
        bench.buy()
    assert (bench.job().state, bench.job().charged) == (JobState.FAILED, True)
    with pytest.raises(CallFailed):
        bench.buy()
    assert len(bench.provider.requests) == 1


def test_a_forgotten_job_is_held() -> None:
    """A service that no longer knows an accepted job may have charged for it."""
    bench = Bench()
    bench.provider.polls = [Running(120.0), NotFound()]
    with pytest.raises(CallHeld):
        bench.buy()
    assert bench.job().state is JobState.AMBIGUOUS


@pytest.mark.parametrize(
    "bad", [b"<html>not a picture</html>", png()[:-10], ProviderError(problem("reset"))]
)
def test_a_bad_download_is_fetched_again_and_never_paid_again(bad: bytes | ProviderError) -> None:
    """HTML, half a picture and a reset are repeated as downloads."""
    bench = Bench()
    bench.provider.fetches = [bad]
    bench.buy()
    assert (len(bench.provider.fetched), len(bench.provider.charges)) == (2, 1)


def test_a_download_that_never_comes_stays_completed() -> None:
    """The call is open still, so that the next build fetches it without paying."""
    bench = Bench()
    bench.provider.fetches = [ProviderError(problem("reset"))] * 4
    with pytest.raises(ProviderError):
        bench.buy()
    assert bench.job().state is JobState.COMPLETED


def test_a_living_session_is_awaited() -> None:
    """Another build of this machine buys the same picture: there is one charge, and both get it."""
    bench = Bench()
    bench.alive = {"other", "me"}

    async def finish(session: str) -> Take:
        desk = bench.desk(session)
        wanted = order()
        job = await desk.order(wanted)
        return (await desk.collect(job))[0]

    async def race() -> list[Take]:
        return list(await asyncio.gather(finish("other"), finish("me")))

    one, two = asyncio.run(race())
    assert one == two
    assert (len(bench.provider.charges), bench.budget.images) == (1, 1)


@pytest.mark.parametrize(
    ("budget", "kind"),
    [
        (Budget(may_spend=False), "no-consent"),
        (Budget(may_spend=True, max_images=0), "over-image-cap"),
        (Budget(may_spend=True, max_cost=0.01), "over-cost-cap"),
    ],
)
def test_no_call_goes_over_a_cap(budget: Budget, kind: str) -> None:
    """The reservation is made before the intent, so nothing is left behind."""
    bench = Bench(budget)
    with pytest.raises(OverCap) as caught:
        bench.buy()
    assert caught.value.problems[0].kind.name == kind
    assert (bench.provider.requests, bench.ledger.unsettled()) == ([], ())


def test_a_money_cap_alone_refuses_unknown_prices() -> None:
    """With an image cap beside it, such calls count by number."""
    Budget(may_spend=True, max_cost=1.0, max_images=1).reserve(None)
    with pytest.raises(OverCap) as caught:
        Budget(may_spend=True, max_cost=1.0).reserve(None)
    assert caught.value.problems[0].kind.name == "unknown-price"


def test_stopping_leaves_the_call_to_the_next_build() -> None:
    """What is in flight stays accepted; nothing new goes out."""
    bench = Bench()
    bench.provider.polls = [Running(1.0)] * 1000

    async def stopped() -> None:
        desk = bench.desk()
        wanted = order()
        buying = asyncio.ensure_future(desk.order(wanted))
        while not bench.changes:
            await asyncio.sleep(0)
        desk.stop()
        await buying

    raises(Interrupted, lambda: asyncio.run(stopped()))
    assert bench.job().state is JobState.ACCEPTED
    assert len(bench.provider.requests) == 1


def raises(kind: type[AssetgenError], run: Callable[[], T]) -> None:
    with pytest.raises(kind):
        run()
