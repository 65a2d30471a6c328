"""A watch in words and as JSON Lines, and what it keeps to itself."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assetgen import events
from assetgen.build.scheduler import WOULD_RUN
from assetgen.errors import Kind, Loc, Problem
from assetgen.paid.budget import DECLINED
from assetgen.plan import reasons
from assetgen.report.progress import LineReporter
from assetgen.report.watch import WITHHELD, JsonTeller, LineTeller
from assetgen.state import Verdict
from tests.report.golden import FOLDER, golden
from tests.report.samples import because, decision, plan

DOCS = FOLDER.parents[2] / "docs"
EVIL = "\x1b[2J\u202eevil.png"
BROKEN = Kind("unknown-key", "unknown key '{key}'", "did you mean 'prompt'?")
FAULT = Problem(BROKEN, Loc("assetgen.yaml", 4, 3), {"key": "promt"})
IDLE = events.Summary(up_to_date=3)


@dataclass
class Left:
    """What a watch has ordered and may still order."""

    images: int = 0
    cost: float = 0.0
    images_left: int | None = None
    cost_left: float | None = None


class Screen:
    """A teller, and all that it wrote."""

    def __init__(self, *, lists: bool = False, color: bool = False) -> None:
        self.text = io.StringIO()
        self.teller = LineTeller(
            self.text.write,
            self._complain,
            lambda: LineReporter(self.text if not lists else io.StringIO()),
            root="/p",
            color=color,
            lists=lists,
            now=lambda: 1_800_000_000.0,
        )

    def _complain(self, problems: Sequence[Problem]) -> None:
        self.text.write("".join(f"{problem}\n" for problem in problems))

    @property
    def shown(self) -> str:
        """What is on the screen, but for the times of day, which depend on the place."""
        lines = self.text.getvalue().splitlines()
        return "".join(
            ("HH:MM:SS" + line[8:] if line[2:3] + line[5:6] == "::" else line) + "\n"
            for line in lines
        )


def free_build(teller: LineTeller | JsonTeller) -> None:
    """Tell of a build that made an icon, and left a sword to be bought."""
    withheld = Problem(WOULD_RUN, facts={"flag": "--offline"})
    for event in (
        events.BuildStarted(3, (1, 1), (0.05, 0.05), False),
        events.TargetFailed("sword", withheld),
        events.TargetStarted("icon", "derive"),
        events.TargetDone("icon", Verdict.RUN, "derive", written=("art/icon.png",)),
        events.TargetDone("hilt", Verdict.BLOCKED, reasons=("needs sword",)),
        events.Summary(derived=1, would_run=1, blocked=1, seconds=0.2),
    ):
        teller.event(event)


OFFER = plan(
    decision("sword", Verdict.RUN, because(reasons.CHANGED, fields="prompt")),
    decision(f"x{EVIL}", Verdict.RUN),
)


def test_a_session_reads_as_blocks() -> None:
    """A start, a change that costs, a mistake, and the end."""
    screen = Screen()
    teller = screen.teller
    teller.begin(None, sure=True)
    teller.event(IDLE)
    teller.begin(["/p/assetgen.yaml"], sure=True)
    free_build(teller)
    teller.offer(OFFER, "ask", Left())
    teller.puzzled(asking=True)
    teller.event(events.TargetDone("sword", Verdict.RUN, "buy", 1, 0.05, ("art/sword.png",)))
    teller.event(events.Summary(bought=1, cost=0.05, up_to_date=2, seconds=12))
    teller.bought(Left(1, 0.05))
    teller.puzzled(asking=False)
    teller.begin(["/p/assetgen.yaml", "/p/data/a.csv"], sure=True)
    teller.faults((FAULT,))
    teller.begin([f"/p/{n}.yaml" for n in range(1207)], sure=True)
    teller.event(IDLE)
    teller.begin(["/home/me/config.toml", "/p/a", f"/p/{EVIL}"], sure=True)
    teller.event(IDLE)
    teller.end(Left(1, 0.05))
    golden("watch.txt", screen.shown)


def test_caps_are_told_before_and_after() -> None:
    """And when they are reached, or there are none and nobody to ask."""
    screen = Screen()
    teller = screen.teller
    teller.begin(None, sure=True)
    teller.offer(OFFER, "cap", Left(images_left=2, cost_left=0.5))
    teller.bought(Left(1, 0.05, images_left=1, cost_left=0.45))
    teller.offer(OFFER, "spent", Left(images_left=0))
    teller.offer(OFFER, "nobody", Left())
    teller.end(Left())
    golden("watch-caps.txt", screen.shown)


def test_what_nobody_asked_for_and_does_nothing_is_not_told() -> None:
    """Another command wrote the lock, or a file was made that is none of ours."""
    screen = Screen()
    teller = screen.teller
    for _ in range(2):
        teller.begin(["/p/assetgen.lock"], sure=False)
        teller.event(events.Waiting("pid 4711"))
        teller.event(events.BuildStarted(3, (0, 0), (0.0, 0.0), False))
        teller.event(events.TargetDone("axe", Verdict.KEPT))
        teller.event(events.Summary(up_to_date=2, kept=1))
    assert screen.shown == ""
    teller.begin(["/p/art/icon.png"], sure=False)
    teller.event(events.TargetDone("icon", Verdict.MODIFIED, reasons=("edited by hand",)))
    teller.event(events.Summary(modified=1))
    assert screen.shown.startswith("\nHH:MM:SS  art/icon.png changed\n")


def test_what_stays_as_it_was_is_told_once() -> None:
    """An edited file, a note; again only if they were gone in between."""
    screen = Screen()
    note = Problem(Kind("drafts", "drafts are in the lock"))
    for edited in (True, True, False, True):
        screen.teller.begin(["/p/assetgen.yaml"], sure=True)
        if edited:
            done = events.TargetDone("icon", Verdict.MODIFIED, reasons=("edited by hand",))
            screen.teller.event(done)
        screen.teller.event(events.Notice(note))
        screen.teller.event(events.Summary(up_to_date=2, modified=int(edited)))
    assert screen.shown.count("edited by hand") == 2
    assert screen.shown.count("drafts are in the lock") == 1
    assert screen.shown.count("1 modified") == 3


def test_the_same_mistake_is_not_told_twice_unasked() -> None:
    """While a spec is broken any file may mend it; only an edit of the spec itself is answered."""
    screen = Screen()
    teller = screen.teller
    for sure in (True, False, False, True):
        teller.begin(["/p/a.txt"], sure=sure)
        teller.faults((FAULT,))
    assert screen.shown.count("unknown key") == 2
    teller.begin(["/p/a.txt"], sure=False)
    teller.faults((FAULT, FAULT))
    assert screen.shown.count("unknown key") == 4


def test_beside_a_live_display_the_first_files_are_listed() -> None:
    """The display goes away, and takes its lines along."""
    screen = Screen(lists=True)
    screen.teller.begin(["/p/assetgen.yaml"], sure=True)
    for number in range(11):
        name = f"card/{number:02}"
        done = events.TargetDone(name, Verdict.RUN, "derive", written=(f"art/{name}.png",))
        screen.teller.event(done)
    screen.teller.event(events.Summary(derived=11))
    lines = screen.shown.splitlines()
    assert lines[2] == "  card/00  derived  art/card/00.png"
    assert lines[-1] == "  … and 3 more"


def test_what_is_withheld_are_the_refusals_of_a_free_build() -> None:
    """By name, since reports know no builds."""
    assert {WOULD_RUN.name, DECLINED.name} == WITHHELD


def test_the_events_of_a_watch_are_documented() -> None:
    """Each has a line in the page, and each of its keys is in that line."""
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    text = page.partition("### `watch --json`")[2].partition("\n### ")[0]
    for told in map(json.loads, (FOLDER / "watch.jsonl").read_text(encoding="utf-8").splitlines()):
        if told["event"] in ("changed", "offer", "spent", "faults"):
            (line,) = re.findall(rf'^\{{"event": "{told["event"]}".*$', text, re.MULTILINE)
            assert {key for key in told if f'"{key}"' not in line} == set()


def test_programs_get_every_event() -> None:
    """Nothing is held back from them, and text from outside cannot disturb a terminal."""
    stream = io.StringIO()
    told: list[Problem] = []
    teller = JsonTeller(stream, told.extend)
    teller.begin(None, sure=True)
    teller.begin([f"/p/{EVIL}"], sure=False)
    free_build(teller)
    teller.offer(OFFER, "cap", Left(images_left=2, cost_left=0.5))
    teller.bought(Left(1, 0.05, images_left=1, cost_left=0.45))
    teller.bought(Left(1, 0.05))
    teller.faults((FAULT,))
    teller.puzzled(asking=True)
    teller.end(Left())
    golden("watch.jsonl", stream.getvalue())
    assert stream.getvalue().isascii()
    assert all(json.loads(line)["event"] for line in stream.getvalue().splitlines())
    assert told == [FAULT]
