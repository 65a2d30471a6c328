"""What an import did, as text and as data; reads no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assetgen.errors import printable
from assetgen.report.text import Paint, count

MOST = 12


def import_lines(
    *,
    file: str,
    adopted: int,
    wanted: int,
    prompts: Mapping[str, int],
    skipped: Sequence[tuple[str, str]],
    unused: Mapping[str, Sequence[str]],
    failed: int,
    written: bool,
    color: bool = False,
) -> str:
    """Return how many pictures became targets, where their prompts are from, what was left out.

    ``prompts``: how many came from which program or table; "" for words of files' names.
    """
    paint = Paint(color)
    would = "" if written else "would be "
    lines: list[str] = []
    if adopted:
        lines.append(f"{count(adopted, 'picture')} {would}adopted, 0 bought")
    if wanted:
        lines.append(f"{count(wanted, 'target')} without a picture yet")
    for source, number in sorted(prompts.items(), key=lambda item: (not item[0], -item[1])):
        origin = f"from {printable(source)}" if source else "not found: words of the file's name"
        lines.append(f"  {count(number, 'prompt')} {origin}")
    lines += _skipped_lines(skipped, paint)
    for table, columns in unused.items():
        lines.append(f"not used of {printable(table)}: {printable(', '.join(columns))}")
    if failed:
        lines.append(paint(f"not everything could be taken in: {count(failed, 'problem')}", "red"))
    if not adopted and not wanted:
        lines.append("nothing to import")
    elif written:
        lines.append(f"wrote {printable(file)}")
    return "".join(line + "\n" for line in lines)


def _skipped_lines(skipped: Sequence[tuple[str, str]], paint: Paint) -> list[str]:
    if not skipped:
        return []
    lines = [f"{count(len(skipped), 'entry', 'entries')} skipped"]
    lines += [f"  {printable(what)}: {printable(why)}" for what, why in skipped[:MOST]]
    if len(skipped) > MOST:
        lines.append(paint(f"  … and {len(skipped) - MOST:,} more", "dim"))
    return lines


def next_lines(file: str, *, is_main: bool, is_included: bool, adopted: int, wanted: int) -> str:
    """Return what to do after an import."""
    lines: list[str] = []
    if not is_main and not is_included:
        lines += ["next: let assetgen.yaml include it", f"  include: [{file}]"]
    said = ["buys nothing for what was adopted"] if adopted else []
    said += ["shows what the targets without a picture would cost"] if wanted else []
    begin = "then" if lines else "next"
    lines.append(f"{begin}: 'assetgen plan' {', and '.join(said)}")
    return "".join(printable(line) + "\n" for line in lines)
