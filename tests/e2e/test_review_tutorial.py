"""`docs/review.md` can be followed in a terminal; the page in the browser has its own tests."""

from __future__ import annotations

import subprocess

from PIL import Image

from assetgen.emulator.emulator import Emulator
from assetgen.spec.load import load_value
from tests.e2e.doctext import DOCS, Block, blocks, sections
from tests.e2e.emulated import QUICK
from tests.e2e.reader import Reader
from tests.e2e.sandbox import Sandbox

PAGE = (DOCS / "review.md").read_text(encoding="utf-8")
SNIPPET = "      - name: Gallery"


def is_snippet(block: Block) -> bool:
    """Whether a block belongs into a workflow, not into the project."""
    return block.text.startswith(SNIPPET)


def test_the_page_can_be_followed_in_a_terminal(box: Sandbox) -> None:
    """Every command runs and prints what the page shows, every edit fits the file."""
    steps = [block for block in blocks(PAGE) if not is_snippet(block)]
    assert {step.language for step in steps} == {"console", "yaml", "diff"}
    with Emulator() as emulator:
        address = "ASSETGEN_RUNWARE_BASE_URL"
        box.variables |= {address: emulator.environ[address], "RUNWARE_API_KEY": "test"}
        (box.base / "config.toml").write_text(QUICK)
        given = box.base / "home" / "Downloads" / "forest-warm.png"
        given.parent.mkdir(parents=True)
        Image.new("RGB", (1280, 720), "#7a8450").save(given)
        reader = Reader(box)
        for step in steps:
            reader.follow(step)
        assert len(emulator.charges) == 16


def test_the_steps_for_a_workflow_keep_a_gallery(box: Sandbox) -> None:
    """What is run writes the folder that is kept."""
    (block,) = filter(is_snippet, blocks(PAGE, "yaml"))
    write, keep = load_value(block.text.encode(), "snippet")
    box.spec("targets: {sword: a rusty sword}\n")
    box.build()
    box.variables["RUNNER_TEMP"] = str(box.base / "runner")
    subprocess.run(
        ["bash", "-e", "-c", write["run"]], cwd=box.root, env=box.env, check=True, timeout=60
    )
    kept = keep["with"]["path"].replace("${{ runner.temp }}", box.variables["RUNNER_TEMP"])
    assert (box.base / "runner" / "gallery").samefile(kept)
    assert (box.base / "runner" / "gallery" / "index.html").is_file()


def test_every_key_of_the_page_is_listed() -> None:
    """The table has what the page's own list of keys has."""
    script = (DOCS.parent / "assetgen/review/static/dialog.js").read_text(encoding="utf-8")
    table = sections(PAGE)["All keys"]
    for line in script.splitlines():
        if line.startswith('    ["') and line.endswith('"],'):
            for key in line.split('"')[1].split():
                if len(key) == 1 and key.isalnum():
                    assert f"`{key}`" in table, key
