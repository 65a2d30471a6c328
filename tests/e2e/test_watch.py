"""A watch builds again after every change, and spends only what somebody allowed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.emulated import Market, market
from tests.e2e.sandbox import Sandbox
from tests.e2e.test_terminal import Terminal
from tests.e2e.watching import SECONDS, Watching, settled

DRAWN = """\
defaults: {output: "art/{{ name }}.png"}
targets:
  sword: a rusty sword
  bow: a long bow
"""
SHELF = """\
targets:
  sword: a rusty sword
  icon: {from: sword, ops: [{resize: {width: 64}}]}
"""


def edit(box: Sandbox, old: str, new: str, path: str = "assetgen.yaml") -> None:
    """Replace a text of a file as a careful editor does: new file, then rename."""
    file = box.root / path
    text = file.read_text()
    assert old in text
    temp = file.with_name(f"{file.name}.new")
    temp.write_text(text.replace(old, new))
    temp.replace(file)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def picture(color: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (32, 32), color).save(out, "PNG")
    return out.getvalue()


# what is free


def test_a_changed_word_is_a_new_draft(box: Sandbox) -> None:
    """Only what changed is drawn, also after a save that ends with a rename."""
    box.spec(DRAWN)
    with settled(box) as watching:
        assert (box.root / "art" / "bow.png").exists()
        before = (box.root / "art" / "bow.png").read_bytes()
        edit(box, "a long bow", "a short bow")
        assert watching.changed("assetgen.yaml")["bought"] == 1
        assert (box.root / "art" / "bow.png").read_bytes() != before
        box.spec(DRAWN.replace("rusty", "shiny"))
        ended = watching.changed("assetgen.yaml")
        assert (ended["bought"], ended["restored"]) == (1, 1)
        assert watching.interrupt() == 0


def test_a_project_that_is_built_already_is_only_watched(box: Sandbox) -> None:
    """Nothing is done at the start, and a spec that is only touched changes nothing."""
    box.spec(DRAWN)
    box.build()
    with settled(box) as watching:
        os.utime(box.root / "assetgen.yaml")
        assert watching.changed("assetgen.yaml")["up_to_date"] == 2
        assert watching.done() == []


def test_everything_that_is_read_is_watched(box: Sandbox) -> None:
    """Included files, new ones too, rows of data, input pictures, and the user's settings."""
    box.spec(
        "include: ['parts/*.yaml']\n"
        "axes: {hue: {file: data/hues.csv, id: '{{ name }}'}}\n"
        "defaults: {output: 'art/{{ name }}.png'}\n"
        "targets:\n"
        "  card: {matrix: {hue: hue}, prompt: 'a {{ hue.name }} card'}\n"
        "  small: {from: ./in/photo.png, ops: [{resize: {width: 8}}]}\n"
    )
    box.write("parts/one.yaml", "targets: {one: a stone}\n")
    box.write("data/hues.csv", "name\nred\n")
    box.write("in/photo.png", picture("red"))
    with settled(box) as watching:
        box.write("parts/two.yaml", "targets: {two: a twig}\n")
        watching.changed("parts/two.yaml")
        assert (box.root / "art" / "two.png").exists()
        box.write("data/hues.csv", "name\nred\nblue\n")
        watching.changed("data/hues.csv")
        assert (box.root / "art" / "card" / "blue.png").exists()
        before = (box.root / "art" / "small.png").read_bytes()
        box.write("in/photo.png", picture("green"))
        watching.changed("in/photo.png")
        assert (box.root / "art" / "small.png").read_bytes() != before
        (box.root / "parts" / "two.yaml").unlink()
        watching.changed("parts/two.yaml")
        (box.base / "config.toml").write_text("[budget]\nmax_image = 3\n")
        watching.until("faults")
        (box.base / "config.toml").unlink()
        assert watching.changed("config.toml")["up_to_date"] == 4


def test_broken_yaml_is_told_and_mended(box: Sandbox) -> None:
    """The pictures stay as they are in between, and nothing is drawn twice."""
    box.spec(DRAWN)
    with settled(box) as watching:
        before = (box.root / "art" / "bow.png").read_bytes()
        edit(box, "a long bow", "[")
        told = watching.until("faults")
        assert told["problems"][0]["at"]["file"] == "assetgen.yaml"
        assert "assetgen.yaml:" in watching.err
        assert (box.root / "art" / "bow.png").read_bytes() == before
        edit(box, "bow: [", "bow: a long bow")
        assert watching.changed("assetgen.yaml")["up_to_date"] == 2


def test_a_file_that_a_broken_spec_lacks_is_waited_for(box: Sandbox) -> None:
    """From the start, in a folder that is not there yet."""
    box.spec("include: [parts/one.yaml]\ndefaults: {output: 'art/{{ name }}.png'}\n")
    with Watching(box) as watching:
        watching.until("faults")
        box.write("parts/one.yaml", "targets: {one: a stone}\n")
        assert watching.until("summary")["bought"] == 1
        assert watching.interrupt() == 0


def test_an_output_that_was_edited_is_left_alone_and_a_lost_one_comes_back(box: Sandbox) -> None:
    """As any build does it."""
    box.spec(DRAWN)
    with settled(box) as watching:
        drawn = (box.root / "art" / "bow.png").read_bytes()
        (box.root / "art" / "bow.png").unlink()
        assert watching.changed("art/bow.png")["restored"] == 1
        box.write("art/bow.png", b"mine")
        assert watching.changed("art/bow.png")["modified"] == 1
        assert (box.root / "art" / "bow.png").read_bytes() == b"mine"
        shutil.rmtree(box.root / "art")
        assert watching.until("summary", lambda said: said["restored"] > 0)["modified"] == 0
        wait_for((box.root / "art" / "sword.png").exists)
        assert (box.root / "art" / "bow.png").read_bytes() == drawn
        edit(box, "a long bow", "a short bow")
        assert watching.changed("assetgen.yaml")["bought"] == 1


def test_thousands_of_files_at_once_are_few_builds(box: Sandbox) -> None:
    """As a checkout writes them; what the project does not know is not even looked at."""
    box.spec("include: ['parts/*.yaml']\ndefaults: {output: 'art/{{ name }}.png'}\n")
    for number in range(40):
        box.write(f"parts/{number}.yaml", f"targets: {{s{number}: a stone}}\n")
    with settled(box) as watching:
        for number in range(3000):
            box.write(f"parts/notes-{number}.txt", "nothing")
            box.write(f"parts/{number % 40}.yaml", f"targets: {{s{number % 40}: stone {number}}}\n")
        watching.until("summary", lambda said: said["bought"] == 40)
        builds = [said for said in watching.said if said["event"] == "changed"]
        assert len(builds) <= 3
        assert not any(path.endswith(".txt") for said in builds for path in said["paths"])


def test_what_another_command_does_is_seen_and_not_done_again(box: Sandbox) -> None:
    """A restore in another terminal, and a build of another checkout's pictures."""
    box.spec(DRAWN)
    with settled(box) as watching:
        box.write("art/bow.png", b"mine")
        watching.changed("art/bow.png")
        box.ok("restore", "bow")
        watching.until("summary", lambda said: said["modified"] == 0)
        edit(box, "a long bow", "a short bow")
        box.ok("build")
        watching.until("summary", lambda said: said["modified"] == 0)
        edit(box, "a rusty sword", "a shiny sword")
        watching.until("summary", lambda said: said["exit_code"] == 0)
        assert box.build()["up_to_date"] == 2
        assert box.jobs() == 4


def test_a_selection_is_watched_and_built_alone(box: Sandbox) -> None:
    """With what it needs."""
    box.spec(DRAWN)
    with settled(box, "bow") as watching:
        edit(box, "a rusty sword", "a shiny sword")
        assert watching.changed("assetgen.yaml")["up_to_date"] == 1
        assert not (box.root / "art" / "sword.png").exists()


def test_where_no_notices_come_it_looks(box: Sandbox) -> None:
    """For network folders."""
    box.spec(DRAWN)
    with settled(box, "--poll") as watching:
        edit(box, "a long bow", "a short bow")
        assert watching.changed("assetgen.yaml")["bought"] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_is_no_failure_where_it_only_waited(box: Sandbox, number: signal.Signals) -> None:
    """Ctrl-C, and the signal that ends services; the last line says that it is over."""
    box.spec(DRAWN)
    box.build()
    process = box.start("watch")
    assert process.stdout is not None
    assert process.stdout.readline().endswith("  watching, Ctrl-C ends\n")
    assert process.stdout.readline() == "2 targets up to date\n"
    _until_it_waits(process.pid)
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, "\nwatch ended\n", "")


def _until_it_waits(pid: int) -> None:
    """Return when the process has slept for several looks."""
    looks = 0

    def waits() -> bool:
        nonlocal looks
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            state = file.read().rpartition(")")[2].split()[0]
        looks = looks + 1 if state == "S" else 0
        return looks > 20

    wait_for(waits)


def test_without_the_extra_it_says_what_to_install(box: Sandbox) -> None:
    """One line, and the step."""
    box.spec(DRAWN)
    code = (
        "import sys; sys.modules['watchfiles'] = None\nfrom assetgen.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "watch"],
        cwd=box.root,
        env=box.env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "watching needs the package 'watchfiles', which is not installed\n"
        "  pip install 'assetgen[watch]'\n",
    )


# what costs money


def test_a_free_edit_costs_nothing(shop: Market) -> None:
    """Local work is done at once."""
    shop.shelf("runware", SHELF)
    shop.build("--max-images", "1")
    with settled(shop) as watching:
        edit(shop, "width: 64", "width: 32")
        assert watching.changed("assetgen.yaml")["derived"] == 1
        with Image.open(shop.root / "art" / "icon.png") as icon:
            assert icon.width == 32
    assert len(shop.charges) == 1


def test_without_a_cap_nothing_is_bought(shop: Market) -> None:
    """Whatever the user's settings allow to a build; what is free is done all the same."""
    shop.config("[budget]\nmax_images = 9\n")
    shop.shelf("runware", SHELF)
    shop.build("--max-images", "1")
    with settled(shop) as watching:
        shop.shelf("runware", SHELF.replace("rusty", "shiny") + "  other: {from: ./a.png}\n")
        shop.write("a.png", picture("red"))
        offer = watching.until("offer")
        assert (offer["consent"], offer["images"]) == ("nobody", {"min": 1, "max": 1})
        wait_for((shop.root / "art" / "other.png").exists)
        assert watching.interrupt() == 0
    assert len(shop.charges) == 1


def test_a_cap_counts_for_the_whole_watch(shop: Market) -> None:
    """Two pictures are two, over however many builds; then it says so and goes on for free."""
    shop.shelf("runware", SHELF)
    with settled(shop, "--max-images", "2") as watching:
        assert watching.until("spent")["images_left"] == 1
        edit(shop, "rusty", "shiny")
        assert watching.until("spent") == {
            "event": "spent",
            "images": 2,
            "cost": pytest.approx(2 * float(shop.charges[0].price)),
            "images_left": 0,
            "cost_left": None,
        }
        edit(shop, "shiny", "broken")
        assert watching.until("offer")["consent"] == "spent"
        edit(shop, "broken", "shiny")
        edit(shop, "width: 64", "width: 32")
        assert watching.until("summary", lambda said: said["derived"] == 1)["bought"] == 0
    assert len(shop.charges) == len(shop.submits) == 2


def test_a_cap_in_money_counts_for_the_whole_watch(shop: Market) -> None:
    """What is left does not pay for the second one."""
    shop.shelf("runware", SHELF)
    with settled(shop, "--max-cost", "0.08") as watching:
        assert 0 < watching.until("spent")["cost_left"] < 0.05
        edit(shop, "rusty", "shiny")
        failed = watching.until("target_failed", lambda said: "cap" in said["problem"]["kind"])
        assert failed["problem"]["kind"] == "over-cost-cap"
    assert len(shop.charges) == 1


def test_half_a_prompt_is_not_bought(shop: Market) -> None:
    """With a cap it waits until nothing changes any more; the last text is what is bought."""
    shop.shelf("runware", SHELF)
    with settled(shop, "--max-images", "9") as watching:
        watching.until("spent")
        for old, new in (("a rusty sword", "a s"), ("a s", "a shi"), ("a shi", "a shiny sword")):
            edit(shop, f"sword: {old}\n", f"sword: {new}\n")
            watching.until("offer")
        watching.until("spent")
        assert watching.done().count("buy sword") == 2
    assert len(shop.charges) == 2


def test_drafts_stand_in_for_what_costs(shop: Market) -> None:
    """For layout work: no charge, no question, no cap."""
    shop.shelf("runware", SHELF)
    with settled(shop, "--draft") as watching:
        edit(shop, "rusty", "shiny")
        assert watching.changed("assetgen.yaml")["bought"] == 1
        assert all(said["event"] != "offer" for said in watching.said)
    assert shop.submits == []


def test_ctrl_c_leaves_what_is_in_flight_to_the_next_watch(tmp_path: Path) -> None:
    """130, since something is left to go on with; then it is collected, and not bought again."""
    with market(tmp_path, latency=1.0) as shop:
        shop.shelf("runware", "targets: {sword: a rusty sword}\n")
        with Watching(shop, "--max-images", "5") as watching:
            watching.until("job_changed", lambda said: said["job"]["state"] == "accepted")
            assert watching.interrupt() == 130
        with Watching(shop) as watching:
            watching.until("summary", lambda said: said["exit_code"] == 0)
            assert (shop.root / "art" / "sword.png").exists()
        assert len(shop.charges) == len(shop.submits) == 1


def test_a_missing_key_stops_no_free_work(shop: Market) -> None:
    """What it would cost is shown; a buy says which variable is missing, and watching goes on."""
    shop.only()
    shop.shelf("runware", SHELF + "  other: {from: ./a.png}\n")
    shop.write("a.png", picture("red"))
    with settled(shop, "--max-images", "5") as watching:
        wait_for((shop.root / "art" / "other.png").exists)
        told = watching.until("faults")
        assert told["problems"][0]["kind"] == "no-key"
        shop.write("a.png", picture("blue"))
        assert watching.changed("a.png")["derived"] == 1
    assert shop.submits == []


# at a terminal


def test_b_and_enter_buys_what_is_shown(shop: Market) -> None:
    """Nothing before, and each change asks anew."""
    shop.shelf("runware", SHELF)
    terminal = Terminal(shop, "watch")
    terminal.until("b and Enter buys")
    terminal.type("yes\n")
    terminal.until("type b and Enter to buy")
    assert shop.submits == []
    terminal.type("b\n")
    terminal.until("1 picture bought")
    terminal.seen = b""
    edit(shop, "rusty", "shiny")
    terminal.until("assetgen.yaml changed")
    terminal.until("b and Enter buys")
    terminal.type("\x03")
    assert terminal.exit_code() == 0
    assert b"watch ended, 1 picture ordered" in terminal.seen
    assert len(shop.charges) == 1


def test_an_answer_is_for_the_question_that_was_seen(shop: Market) -> None:
    """What was typed before a question is shown buys nothing."""
    shop.shelf("runware", SHELF)
    shop.build("--max-images", "1")
    terminal = Terminal(shop, "watch")
    terminal.until("targets up to date")
    terminal.type("b\n")
    terminal.until("there is nothing to buy now")
    edit(shop, "rusty", "shiny")
    terminal.until("b and Enter buys")
    terminal.type("\x03")
    assert terminal.exit_code() == 0
    assert len(shop.charges) == 1
