"""`assetgen emulate` serves until it is told to end; its page in the docs tells the truth."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import IO, Any

import httpx
import pytest

from assetgen.emulator.faults import ANSWER, FILE, JOB, Fault, faults_of
from tests.e2e.doctext import DOCS, blocks, sections
from tests.e2e.sandbox import Sandbox

PAGE = (DOCS / "emulator.md").read_text(encoding="utf-8")
SUBMIT = {"input": {"mode": "text-to-image", "prompt": "a sword\x1b[31m"}}
KEY = {"Authorization": "Bearer secret-of-mine"}


class Serving:
    """A running emulator: its exports, and the lines that it printed so far."""

    def __init__(self, process: subprocess.Popen[str], out: IO[str]) -> None:
        self.process = process
        self._out = out
        self.exports: dict[str, str] = {}
        for line in iter(out.readline, ""):
            name, _, value = line.removeprefix("export ").strip().partition("=")
            self.exports[name] = value
            if "Ctrl-C" in line:
                break

    def submit(self) -> httpx.Response:
        """Ask APIXO for a picture."""
        url = self.exports["ASSETGEN_APIXO_BASE_URL"] + "/generateTask/grok-image"
        return httpx.post(url, json=SUBMIT, headers=KEY)

    def end(self, how: signal.Signals) -> tuple[int, list[str]]:
        """End it, and return its exit code and the rest of what it printed."""
        self.process.send_signal(how)
        rest = self._out.read().splitlines()
        return self.process.wait(20), rest


@contextmanager
def serving(box: Sandbox, *arguments: str) -> Iterator[Serving]:
    """Yield an emulator on free ports."""
    process = box.start("emulate", "--port", "0", *arguments)
    with process:
        assert process.stdout is not None
        try:
            yield Serving(process, process.stdout)
        finally:
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_says_what_it_charged(box: Sandbox, how: signal.Signals) -> None:
    """One line for each request, and the sum at the end, with exit code 0."""
    with serving(box, "--latency", "0") as emulator:
        assert emulator.submit().status_code == 200
        code, lines = emulator.end(how)
    assert code == 0
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d apixo   submit    200  \w{12}  a sword\\x1b\[31m", lines[0]
    )
    assert lines[1:] == ["", "charges:", "  apixo   1 jobs, 0.10 USD"]


def test_a_key_that_went_astray_is_said(box: Sandbox) -> None:
    """The place, not the key."""
    with serving(box) as emulator:
        base = emulator.exports["ASSETGEN_APIXO_BASE_URL"].removesuffix("/apixo/api/v1")
        httpx.get(base + "/elsewhere", headers=KEY)
        _, lines = emulator.end(signal.SIGINT)
    assert lines[-2:] == ["charges: none", f"LEAK: authorization was sent to {base}/elsewhere"]
    assert not any("secret-of-mine" in line for line in lines)


def test_faults_come_from_a_file_and_from_rates(box: Sandbox) -> None:
    """Scripted ones first; a rate of 1 hits everything."""
    box.write("faults.json", '[{"kind": "status", "status": 402}]')
    with serving(box, "--faults", "faults.json", "--errors", "1", "--seed", "3") as emulator:
        statuses = [emulator.submit().status_code for _ in range(12)]
        _, lines = emulator.end(signal.SIGINT)
    assert statuses[0] == 402
    assert set(statuses[1:]) == {500, 503}
    assert "[status]" in lines[0]


def test_answers_are_lost_at_a_rate(box: Sandbox) -> None:
    """The jobs are charged all the same."""
    with serving(box, "--lose", "1", "--expire", "60") as emulator:
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                emulator.submit()
        _, lines = emulator.end(signal.SIGINT)
    assert lines[-1] == "  apixo   2 jobs, 0.20 USD"


def test_nobody_needs_to_read_what_it_prints(box: Sandbox) -> None:
    """It goes on serving when its output is closed."""
    process = box.start("emulate", "--port", "0")
    with process:
        assert process.stdout is not None
        emulator = Serving(process, process.stdout)
        process.stdout.close()
        assert [emulator.submit().status_code for _ in range(3)] == [200] * 3
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--faults", "nothing.json"], "'nothing.json' cannot be read"),
        (["--faults", "wrong.json"], "fault 1: has no kind that is known\n  did you mean 'drop'?"),
        (["--faults", "half.json"], "the faults are no JSON"),
        (["--lose", "2"], "2.0 is not in the range"),
        (["--port", "70000"], "70000 is not in the range"),
    ],
)
def test_a_mistake_on_the_command_line_is_named(
    box: Sandbox, arguments: list[str], said: str
) -> None:
    """Exit code 2, before anything is served."""
    box.write("wrong.json", '{"kind": "dorp"}')
    box.write("half.json", "[")
    ran = box.run("emulate", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_port_that_is_taken_is_named(box: Sandbox) -> None:
    """Exit code 2, with what to do."""
    with serving(box) as emulator:
        port = httpx.URL(emulator.exports["ASSETGEN_APIXO_BASE_URL"]).port
        ran = box.run("emulate", "--port", str(port))
    assert ran.code == 2
    assert ran.err == f"port {port} cannot be used\n  choose another one with --port\n"


def test_what_is_not_installed_is_named(box: Sandbox) -> None:
    """The extra is said, and nothing else breaks without it."""
    program = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['assetgen', 'emulate'];"
        "from assetgen.cli.main import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=box.root,
        env=box.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "the emulator needs the package 'uvicorn', which is not installed\n"
        "  pip install 'assetgen[serve]'\n"
    )


def test_the_page_shows_what_is_printed(box: Sandbox) -> None:
    """But for the port."""
    with serving(box) as emulator:
        port = httpx.URL(emulator.exports["ASSETGEN_APIXO_BASE_URL"]).port
    shown = sections(PAGE)["From a terminal"]
    for name, value in emulator.exports.items():
        if name.startswith("ASSETGEN"):
            assert f"export {name}={value.replace(str(port), '8317')}" in shown


def test_every_fault_is_on_the_page() -> None:
    """Each kind in its table, each field as code."""
    text = sections(PAGE)["Faults"]
    listed = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", text, re.MULTILINE)
    rows = {word for row in listed for word in re.findall(r"`([a-z-]+)`", row)}
    assert rows >= {*ANSWER, *JOB, *FILE}
    assert {field.name for field in fields(Fault)} <= set(re.findall(r"[`\"]([a-z_]+)[`\"]", text))


def test_faults_on_the_page_are_valid() -> None:
    """They can be copied."""
    for block in blocks(PAGE, "json"):
        assert faults_of(block.text.encode())
    for text in re.findall(r'`(\{"kind".*?\})`', PAGE):
        assert faults_of(text.encode()) == [Fault(**json.loads(text))]


def test_the_example_of_the_page_holds(box: Sandbox) -> None:
    """What a reader writes about a project of theirs is so of one of ours."""
    (example,) = blocks(PAGE, "python")
    names: dict[str, Any] = {}
    exec(compile(example.text, "emulator.md", "exec"), names)  # noqa: S102 our own page
    box.spec(
        "defaults: {model: xai/grok-imagine-image-quality, providers: [runware]}\n"
        "targets: {sword: a rusty sword}\n"
    )
    names["test_a_second_build_buys_nothing"](box.root, box.env)
