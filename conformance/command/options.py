"""What the verbs share on the command line: how cases are selected, and the options that override the settings file."""

import fnmatch
import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from conformance import config as settings
from conformance.config import Config
from conformance.errors import NothingSelected
from conformance.judge.pairing import Pairing, pairings
from conformance.judge.verdict import Exit
from conformance.language.case import Case
from conformance.language.selection import case_files, collect, ids_matching
from conformance.tell import github, traces
from conformance.tell.console import address
from conformance.tell.place import last

Items = list[tuple[Case, list[Pairing]]]
Command = Callable[..., Any]


class Failed(Exception):
    """Ends the program with one line on stderr and an exit code."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code


def selects_cases(command: Command) -> Command:
    """The arguments of every verb that selects cases."""
    command = click.option(
        "-k",
        "keywords",
        metavar="WORDS",
        default="",
        help="Only items whose name has every one of these words; -WORD leaves out.",
    )(command)
    return click.argument("globs", nargs=-1, metavar="[CASE]...")(command)


def _seed(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """What ``--seed`` says: a whole number, or ``random`` for one that is drawn now."""
    if value is None or value == "random":
        return None if value is None else random.randrange(1 << 32)
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a whole number nor random", context, option) from None


#: The option of the verbs that can speak to GitHub.
tells_github = click.option(
    "--github/--no-github",
    "github_too",
    default=github.is_here,
    help="Annotations and the job summary of GitHub Actions (default: if run by it).",
)


def with_settings(*names: str) -> Callable[[Command], Command]:
    """The options that override the settings file, by name; the command gets a checked ``config``."""
    options = {
        "node": click.option(
            "--node",
            multiple=True,
            metavar="WHICH",
            help="docker, local, versions that npm has (24,22 or 24.5.0), or both: docker,24,22. The first one judges.",
        ),
        "subject": click.option(
            "--subject",
            metavar="NAME",
            help="What is compared, with commas: python (nodesock), bun, deno@2.9.6, node:22, cmd:COMMAND, "
            "program:COMMAND …",
        ),
        "repeat": click.option(
            "--repeat",
            type=int,
            metavar="N",
            help="Reference runs where a subject differs from the first (default 3).",
        ),
        "confirm": click.option(
            "--confirm",
            type=int,
            metavar="N",
            help="Further reference runs before a divergence is believed (default 15).",
        ),
        "rerun": click.option(
            "--rerun", type=int, metavar="N", help="Further runs of an item that diverges (default 10)."
        ),
        "jobs": click.option(
            "--jobs", "-j", type=int, metavar="N", help="Cases at a time (default: one more than cores)."
        ),
        "seed": click.option(
            "--seed",
            callback=_seed,
            metavar="N|random",
            help="Shuffle the order of the cases; the same number, the same order and the same sample.",
        ),
        "deadline": click.option(
            "--deadline", type=float, metavar="SECONDS", help="What a role may take (default 10)."
        ),
        "output": click.option(
            "--output",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Reports and traces (default build/conformance).",
        ),
        "known_divergences": click.option(
            "--known-divergences",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="The accepted deviations.",
        ),
        "cache": click.option(
            "--cache",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Where reference runs are kept (default: cache in the output directory).",
        ),
        "no_cache": click.option("--no-cache", is_flag=True, help="Do not use kept reference runs."),
        "reference": click.option(
            "--reference",
            type=click.Choice(settings.REFERENCES),
            help="Judge by Node as it runs (live, the default) or by recordings, without any Node.",
        ),
        "recordings": click.option(
            "--recordings",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Where recordings lie (default conformance-recordings).",
        ),
        "traces": click.option(
            "--traces",
            type=click.Choice(settings.TRACES),
            help="Keep the raw traces of what is not conformant (default), or of everything.",
        ),
    }

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def configured(**arguments: Any) -> Any:
            given = {name: arguments.pop(name) for name in names}
            node = given.pop("node", ())
            if given.pop("no_cache", False):
                given["cache"] = False
            config = replace(
                settings.load(), **{name: value for name, value in given.items() if value is not None}
            )
            for choice in node:
                config = config.with_node(choice)
            return command(config=settings.check(config), **arguments)

        wrapped: Command = configured
        for name in reversed(names):
            wrapped = options[name](wrapped)
        return wrapped

    return decorate


def select(globs: Sequence[str], keywords: str, pairing: str | None, config: Config) -> Items:
    """The cases and their pairings that are meant. Raises ``NothingSelected``."""
    recorded = config.reference == "recorded"
    words = keywords.split()

    def all_of(case: Case) -> list[Pairing]:
        return pairings(case, subjects=config.subject_names, versions=config.version_names, recorded=recorded)

    items = items_of(collect(tuple(globs) or config.cases), words, pairing, all_of)
    if not items:
        what = " and ".join(
            part
            for part in (f"-k {keywords!r}" if words else "", f"--pairing {pairing!r}" if pairing else "")
            if part
        )
        raise NothingSelected(f"nothing matches {what}" if what else "there is no case")
    return items


def items_of(
    cases: Sequence[Case], words: Sequence[str], pairing: str | None, all_of: Callable[[Case], list[Pairing]]
) -> Items:
    """The cases with those of their pairings that ``words`` and ``pairing`` mean, without the cases that have none."""
    items: Items = []
    for case in cases:
        wanted = [
            one
            for one in all_of(case)
            if (pairing is None or fnmatch.fnmatchcase(one.name, pairing))
            and _named(f"{case.id}[{one.name}]", words)
        ]
        if wanted:
            items.append((case, wanted))
    return items


def matching(config: Config, cases: Sequence[Case]) -> Callable[[str], set[str]]:
    """What a glob in ``known_divergences.toml`` means: cases of the configured files and of those of the run."""
    files = {case.file for case in cases}
    return lambda glob: ids_matching(glob, files | case_files(config.cases))


def _named(name: str, words: Sequence[str]) -> bool:
    return all((word[1:] not in name) if word.startswith("-") else (word in name) for word in words)


def one_case(case_id: str, output: Path | None = None) -> Case:
    """The one case of that id; with ``output``, first among those whose traces lie there, by id or name."""
    played = [] if output is None else traces.programs_called([last(output), output], case_id)
    found = collect(played or [case_id])
    if len(found) > 1:
        some = ", ".join(address(case) for case in found[:3])
        raise Failed(f"{case_id!r} means {len(found)} cases ({some} …), one is wanted", Exit.USAGE)
    return found[0]
