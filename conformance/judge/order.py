"""What always came before what: the order of steps that all runs of the reference agree on.

To keep every pair of steps would take the square of a trace. Instead the steps are put on chains: on one chain each
step was over before the next began, in every run. So what was over before a step began is one number per chain, and
what was over in every run is the least of them. A program that does one thing after another is one chain; whatever
runs freely beside it makes one more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from conformance.judge.normalize import NormalTrace

Identity = tuple[str, int]  # a step by its line and its place in it
Span = tuple[int, int]  # where a step begins and ends in its trace


class AgreedOrder:
    """The order of the steps ``agreed``, which every one of ``traces`` has."""

    def __init__(self, traces: Sequence[NormalTrace], agreed: Collection[Identity]) -> None:
        runs = [_spans(trace, agreed) for trace in traces]
        self._place = {identity: span[0] for identity, span in runs[0].items()}
        self._chains = _chains(runs)
        chain_of = {identity: index for index, chain in enumerate(self._chains) for identity in chain}
        self._over: dict[Identity, list[int]] = {}
        for spans in runs:
            for identity, over in _over_before(spans, chain_of, len(self._chains)):
                known = self._over.get(identity)
                self._over[identity] = over if known is None else list(map(min, known, over))

    def late(self, trace: NormalTrace, comparable: Collection[Identity]) -> Iterator[tuple[Identity, Identity]]:
        """For each step of ``trace`` that began too early, the step and the earliest of those it should have
        waited for. Only ``comparable`` steps count.
        """
        spans = _spans(trace, comparable)
        ends = sorted(spans, key=lambda identity: spans[identity][1])
        over: set[Identity] = set()
        next_end = 0
        waiting = [0] * len(self._chains)  # per chain, the first comparable step that is not over
        for identity, (first, _) in spans.items():
            while next_end < len(ends) and spans[ends[next_end]][1] < first:
                over.add(ends[next_end])
                next_end += 1
            found: Identity | None = None
            for index, count in enumerate(self._over[identity]):
                chain, place = self._chains[index], waiting[index]
                while place < count and (chain[place] in over or chain[place] not in spans):
                    place += 1
                waiting[index] = place
                if place < count and (found is None or self._place[chain[place]] < self._place[found]):
                    found = chain[place]
            if found is not None:
                yield identity, found


def _spans(trace: NormalTrace, wanted: Collection[Identity]) -> dict[Identity, Span]:
    """Where the wanted steps stand, in the order in which they began."""
    return {
        (step.line, step.index): (step.first, step.last)
        for step in trace.steps
        if (step.line, step.index) in wanted
    }


def _chains(runs: Sequence[Mapping[Identity, Span]]) -> list[list[Identity]]:
    chains: list[list[Identity]] = []
    own: dict[str, int] = {}  # line -> the chain of its newest step, which is tried first
    for identity in runs[0]:
        begins = [spans[identity][0] for spans in runs]

        def follows(index: int, begins: list[int] = begins) -> bool:
            tail = chains[index][-1]
            return all(spans[tail][1] < first for spans, first in zip(runs, begins, strict=True))

        line = identity[0]
        index = own.get(line, len(chains))
        if index == len(chains) or not follows(index):
            index = next(filter(follows, range(len(chains))), len(chains))
        if index == len(chains):
            chains.append([])
        chains[index].append(identity)
        own[line] = index
    return chains


def _over_before(
    spans: Mapping[Identity, Span], chain_of: Mapping[Identity, int], chains: int
) -> Iterator[tuple[Identity, list[int]]]:
    """For each step of one run, how many steps of each chain were over before it began."""
    ends = iter(sorted((last, chain_of[identity]) for identity, (_, last) in spans.items()))
    over = [0] * chains
    ended = next(ends, (0, 0))
    for identity, (first, _) in spans.items():
        while ended[0] < first:  # its own end comes later than every beginning that is left
            over[ended[1]] += 1
            ended = next(ends, (0, 0))
        yield identity, over.copy()
