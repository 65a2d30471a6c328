"""What services do besides answering: be busy, answer at once, give too much, call back."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from PIL import Image

from assetgen.action import Input, paid
from assetgen.catalogue import Offer, Route, Service, open_route
from assetgen.clock import FakeClock
from assetgen.digest import sha256
from assetgen.errors import AccountError, AssetgenError, Problem, ProviderError
from assetgen.paid.account import Account
from assetgen.paid.addresses import Addresses
from assetgen.paid.budget import Budget
from assetgen.paid.collector import Counter
from assetgen.paid.desk import Desk
from assetgen.paid.hooks import Hooks
from assetgen.paid.orders import Doubts, Order
from assetgen.paid.outcomes import CallFailed, CallHeld, Elsewhere
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Busy,
    Completed,
    Failed,
    Moderated,
    NotFound,
    NotSent,
    Request,
    Running,
)
from assetgen.providers.fake import FakeProvider, Lost, problem
from assetgen.providers.hosting import FakeHost
from assetgen.state import Job, JobState, Take
from assetgen.store.blobs import MemoryBlobs
from assetgen.store.ledger import Ledger


def png(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(out, "PNG")
    return out.getvalue()


@dataclass
class Street:
    """Two services side by side, and a desk that may use both."""

    near: FakeProvider = field(default_factory=lambda: FakeProvider(png(), name="near"))
    far: FakeProvider = field(default_factory=lambda: FakeProvider(png("blue"), name="far"))
    clock: FakeClock = field(default_factory=FakeClock)
    ledger: Ledger = field(default_factory=lambda: Ledger(":memory:"))
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    budget: Budget = field(default_factory=lambda: Budget(may_spend=True))
    doubts: Doubts = field(default_factory=Doubts)
    hooks: Hooks | None = None
    addresses: Addresses | None = None

    def __post_init__(self) -> None:
        self.near.derives_ids = self.far.derives_ids = False
        self.counters = {
            one.name: Counter(one, self.blobs, account=Account(self.clock, chance=lambda: 0.5))
            for one in (self.near, self.far)
        }

    def desk(self, notice: Callable[[Problem], None] = lambda problem: None) -> Desk:
        return Desk(
            self.counters,
            self.ledger,
            self.budget,
            self.clock,
            session="me",
            project="/project",
            is_alive=lambda session: False,
            changed=lambda job: None,
            addresses=self.addresses,
            hooks=self.hooks,
            doubts=self.doubts,
            notice=notice,
        )

    def buy(self, wanted: Order | None = None) -> tuple[Take, ...]:
        async def run() -> tuple[Take, ...]:
            desk = self.desk()
            return await desk.collect(await desk.order(wanted or order()))

        return asyncio.run(run())

    def jobs(self) -> tuple[Job, ...]:
        return self.ledger.jobs_of(order().action.key)

    def states(self) -> list[tuple[str, JobState]]:
        return [(job.provider, job.state) for job in self.jobs()]


def offer(provider: str) -> Offer:
    return Offer(open_route(provider, 0.02, "m"), "1:1", price=0.02)


def order(*others: str) -> Order:
    action = paid(kind="generate", model="m", prompt="a sword")
    return Order("sword", action, 1, 0, offer("near"), tuple(map(offer, others)))


def busy(after: float | None = None) -> Busy:
    return Busy(problem("too many requests"), retry_after=after)


def test_a_busy_service_is_asked_again_after_the_time_it_says() -> None:
    """429 is no refusal: nothing was accepted, and the same picture is bought later, once."""
    street = Street()
    street.near.submits = [busy(20), busy(None)]
    street.buy()
    assert street.clock.time - FakeClock().time >= 20
    assert len(street.near.charges) == 1


def test_nothing_is_left_in_doubt_while_a_service_is_busy() -> None:
    """A process that dies while it waits leaves a call that was surely not accepted."""
    street = Street()
    seen: list[list[tuple[str, JobState]]] = []

    class Watching(FakeClock):
        async def sleep(self, seconds: float) -> None:
            seen.append(street.states())
            await super().sleep(seconds)

    street.clock = Watching()
    street.__post_init__()
    street.near.submits = [busy(5)]
    street.buy()
    assert [("near", JobState.REFUSED)] in seen
    assert [("near", JobState.INTENT)] not in seen


def test_a_service_that_stays_busy_costs_nothing() -> None:
    """After a dozen tries the target fails; the reservation is given back."""
    street = Street()
    street.near.submits = [busy(1)] * 50
    with pytest.raises(Busy):
        street.buy()
    assert (street.budget.images, street.states()) == (0, [("near", JobState.REFUSED)])


def test_unsent_work_goes_to_another_service_that_is_free() -> None:
    """The desk says so at once, before anything waits, and gives the reservation back."""
    street = Street()
    street.near.submits = [busy(60)]
    with pytest.raises(Elsewhere):
        street.buy(order("far"))
    assert (street.budget.images, street.clock.slept) == (0, [])
    moved = replace(order("near"), offer=offer("far"))
    take = street.buy(moved)[0]
    assert (take.provider, len(street.far.charges), len(street.near.charges)) == ("far", 1, 0)


def test_an_unanswered_submit_never_goes_to_another_service() -> None:
    """It may have been accepted: it is held, however free the other one is."""
    street = Street()
    street.near.submits = [Lost(accepted=True)]
    with pytest.raises(CallHeld):
        street.buy(order("far"))
    assert street.far.requests == []
    with pytest.raises(CallHeld):
        street.buy(replace(order("near"), offer=offer("far")))
    assert street.far.requests == []


def test_a_service_without_answers_is_left_alone() -> None:
    """After three doubtful submits nothing more goes out, so that not everything ends in doubt."""
    street = Street()
    street.near.submits = [Ambiguous(problem("502"))] * 99
    for number in range(3):
        with pytest.raises(CallHeld):
            street.buy(replace(order(), take=number + 1))
    assert street.desk().wait_of("near") > 0
    with pytest.raises(Elsewhere):
        street.buy(replace(order("far"), take=9))
    assert len(street.near.requests) == 3


def test_an_unreachable_service_is_tried_and_then_left_for_another() -> None:
    """What surely did not arrive may go anywhere."""
    street = Street()
    street.near.submits = [NotSent(problem("no connection"))] * 3
    with pytest.raises(Elsewhere):
        street.buy(order("far"))
    assert street.budget.images == 0


def test_a_service_that_answers_with_the_picture() -> None:
    """The bytes are stored at once, and the ledger needs no second question."""
    street = Street()
    street.near.submits = [Completed((png("green"),), 0.06, "m-2.0")]
    take = street.buy()[0]
    assert take.sha256 == sha256(png("green"))
    assert (take.cost, take.model) == (0.06, "m-2.0")
    assert (street.near.polled, street.near.fetched) == ([], [])
    assert street.states() == [("near", JobState.FETCHED)]


def test_an_answer_whose_picture_is_damaged_is_a_failure() -> None:
    """It cannot be fetched again, and nothing is sent again by itself."""
    street = Street()
    street.near.submits = [Completed((png()[:-9],), 0.06)]
    with pytest.raises(CallFailed):
        street.buy()
    assert street.states() == [("near", JobState.FAILED)]


def test_a_moderated_answer_is_final() -> None:
    """Neither a free nor a charged refusal of what was asked for is sent again."""
    for answer in (Failed("no", charged=False, moderated=True), Moderated(problem("policy"))):
        street = Street()
        street.near.submits = [answer]
        for _ in range(2):
            with pytest.raises(CallFailed):
                street.buy()
        assert len(street.near.requests) == 1
        assert street.jobs()[0].charged is None


def test_pictures_that_nobody_asked_for_are_kept() -> None:
    """They are paid for, so they become takes of their own."""
    street = Street()
    street.near.submits = [Completed((png("red"), png("blue"), png("red")), 0.1)]
    takes = street.buy()
    assert [(take.n, take.sha256) for take in takes] == [
        (1, sha256(png("red"))),
        (2, sha256(png("blue"))),
    ]
    assert [take.cost for take in takes] == [0.1, 0.0]
    again = street.buy(replace(order(), take=2))[0]
    assert (again.sha256, len(street.near.requests)) == (sha256(png("blue")), 1)


def test_a_service_that_names_thousands_of_pictures() -> None:
    """Twenty are taken, each once: more was never sold in one call."""
    street = Street()
    pictures = tuple(png(f"#{n:06x}") for n in range(100))
    street.near.submits = [Completed((png("#000000"), *pictures), 0.1)]
    assert len(street.buy()) == 19


def test_a_job_that_is_not_visible_yet_is_no_doubt() -> None:
    """404 right after the submit is asked again; a minute later it would be final."""
    street = Street()
    street.near.polls = [NotFound(), NotFound()]
    street.buy()
    assert len(street.near.charges) == 1


def test_a_busy_poll_is_repeated() -> None:
    """Questions are free and never a reason to submit."""
    street = Street()
    street.near.polls = [busy(3), busy(None), ProviderError(problem("500"))]
    street.buy()
    assert len(street.near.charges) == 1


def test_a_price_that_the_service_does_not_say_is_the_list_price() -> None:
    """The lock records what the picture most probably cost."""
    street = Street()
    street.near.price = None
    assert street.buy()[0].cost == 0.02


def test_the_user_may_prefer_a_second_charge_to_a_doubt() -> None:
    """`on_ambiguous = "retry"` sends again, as long as its own cap allows."""
    street = Street(doubts=Doubts(retry=True, left=0.03))
    street.near.submits = [Lost(accepted=True), None, Lost(accepted=True)]
    street.buy()
    assert len(street.near.requests) == 2
    with pytest.raises(CallHeld):
        street.buy(replace(order(), take=2))
    assert len(street.near.requests) == 3


def test_a_call_back_wakes_whoever_waits() -> None:
    """It is a hint to ask now; what it says about the result is not believed."""

    class Still(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    street = Street(clock=Still())
    hooks = street.hooks = Hooks("https://hooks.test", street.clock)
    street.near.polls = [Running(poll_after=1000)]

    async def run() -> Job:
        buying = asyncio.ensure_future(street.desk().order(order()))
        while len(street.near.polled) < 1:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        hooks.hint(street.jobs()[0].token, ())
        return await asyncio.wait_for(buying, 5)

    assert asyncio.run(run()).state is JobState.COMPLETED
    sent, _ = street.near.requests[0]
    assert sent.webhook == f"https://hooks.test/{street.jobs()[0].token}"
    assert len(street.jobs()[0].token) >= 32


def test_a_call_back_finds_a_submit_whose_answer_was_lost() -> None:
    """The token tells which submit, the service itself must know the job that is named."""
    street = Street()
    hooks = street.hooks = Hooks("https://hooks.test", street.clock)

    class CallsBack(FakeProvider):
        async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
            try:
                return await super().submit(request, job_id)
            finally:
                hooks.hint(request.webhook.rpartition("/")[2], ("forged", "job-1"))

    street.near = CallsBack(png(), name="near", submits=[Lost(accepted=True)])
    street.__post_init__()
    street.buy()
    assert (len(street.near.charges), street.jobs()[0].job_id) == (1, "job-1")


def test_a_forged_call_back_finds_nothing() -> None:
    """A job that the service does not know is not believed; the call is held."""
    street = Street()
    hooks = street.hooks = Hooks("https://hooks.test", street.clock)

    class Forged(FakeProvider):
        async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
            hooks.hint(request.webhook.rpartition("/")[2], ("forged",))
            return await super().submit(request, job_id)

    street.near = Forged(png(), name="near", submits=[Lost(accepted=False)])
    street.__post_init__()
    with pytest.raises(CallHeld):
        street.buy()


def edit() -> Order:
    """Return an order whose service reads its input only from an address."""
    action = paid(
        kind="edit", model="m", prompt="in gold", inputs=[Input("image", sha256(png("blue")))]
    )
    route = Route("near", "m", references=3, forms=("url",), prices={"*": 0.02})
    return Order("gold", action, 1, 0, Offer(route, price=0.02), read=lambda digest: png("blue"))


def test_an_input_is_put_where_the_user_config_says() -> None:
    """What stands at its address is looked at before the request leaves."""
    street = Street()
    host = FakeHost()
    street.addresses = Addresses(street.ledger, street.clock, put=host.put, check=host.check)
    street.buy(edit())
    (sent,) = street.near.requests[0][0].references
    assert host.pictures[sent.address] == png("blue")


def test_without_an_address_nothing_is_sent() -> None:
    """It costs nothing, and leaves no intent behind."""
    street = Street()
    with pytest.raises(AssetgenError) as caught:
        street.buy(edit())
    assert caught.value.problems[0].kind.name == "no-address"
    assert (street.near.requests, street.ledger.unsettled(), street.budget.images) == ([], (), 0)


def test_another_picture_at_the_address_is_not_sent() -> None:
    """The service would be paid for an edit of the wrong picture."""
    street = Street()
    host = FakeHost()

    async def put(data: bytes, name: str) -> str:
        address = await host.put(data, name)
        host.pictures[address] = png("green")
        return address

    street.addresses = Addresses(street.ledger, street.clock, put=put, check=host.check)
    with pytest.raises(ProviderError):
        street.buy(edit())
    assert street.near.requests == []


def test_the_services_own_address_is_used_while_it_lives() -> None:
    """A picture that was just bought needs no other place; after an hour it does."""
    street = Street()
    host = FakeHost(base="https://files.test")
    host.pictures["https://files.test/1"] = png("blue")
    services = {"far": Service("far", addresses=True)}
    street.addresses = Addresses(street.ledger, street.clock, services, check=host.check)
    bought = street.ledger.intend(
        key=sha256(b"base"), take=1, epoch=0, provider="far", model="m", session="me", now=0
    )
    now = street.clock.now()
    street.ledger.completed(bought.id, ["https://files.test/1"], None, "", now)
    street.ledger.fetched(bought.id, sha256(png("blue")), now)
    street.buy(edit())
    assert street.near.requests[0][0].references[0].address == "https://files.test/1"
    street.clock.time += 3601
    with pytest.raises(ProviderError):
        street.buy(replace(edit(), take=2))


def test_questions_and_orders_share_one_rate() -> None:
    """Trap 27: three orders and their questions are six requests in one row, whoever asks."""
    street = Street()
    street.counters["near"].account = Account(street.clock, rate=10, chance=lambda: 0.5)
    for take in (1, 2, 3):
        street.buy(replace(order(), take=take))
    assert len(street.near.charges) == 3
    assert street.clock.time - FakeClock().time >= 5 * 6


def test_a_refused_key_is_shown_once_however_many_wait() -> None:
    """The first submit goes alone; what it says of the account counts for all."""
    street = Street()
    street.near.submits = [AccountError(problem("no balance"))] * 20

    async def run() -> list[BaseException]:
        desk = street.desk()
        orders = [desk.order(replace(order(), take=n)) for n in range(1, 21)]
        return [e for e in await asyncio.gather(*orders, return_exceptions=True) if e]  # type: ignore[misc] # all fail

    errors = asyncio.run(run())
    assert [type(error) for error in errors] == [AccountError] * 20
    assert (len(street.near.requests), street.budget.images) == (1, 0)


def test_a_dead_service_does_not_put_everything_in_doubt() -> None:
    """Two hundred orders at once: a handful is held, the rest is not sent and costs nothing."""
    street = Street()
    street.near.submits = [Ambiguous(problem("502"))] * 500
    told: list[str] = []

    async def run() -> list[BaseException]:
        desk = street.desk(notice=lambda problem: told.append(problem.kind.name))
        orders = [desk.order(replace(order(), take=n)) for n in range(1, 201)]
        return [e for e in await asyncio.gather(*orders, return_exceptions=True) if e]  # type: ignore[misc] # all fail

    errors = asyncio.run(run())
    held = [error for error in errors if isinstance(error, CallHeld)]
    assert len(held) == len(street.near.requests) == street.budget.images
    assert len(held) < 10
    assert len(errors) == 200
    assert set(told) == {"provider-rests"}
    assert len(told) <= 5


def test_an_input_that_is_too_large_is_not_sent() -> None:
    """What the service would refuse, or read for nothing, is told here."""
    street = Street()
    order = edit()
    route = replace(order.offer.route, reference_bytes=10, forms=("data",))
    with pytest.raises(ProviderError) as caught:
        street.buy(replace(order, offer=replace(order.offer, route=route)))
    assert caught.value.problems[0].kind.name == "reference-too-large"
    assert (street.near.requests, street.budget.images) == ([], 0)


def test_a_second_charge_counts_under_the_caps_too() -> None:
    """What the config risks is held all the same where the run may buy no more."""
    street = Street(doubts=Doubts(retry=True, left=1.0))
    street.budget = Budget(may_spend=True, max_images=1)
    street.near.submits = [Lost(accepted=True)]
    with pytest.raises(CallHeld):
        street.buy()
    assert (len(street.near.requests), street.budget.images) == (1, 1)
