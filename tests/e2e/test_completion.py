"""Commands and target names complete in a shell."""

from __future__ import annotations

import pytest

from tests.e2e.sandbox import Sandbox


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(box: Sandbox, shell: str) -> None:
    """It is printed outside of any project too, and asks the installed command."""
    script = box.ok("completion", shell).out
    assert "_ASSETGEN_COMPLETE" in script
    assert f"{shell}_complete" in script


def test_target_names_complete(box: Sandbox) -> None:
    """After a command, the names of the spec that begin as typed."""
    box.spec("targets: {hero/red: a knight, hero/blue: a squire, site: a page}")
    box.variables |= {
        "_ASSETGEN_COMPLETE": "bash_complete",
        "COMP_WORDS": "assetgen build hero/",
        "COMP_CWORD": "2",
    }
    assert box.run().out.splitlines() == ["plain,hero/red", "plain,hero/blue"]


def test_a_broken_spec_completes_nothing(box: Sandbox) -> None:
    """No error text lands in the middle of what is being typed."""
    box.spec("targets: [\n")
    box.variables |= {
        "_ASSETGEN_COMPLETE": "bash_complete",
        "COMP_WORDS": "assetgen build h",
        "COMP_CWORD": "2",
    }
    ran = box.run()
    assert (ran.out.strip(), ran.err) == ("", "")
