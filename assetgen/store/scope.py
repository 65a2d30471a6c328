"""What a snapshot is valid for, as text; knows flags and variables, not what they do.

The command line writes these texts before it loads anything, and the build when it takes a
snapshot: an unchanged project is recognised only where both are equal.
"""

from __future__ import annotations

# typing and collections.abc take a fifth of a Python start each; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")


def scope_text(
    targets: Iterable[str] = (),
    excludes: Iterable[str] = (),
    *,
    draft: bool = False,
    json: bool = False,
) -> str:
    """Return what a build was asked for; the order of selectors and repetitions do not matter."""
    return (
        f"targets={sorted(set(targets))!r}\nexcludes={sorted(set(excludes))!r}\n"
        f"draft={draft!r}\njson={json!r}\n"
    )


def stamp_text(environ: Mapping[str, str], config_path: str) -> str:
    """Return what the environment adds: every ASSETGEN_ variable and the user config's path.

    Of variables that may hold a secret only the presence is told: the text lands in a file.
    """
    lines = [f"config={config_path!r}"]
    for name in sorted(environ):
        if name.startswith("ASSETGEN_"):
            hidden = any(word in name for word in _SECRET)
            lines.append(f"{name}={'(set)' if hidden else repr(environ[name])}")
    return "\n".join(lines) + "\n"
