"""Which items a run is of, and in which order: what was selected, narrowed by further options."""

import random
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

import click

from conformance.command.changed import changes_since
from conformance.command.options import Failed, Items, select
from conformance.config import Config
from conformance.errors import NothingSelected
from conformance.judge.session import counted
from conformance.judge.verdict import Exit
from conformance.opening import package_of_python
from conformance.tell import durations, execution
from conformance.tell.journal import Run, Selection, interrupted, runs
from conformance.tell.shard import Shard, cut, harness_digest, name_of, plan_of


@dataclass(frozen=True)
class Asked:
    """What the command line says about the items of a run."""

    selection: Selection
    resume: bool = False
    last_failed: bool = False
    shard: tuple[int, int] | None = None
    changed: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the options that narrow the selection; those of the shard are the last."""
        words = ["--last-failed"] if self.last_failed else []
        words += ["--changed", self.changed] if self.changed else []
        words += ["--shard", "{}/{}".format(*self.shard)] if self.shard else []
        return tuple(words)


@dataclass(frozen=True)
class Chosen:
    """The items of a run, in order; ``before`` is the interrupted run that it goes on with."""

    items: Items
    selection: Selection
    before: Run | None = None
    shard: Shard | None = None


def choose(asked: Asked, config: Config, say: Callable[[str], None]) -> Chosen:
    """The items that are meant; ``say`` is called with each line that explains the choice.

    Raises ``NothingSelected``, and ``Failed`` for options that ask for what is not there.
    """
    selection = replace(asked.selection, narrowed=asked.words)
    before = _interrupted(selection, config) if asked.resume else None
    if before is not None:
        selection = before.head.selection
    items = select(selection.cases, selection.keywords, selection.pairing, config)
    shard = None
    if before is not None:
        items = only(items, before.head.items) if selection.narrowed else items
        shard = before.head.shard
    else:
        items = _failed(items, config, say) if asked.last_failed else items
        items = _changed(items, asked.changed, config, say) if asked.changed else items
        if asked.shard is not None:
            items, shard = _part(items, *asked.shard, config, say)
    if config.seed is not None:
        say(f"seed {config.seed}: the cases are shuffled; --seed {config.seed} gives this order again")
        items = shuffled(items, config.seed)
    return Chosen(items, selection, before, shard)


def only(items: Items, names: Collection[str]) -> Items:
    """Those of the items that have one of these names."""
    wanted = set(names)
    kept = ((case, [one for one in pairings if name_of(case, one) in wanted]) for case, pairings in items)
    return [(case, pairings) for case, pairings in kept if pairings]


def shuffled(items: Items, seed: int) -> Items:
    """The cases in an order that depends on the seed alone, whichever others there are."""
    return sorted(items, key=lambda item: random.Random(f"order {seed} {item[0].id}").random())


def parsed_shard(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """What ``--shard`` says: which part, and of how many."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", value, re.ASCII)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter(f"{value!r} is not I/N with I from 1 to N, like 2/4", context, option)
    return int(found[1]), int(found[2])


def _part(items: Items, number: int, of: int, config: Config, say: Callable[[str], None]) -> tuple[Items, Shard]:
    """The items of one shard."""
    if of > len(items):
        many = counted(len(items), "case")
        raise Failed(f"--shard {number}/{of}: {many} cannot be cut into {of} parts", Exit.USAGE)
    seconds = durations.read(config.output / durations.NAME)
    shards = [[items[place] for place in places] for places in cut(items, of, seconds)]
    plan = plan_of([[name_of(case, one) for case, wanted in shard for one in wanted] for shard in shards])
    chosen = shards[number - 1]
    how = "recorded durations" if seconds else "the number of roles, since no durations are recorded"
    say(f"shard {number}/{of}: {len(chosen)} of {len(items)} cases, cut by {how}")
    return chosen, Shard(number, of, plan, harness_digest())


def _failed(items: Items, config: Config, say: Callable[[str], None]) -> Items:
    """The items that failed in the last run."""
    found = runs(config.output)
    if not found:
        raise Failed(f"--last-failed: there is no run under {config.output}", Exit.USAGE)
    failing = [name for name, result in found[0].results.items() if result.fails]
    if not failing:
        raise NothingSelected(f"--last-failed: nothing failed in the last run under {config.output}")
    chosen = only(items, failing)
    count = sum(len(pairings) for _, pairings in chosen)
    if not count:
        failed = counted(len(failing), "item")
        raise NothingSelected(f"--last-failed: {failed} failed in the last run, none of them is selected")
    others = "" if count == len(failing) else f" of {len(failing)}"
    say(f"last run: {count}{others} failed, only {'that one is' if count == 1 else 'those are'} run again")
    return chosen


def only_python(option: str, config: Config) -> Path:
    """The directory of the package that ``python`` runs. Raises ``Failed`` if that is not the one subject."""
    package = package_of_python()
    if config.subjects != ("python",) or package is None:
        raise Failed(f"{option} needs the subject python, and no other", Exit.USAGE)
    return package


def _changed(items: Items, revision: str, config: Config, say: Callable[[str], None]) -> Items:
    """The cases that execute a function which has changed since the revision."""
    cases = [case for case, _ in items]
    changes = changes_since(revision, only_python("--changed", config), cases)
    since = f"changed since {revision}"
    if changes.everything:
        say(f"{changes.everything}: all {counted(len(items), 'case')} are run")
        return items
    known = execution.read(config.output / execution.NAME)
    if not known:
        say(f"there is no map under {config.output}: all {counted(len(items), 'case')} are run; --map records one")
        return items
    chosen = [
        (case, wanted) for case, wanted in items if case.id not in known or changes.reach(case, known[case.id])
    ]
    what = f"{counted(len(changes.functions | changes.names), 'function')} and {counted(len(changes.cases), 'case')}"
    if not chosen:
        raise NothingSelected(f"--changed: {what} {since}, no selected case executes any")
    unknown = sum(case.id not in known for case in cases)
    say(f"{what} {since}: {len(chosen)} of {counted(len(items), 'case')}, {unknown} of them not in the map")
    return chosen


def _interrupted(selection: Selection, config: Config) -> Run:
    found = interrupted(config.output, selection)
    if found is None:
        what = "" if selection.is_whole else " of this selection"
        raise Failed(f"--resume: there is no interrupted run{what} under {config.output}", Exit.USAGE)
    return found
