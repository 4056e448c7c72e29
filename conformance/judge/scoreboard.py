"""The scoreboard: in how many cases of each area each subject does what the reference does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.judge.verdict import Result, Verdict

_LEFT_OUT = (Verdict.SKIPPED, Verdict.NOT_RUN)


@dataclass(frozen=True)
class Score:
    """``conformant`` of ``cases``: a case counts where one of its items was judged, as conformant where all were."""

    conformant: int = 0
    cases: int = 0

    def __str__(self) -> str:
        return f"{self.conformant}/{self.cases}"

    def to_json(self) -> dict[str, int]:
        return {"conformant": self.conformant, "cases": self.cases}


@dataclass(frozen=True)
class Column:
    """The scores of one subject, or of one further version of Node, by area."""

    subject: str
    is_version: bool
    areas: Mapping[str, Score]

    @property
    def whole(self) -> Score:
        """All areas together."""
        scores = self.areas.values()
        return Score(sum(one.conformant for one in scores), sum(one.cases for one in scores))

    def to_json(self) -> dict[str, Any]:
        """The column as it stands in ``report.json``."""
        areas = {area: score.to_json() for area, score in self.areas.items()}
        return {"subject": self.subject, "is_version": self.is_version, **self.whole.to_json(), "areas": areas}


def scoreboard(results: Iterable[Result]) -> list[Column]:
    """A column for each subject and version in the results, areas in the order of the run."""
    found: dict[tuple[str, bool], dict[str, list[bool]]] = {}
    for result in results:
        if result.subject:
            cases = found.setdefault((result.subject, result.is_version), {})
            judged = cases.setdefault(result.id, [])
            if result.verdict not in _LEFT_OUT:
                judged.append(result.verdict is Verdict.CONFORMANT)
    columns = []
    for (subject, is_version), cases in found.items():
        areas: dict[str, Score] = {}
        for case, judged in cases.items():
            area = case.partition("/")[0]
            before = areas.get(area, Score())
            if judged:
                areas[area] = Score(before.conformant + all(judged), before.cases + 1)
            else:
                areas[area] = before
        columns.append(Column(subject, is_version, areas))
    return columns
