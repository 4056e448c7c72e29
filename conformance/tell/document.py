"""``report.json`` and ``junit.xml``: a run as data for other programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.dom import minidom

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from conformance.judge.verdict import Outcome, Result, Verdict
from conformance.tell.place import write
from conformance.tell.printable import one_line, to_json

SCHEMA = Path(__file__).parent / "schema.json"


def document(outcome: Outcome, reference: Mapping[str, Any], subject: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``report.json``; ``schema.json`` beside this file says its form.

    ``reference`` and ``subject`` are what the subjects say of themselves.
    """
    data: dict[str, Any] = {
        "reference": {
            "node": reference.get("version"),
            "libuv": reference.get("libuv"),
            "provider": reference.get("provider"),
            "image": reference.get("image"),
        },
        "subject": {key: subject.get(key) for key in ("name", "version", "libuv", "python")},
        "totals": outcome.totals.to_json(),
    }
    if outcome.stale:
        data["stale_known_divergences"] = [entry.to_json() for entry in outcome.stale]
    data["cases"] = [_case(result) for result in outcome.results]
    return data


def _case(result: Result) -> dict[str, Any]:
    difference = result.first_difference
    raced = {"raced": result.raced.to_json()} if result.raced is not None else {}
    return {
        "id": result.id,
        "pairing": result.pairing,
        "verdict": result.verdict.value,
        "reason": reason(result),
        "duration_s": result.duration_s,
        "first_difference": difference.to_json() if difference is not None else None,
        **raced,
    }


def reason(result: Result) -> str:
    """The one line that explains the verdict, an accepted deviation's reason first."""
    return result.reason if result.accepted is None else f"accepted ({result.accepted}) — {result.reason}"


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write ``report.json``."""
    write(path, to_json(data) + "\n")


def write_junit(path: Path, outcome: Outcome, replay: Mapping[str, str]) -> None:
    """Write ``junit.xml``, one suite per topic. ``replay`` holds the command that replays an item, by its
    name.
    """
    suites: dict[str, TestSuite] = {}
    for result in outcome.results:
        topic, _, name = result.id.partition("/")
        case = TestCase(one_line(f"{name}[{result.pairing}]"), f"conformance.{topic}", result.duration_s)
        case.result = _junit_results(result)
        if result.fails:
            lines = [difference.message for difference in result.differences]
            case.system_out = "\n".join(map(one_line, [*lines, f"replay: {replay.get(result.name, '')}"]))
        suites.setdefault(topic, TestSuite(topic)).add_testcase(case)
    if outcome.stale:
        suite = suites.setdefault("known_divergences", TestSuite("known_divergences"))
        for entry in outcome.stale:
            case = TestCase(one_line(str(entry)), "conformance.known_divergences")
            case.result = [Failure("no longer diverges: remove the entry", "stale")]
            suite.add_testcase(case)
    xml: Any = JUnitXml("conformance")  # its methods have no annotations
    for suite in suites.values():
        xml.add_testsuite(suite)
    write(path, minidom.parseString(xml.tostring()).toprettyxml())


def _junit_results(result: Result) -> list[Any]:
    if result.verdict is Verdict.CONFORMANT:
        return []
    if result.verdict is Verdict.ERRORED:
        return [Error(one_line(result.reason), "errored")]
    if result.fails:
        difference = result.first_difference
        category = difference.category if difference is not None else "divergent"
        return [Failure(one_line(result.reason), category)]
    return [Skipped(one_line(f"{result.verdict.value}: {reason(result)}"), result.verdict.value)]
