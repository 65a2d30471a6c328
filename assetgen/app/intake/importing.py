"""Takes picture files and tables of prompts into a project: stubs, lock and store; buys nothing.

Nothing that stands is changed: the stubs go to a new file, and every picture stays as it is. That
file is written last, so that a run that was cut off can simply be run again.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from assetgen.app.beginning import write_merge_rule
from assetgen.app.intake.collecting import PICTURES, Collected, collect, project_path
from assetgen.app.intake.examining import Examined, examine, store
from assetgen.app.intake.stubbing import (
    Entry,
    Names,
    Writer,
    common_folder,
    default_path,
    of_picture,
    of_row,
)
from assetgen.app.loading import Loaded, load
from assetgen.app.project import Project
from assetgen.app.steer.adopting import Given, adopt_files
from assetgen.errors import Kind, Problem, UsageError
from assetgen.paths import check_path
from assetgen.places import SPEC_NAME
from assetgen.spec.outputs import files_read, folded
from assetgen.spec.sources import read_spec
from assetgen.spec.stubs import legal_name
from assetgen.spec.wishes import Wish
from assetgen.store.files import replace_file

DEFAULT_FILE = "imported.yaml"
MOST_ROWS = 8
EMPTY_SPEC = {SPEC_NAME: b"version: 1\n"}

FILE_EXISTS = Kind(
    "import-file-exists",
    "{path} is there already, and an import overwrites nothing",
    "name another file with --to, or move that one away",
)
BAD_FILE = Kind(
    "import-bad-file",
    "targets cannot be written to {path}: it {why}",
    "name a new .yaml file inside of the project with --to",
)
NO_SPEC_YET = Kind(
    "import-no-spec-yet",
    f"there is no {SPEC_NAME} here yet, so the targets go there and not to {{path}}",
    "leave out --to, or run 'assetgen init' first",
)
NOT_ITS_FILE = Kind(
    "import-not-its-file",
    "with the defaults of this project, {target} would not write {path} alone",
    "take those defaults into a preset, then import again",
)
NO_PROMPT = Kind(
    "import-no-prompt",
    "in {path}, rows without a prompt that a spec can hold, or a picture: {rows}",
    "name the column of the prompts 'prompt'; one may have 15,000 characters",
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Attributes:
        file: the first file of stubs; texts: what stands in each file, by path; none if there was
            nothing to write.
        is_new_project: whether ``file`` is the project's main file.
        is_included: whether the spec reads it already, such as through a glob.
        entries: the new targets. skipped: what was left out, and why.
        unused: columns that say nothing here, by table.
        problems: what could not be taken in.
    """

    file: str
    texts: Mapping[str, str] = field(default_factory=dict)
    is_new_project: bool = False
    is_included: bool = False
    entries: Sequence[Entry] = ()
    skipped: Sequence[tuple[str, str]] = ()
    unused: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()

    @property
    def exit_code(self) -> int:
        """1 if something could not be taken in."""
        return 1 if self.problems else 0

    @property
    def prompts(self) -> Counter[str]:
        """How many prompts came from which program or table; "" for words of files' names."""
        return Counter(entry.source for entry in self.entries)


def import_files(
    project: Project,
    start: str,
    sources: Sequence[str],
    *,
    to: str | None = None,
    dry_run: bool = False,
) -> Imported:
    """Take in the pictures and rows that ``sources`` name, relative to the folder ``start``.

    The caller holds the project alone. ``dry_run`` writes nothing. Raises UsageError for a file
    that cannot be written and for sources that lead to nothing, SpecError, LockError, StoreError.
    """
    fresh = not os.path.lexists(project.spec_path)
    file = _new_file(project, start, to, fresh=fresh)
    known = load(project, more=EMPTY_SPEC if fresh else None)
    usual = partial(default_path, known.spec)
    collected = collect(project.root, start, sources, known.spec.files, usual)
    if not collected.pictures and not collected.rows:
        raise UsageError(*collected.problems)
    done = _read(project, known, collected, Imported(file, is_new_project=fresh))
    if not done.entries:
        return done
    folder = common_folder(entry.path for entry in done.entries if entry.picture)
    done = replace(done, texts=Writer(known, file, fresh, folder).texts(list(done.entries)))
    _check_free(project, done.texts)
    loaded = load(project, more={path: text.encode() for path, text in done.texts.items()})
    given = list(_given(loaded, done.entries))
    if dry_run:
        return done
    store(project, [entry.picture for entry in done.entries if entry.picture])
    if given:
        adopt_files(project, loaded, given)
    return _write(project, done)


def _new_file(project: Project, start: str, to: str | None, *, fresh: bool) -> str:
    """Return the project path of the file to write. Raises UsageError if it cannot be one."""
    if fresh:
        if to is not None:
            raise UsageError(Problem(NO_SPEC_YET, facts={"path": to}))
        return SPEC_NAME
    path = DEFAULT_FILE if to is None else project_path(project.root, os.path.realpath(start), to)
    why = "is outside of the project" if path is None else check_path(path)
    if path is None or why or not path.endswith((".yaml", ".yml")):
        facts = {"path": to or DEFAULT_FILE, "why": why or "is no .yaml file"}
        raise UsageError(Problem(BAD_FILE, facts=facts))
    _check_free(project, [path])
    return path


def _check_free(project: Project, paths: Iterable[str]) -> None:
    for path in paths:
        if os.path.lexists(os.path.join(project.root, path)):
            raise UsageError(Problem(FILE_EXISTS, facts={"path": path}))


def _read(project: Project, known: Loaded, collected: Collected, done: Imported) -> Imported:
    """Return ``done`` with the new targets, and with all that becomes none."""
    names = Names(known)
    skipped = [(path, "a further row speaks of it") for path in collected.doubled]
    wanted: list[str] = []
    for path in collected.pictures:
        why = _why_not(known, names, path)
        if why:
            skipped.append((path, why))
        else:
            names.take("", path)
            wanted.append(path)
    found = list(examine(project, wanted))
    entries = _of_pictures(names, collected, [one for one in found if isinstance(one, Examined)])
    silent: dict[str, list[int]] = {}
    for table, row in collected.rows:
        made = _of_row(project, names, table, row)
        if isinstance(made, Entry):
            names.take(made.name, made.path)
            entries.append(made)
        elif made is None:
            silent.setdefault(table, []).append(row.number)
        else:
            skipped.append(made)
    problems = [*collected.problems, *(one for one in found if isinstance(one, Problem))]
    problems += (_silent(table, numbers) for table, numbers in silent.items())
    unused = {table.path: table.unused for table in collected.tables if table.unused}
    return replace(done, entries=entries, skipped=skipped, unused=unused, problems=problems)


def _of_pictures(names: Names, collected: Collected, found: Sequence[Examined]) -> list[Entry]:
    folder = common_folder(one.path for one in found)
    entries: list[Entry] = []
    for one in found:
        said = collected.pictures[one.path]
        name = legal_name(said[1].name) if said is not None and said[1].name else ""
        if not name or not names.is_free(name, one.path):
            name = names.for_picture(one.path, folder)
        names.take(name, one.path)
        entries.append(of_picture(name, one, said))
    return entries


def _why_not(known: Loaded, names: Names, path: str) -> str:
    """Return why a picture is not taken in; "" if nothing speaks against it."""
    writer = names.writer(path)
    if writer:
        return f"{writer} writes it"
    if writer is not None:
        return "another file has this name but for its case"
    if folded(path) in files_read(known.graph):
        return "the spec reads it"
    if known.spec.keep and path.startswith(f"{known.spec.keep}/"):
        return "it is a bought picture that is kept"
    return ""


def _of_row(
    project: Project, names: Names, table: str, row: Wish
) -> Entry | tuple[str, str] | None:
    """Return the target that a row wants, or what is skipped and why; None without a prompt."""
    stem, dot, ending = row.file.rpartition(".")
    is_picture = bool(dot) and ending.lower() in PICTURES
    path = ""
    if is_picture:
        beside = os.path.dirname(os.path.join(project.root, table))
        path = project_path(project.root, beside, row.file) or ""
        path = "" if check_path(path) else path
    name = legal_name(row.name or (stem if is_picture else row.file))
    if not row.prompt.strip():
        return None
    if not names.is_free(name, path):
        return name, f"row {row.number} of {table}, but there is such a target"
    writer = names.writer(path) if path else None
    if writer is not None:
        return path, f"{writer} writes it"
    return of_row(name, path, row, table)


def _silent(table: str, numbers: Sequence[int]) -> Problem:
    shown = ", ".join(map(str, numbers[:MOST_ROWS]))
    more = f" and {len(numbers) - MOST_ROWS} more" if len(numbers) > MOST_ROWS else ""
    return Problem(NO_PROMPT, facts={"path": table, "rows": shown + more})


def _given(loaded: Loaded, entries: Iterable[Entry]) -> Iterator[Given]:
    """Yield the files to adopt. Raises UsageError for a target that would write others."""
    for entry in entries:
        if entry.picture is None:
            continue
        target, one = loaded.graph.targets[entry.name], entry.picture
        if [output.path for output in target.outputs] != [one.path]:
            facts = {"target": entry.name, "path": one.path}
            raise UsageError(Problem(NOT_ITS_FILE, target.loc, facts))
        yield Given(entry.name, one.path, one.sha256, one.format)


def _write(project: Project, done: Imported) -> Imported:
    """Write the files, the one that reads the others last."""
    for path, text in reversed(list(done.texts.items())):
        place = os.path.join(project.root, path)
        replace_file(project.fs, place, path, text.encode(), None)
    if done.is_new_project:
        write_merge_rule(project.root, project.fs)
        return done
    return replace(done, is_included=done.file in read_spec(project.root, SPEC_NAME).files)
