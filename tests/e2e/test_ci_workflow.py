"""The workflow of `docs/ci`, step by step, with a real git and a server of our own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assetgen.emulator.emulator import Emulator
from assetgen.spec.load import load_value
from tests.e2e.doctext import DOCS, blocks
from tests.e2e.sandbox import Ran, Sandbox

WORKFLOW = load_value((DOCS / "ci/assetgen.yml").read_bytes(), "assetgen.yml")
SPEC = """
targets:
  axe: {prompt: an axe}
  bow: {prompt: a bow}
  cup: {prompt: a cup}
"""


def step(job: str, name: str) -> dict[str, Any]:
    """Return the named step of a job."""
    (found,) = [one for one in WORKFLOW["jobs"][job]["steps"] if one.get("name") == name]
    return dict(found)


@dataclass
class Checkout:
    """A clone of a repository, with the folders of the user who works in it."""

    box: Sandbox

    @property
    def env(self) -> dict[str, str]:
        """The environment of git and of the steps."""
        return {
            **self.box.env,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self.box.base / "summary.md"),
        }

    def git(self, *arguments: str) -> str:
        """Run git, expect success, and return what it prints."""
        ran = self.shell("git " + " ".join(f"'{argument}'" for argument in arguments))
        assert ran.code == 0, f"git {arguments}\n{ran.out}\n{ran.err}"
        return ran.out

    def shell(self, script: str) -> Ran:
        """Run a script as the runner does: bash, stopping at the first error."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.box.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def step(self, job: str, name: str) -> Ran:
        """Run the script of a step."""
        return self.shell(step(job, name)["run"])

    def named(self, name: str) -> None:
        """Give commits an author."""
        self.git("config", "user.name", name)
        self.git("config", "user.email", f"{name}@example.com")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)


@pytest.fixture
def author(tmp_path: Path) -> Checkout:
    """An author's checkout of a project whose pictures are built, committed and pushed."""
    checkout = Checkout(Sandbox(tmp_path / "author"))
    remote = tmp_path / "remote.git"
    checkout.git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    checkout.git("init", "--quiet", "--initial-branch=main", ".")
    checkout.named("author")
    checkout.box.ok("init")
    checkout.box.spec(SPEC)
    checkout.box.build()
    checkout.commit("Begin")
    checkout.git("remote", "add", "origin", str(remote))
    checkout.git("push", "--quiet", "--set-upstream", "origin", "main")
    return checkout


@pytest.fixture
def runner(author: Checkout, tmp_path: Path) -> Checkout:
    """A machine of the build server: a clone, and empty stores."""
    return clone(author, tmp_path / "runner")


def clone(of: Checkout, base: Path) -> Checkout:
    """Return a clone of what was pushed, on a machine of its own."""
    checkout = Checkout(Sandbox(base))
    checkout.git("clone", "--quiet", str(of.box.base.parent / "remote.git"), ".")
    return checkout


def push(author: Checkout, spec: str) -> None:
    """Let the author change the spec and push it without a build."""
    author.box.spec(spec)
    author.commit("Change the spec")
    author.git("push", "--quiet")


def test_it_is_a_workflow() -> None:
    """It runs for pull requests and main, and only the build may write."""
    assert set(WORKFLOW["on"]) == {"pull_request", "push", "workflow_dispatch"}
    assert WORKFLOW["on"]["push"] == {"branches": ["main"]}
    assert WORKFLOW["jobs"]["verify"]["if"] == "github.event_name == 'pull_request'"
    assert WORKFLOW["jobs"]["build"]["if"] == "github.event_name != 'pull_request'"
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["jobs"]["build"]["permissions"] == {"contents": "write"}
    assert step("build", "Commit")["if"] == "always()"
    uses = [
        one["uses"] for job in WORKFLOW["jobs"].values() for one in job["steps"] if "uses" in one
    ]
    assert all(use.startswith("actions/") and use.partition("@v")[2].isdecimal() for use in uses)


def test_only_the_build_gets_a_key() -> None:
    """No other step, and no pull request, can spend."""
    jobs = WORKFLOW["jobs"].values()
    keyed = [one["name"] for job in jobs for one in job["steps"] if "secrets." in str(one)]
    assert keyed == ["Build"]
    assert "secrets." not in str({**step("build", "Build"), "env": None})


def test_a_built_pull_request_passes(runner: Checkout) -> None:
    """Without a key and without anything that was bought on this machine."""
    ran = runner.step("verify", "Verify")
    assert (ran.code, ran.out) == (0, "3 targets verified\n")


def test_an_unbuilt_pull_request_passes_with_its_plan(author: Checkout, runner: Checkout) -> None:
    """The code is 3, which the step turns into a notice and a summary."""
    push(author, SPEC.replace("an axe", "a broad axe"))
    runner.git("pull", "--quiet")
    assert runner.box.run("verify").code == 3
    ran = runner.step("verify", "Verify")
    assert ran.code == 0
    assert "::notice::" in ran.out
    assert "axe" in (runner.box.base / "summary.md").read_text(encoding="utf-8")


def test_a_pull_request_with_a_wrong_picture_fails(runner: Checkout) -> None:
    """Somebody committed other bytes than the lock says."""
    runner.box.write("art/axe.png", b"not an axe")
    ran = runner.step("verify", "Verify")
    assert ran.code == 1
    assert "::error" in ran.err


def test_a_pull_request_with_a_mistake_fails(runner: Checkout) -> None:
    """The spec cannot be read."""
    runner.box.spec("targets: {axe: {promt: an axe}}")
    assert runner.step("verify", "Verify").code == 2


def test_main_builds_and_commits(author: Checkout, runner: Checkout) -> None:
    """What was made is pushed, and then nothing is left to do for anybody."""
    push(author, SPEC.replace("an axe", "a broad axe"))
    runner.git("pull", "--quiet")
    assert runner.step("build", "Build").code == 0
    assert runner.step("build", "Commit").code == 0
    author.git("pull", "--quiet")
    assert author.box.ok("build", "--locked").out == "3 targets up to date\n"
    assert author.git("show", "--name-only", "--format=%s").split("\n\n") == [
        "Build pictures",
        "art/axe.png\nassetgen.lock\n",
    ]


def test_main_with_nothing_to_do_commits_nothing(author: Checkout, runner: Checkout) -> None:
    """No empty commit, and no error."""
    before = author.git("rev-parse", "HEAD")
    assert runner.step("build", "Build").code == 0
    assert runner.step("build", "Commit").code == 0
    author.git("pull", "--quiet")
    assert author.git("rev-parse", "HEAD") == before


def test_what_was_made_is_committed_although_a_target_failed(
    author: Checkout, runner: Checkout
) -> None:
    """The job is red, and the picture that was bought is safe."""
    broken = "  big: {prompt: a hill, expect: {size: 9x9}, ops: [trim]}\n"
    push(author, SPEC.replace("an axe", "a broad axe") + broken)
    runner.git("pull", "--quiet")
    assert runner.step("build", "Build").code == 1
    assert runner.step("build", "Commit").code == 0
    author.git("pull", "--quiet")
    author.box.spec(SPEC.replace("an axe", "a broad axe"))
    assert author.box.verdicts() == dict.fromkeys(("axe", "bow", "cup"), "up_to_date")


def test_the_cap_of_the_build_is_kept(author: Checkout, runner: Checkout) -> None:
    """What lies over it is left for the next run: exit code 3."""
    flags = step("build", "Build")["run"].split()
    cap = int(flags[flags.index("--max-images") + 1])
    many = (
        f"targets: {{coin: {{prompt: 'coin {{{{ n }}}}', matrix: {{n: {list(range(cap + 2))}}}}}}}"
    )
    push(author, many)
    runner.git("pull", "--quiet")
    assert runner.step("build", "Build").code == 3
    assert runner.step("build", "Commit").code == 0
    assert len(list((runner.box.root / "art/coin").iterdir())) == cap
    assert runner.box.jobs() == cap
    assert runner.step("build", "Build").code == 0


def test_a_push_that_came_first_is_merged(author: Checkout, runner: Checkout) -> None:
    """Two locks that changed apart become one that fits."""
    push(author, SPEC.replace("an axe", "a broad axe"))
    runner.git("pull", "--quiet")
    assert runner.step("build", "Build").code == 0
    author.box.spec(SPEC.replace("an axe", "a broad axe").replace("a cup", "a golden cup"))
    author.box.build("cup")
    author.commit("Gild the cup")
    author.git("push", "--quiet")
    ran = runner.step("build", "Commit")
    assert ran.code == 0, ran.err
    assert runner.box.ok("build", "--locked").code == 0
    assert runner.box.ok("verify").out == "3 targets verified\n"


def test_two_branches_that_changed_other_targets_merge(author: Checkout) -> None:
    """Lines that stand beside each other are doubled by git and settled by the spec."""
    author.git("checkout", "--quiet", "-b", "side")
    author.box.spec(SPEC.replace("a bow", "a long bow"))
    author.box.build()
    author.commit("Bow")
    author.git("checkout", "--quiet", "main")
    author.box.spec(SPEC.replace("an axe", "a broad axe"))
    author.box.build()
    author.commit("Axe")
    bought = author.box.jobs()
    # The lines of the spec stand beside each other too, so the merge of the text is ours to do.
    author.shell("git merge --quiet side")
    author.box.spec(SPEC.replace("an axe", "a broad axe").replace("a bow", "a long bow"))
    author.commit("Merge side")
    lock = author.box.root / "assetgen.lock"
    assert "<<<<" not in lock.read_text(encoding="utf-8")
    assert author.box.ok("verify").out == "3 targets verified\n"
    assert author.box.build()["up_to_date"] == 3
    assert author.box.jobs() == bought


def test_two_branches_that_bought_the_same_recipe_are_asked_about(
    author: Checkout, tmp_path: Path
) -> None:
    """Two machines, one prompt, two pictures: a person chooses, and neither is lost."""
    text = SPEC.replace("an axe", "a broad axe")
    other = clone(author, tmp_path / "other")
    other.named("other")
    other.box.spec(text)
    other.box.build()
    redraw(other.box.root, "art/axe.png")
    other.commit("Axe")
    other.git("push", "--quiet", "origin", "HEAD:side")
    author.box.spec(text)
    author.box.build()
    author.commit("Axe too")
    author.git("fetch", "--quiet", "origin")
    author.shell("git merge --quiet origin/side")
    author.git("checkout", "--quiet", "--ours", "art/axe.png")
    ran = author.box.run("build")
    assert ran.code == 2
    assert "assetgen lock resolve" in ran.err
    assert author.box.run("lock", "resolve").code == 2
    assert author.box.ok("lock", "resolve", "--ours").out == "1 target settled\n"
    assert author.box.ok("verify").code == 0
    (axe,) = author.box.ok("show", "axe", "--json").json["targets"]
    assert [take["n"] for take in axe["takes"]] == [1, 2]


def bought_at(provider: str) -> str:
    """Return a spec of one picture that a provider is to make."""
    return (
        f"defaults: {{model: xai/grok-imagine-image, providers: [{provider}]}}\n"
        "targets:\n  axe: {prompt: an axe}\n"
    )


def quick(checkout: Checkout, provider: str) -> None:
    """Let a machine ask after emulated jobs at once: the services advise seconds."""
    text = f"[providers.{provider}]\nfirst_poll = 0.05\npoll = 0.05\nrate = 6000\n"
    (checkout.box.base / "config.toml").write_text(text)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_held_call_is_settled_by_hand(author: Checkout, runner: Checkout, accepted: bool) -> None:
    """Where its ledger is: listed, looked up on the service's page, then adopted or sent again."""
    push(author, bought_at("apixo"))
    runner.git("pull", "--quiet")
    with Emulator() as emulator:
        runner.box.variables |= {**emulator.environ, "APIXO_API_KEY": "test"}
        quick(runner, "apixo")
        emulator.fault("drop", accepted=accepted)
        assert runner.step("build", "Build").code == 75
        assert "axe" in settled(runner, "list")
        settled(runner, f"adopt 1 {emulator.charges[0].job}" if accepted else "retry 1 --yes")
        assert runner.step("build", "Build").code == 0
        assert len(emulator.charges) == 1
    assert runner.step("build", "Commit").code == 0
    author.git("pull", "--quiet")
    assert author.box.ok("verify").out == "1 target verified\n"


def settled(checkout: Checkout, words: str) -> str:
    """Run the step that settles calls with what somebody typed, and return what it says."""
    checkout.box.variables["SETTLE"] = words
    ran = checkout.step("build", "Settle")
    assert ran.code == 0, ran.err
    return ran.out


def test_a_pull_request_can_be_rehearsed(
    author: Checkout, runner: Checkout, tmp_path: Path
) -> None:
    """The job of the page makes what is new, and again what a new edit needs, on this machine."""
    push(author, bought_at("runware") + "  pick: {edit: axe, prompt: a pick}\n")
    runner.git("pull", "--quiet")
    quick(runner, "runware")
    runner.box.variables |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_ENV": str(tmp_path / "env")}
    (block,) = blocks((DOCS / "ci.md").read_text(encoding="utf-8"), "yaml")
    job = load_value(block.text.encode(), "ci.md")["rehearse"]
    runner.box.variables |= job["env"]
    serve, build, check = (one["run"] for one in job["steps"] if "run" in one)
    install, _, serve = serve.partition("\n")
    assert install == "pip install -r requirements-assetgen.txt"
    ran = runner.shell(f"{serve}\necho $! > '{tmp_path}/pid'")
    assert ran.code == 0, ran.err
    try:
        lines = (tmp_path / "env").read_text().splitlines()
        runner.box.variables |= dict(line.split("=", 1) for line in lines)
        assert runner.shell(build).code == 0
        fresh = {f"ASSETGEN_{name}_DIR": str(tmp_path / name) for name in ("DATA", "CACHE")}
        runner.box.variables |= fresh
        runner.box.spec(bought_at("runware") + "  pick: {edit: axe, prompt: a pickaxe}\n")
        assert runner.shell(build).code == 0
        ran = runner.shell(check)
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
    assert ran.code == 0, ran.err
    assert "2 targets verified" in ran.out
    assert ran.out.count("submit") == 4


def redraw(root: Path, picture: str) -> None:
    """Put another picture in the place of a drawn one, as a service would on a second call."""
    path, lock = root / picture, root / "assetgen.lock"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with Image.open(path) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    after = hashlib.sha256(path.read_bytes()).hexdigest()
    text = lock.read_text(encoding="utf-8")
    (line,) = [one for one in text.splitlines() if before in one]
    bought = json.loads(line)["takes"][0]["sha256"]
    other = hashlib.sha256(after.encode()).hexdigest()
    text = text.replace(before, after).replace(bought, other)
    lock.write_text(text, encoding="utf-8")
