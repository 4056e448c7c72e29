"""``report.json`` and ``junit.xml``: a run as data for other programs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

from conformance.judge.causes import groups
from conformance.judge.scoreboard import scoreboard
from conformance.judge.session import Sides
from conformance.judge.verdict import Outcome, Result, Verdict
from conformance.tell.place import write
from conformance.tell.printable import one_line, to_json

SCHEMA = Path(__file__).parent / "schema.json"


#: Goes up when a reader of ``report.json`` has to change.
FORMAT = 2


def document(outcome: Outcome, sides: Sides) -> dict[str, Any]:
    """The content of ``report.json``; ``schema.json`` beside this file says its form."""
    data: dict[str, Any] = {
        "schema": FORMAT,
        "reference": _node(sides.reference)
        | ({"recordings": sides.reference["recordings"]} if "recordings" in sides.reference else {}),
        "subjects": [
            {"called": called, **{key: subject.get(key) for key in _SUBJECT}}
            for called, subject in sides.subjects.items()
        ],
        "versions": [{"called": called, **_node(version)} for called, version in sides.versions.items()],
        "totals": outcome.totals.to_json(),
        "scoreboard": [column.to_json() for column in scoreboard(outcome.results)],
        "groups": [group.to_json() for group in groups(outcome.results)],
    }
    if outcome.missing:
        data["missing_shards"] = list(outcome.missing)
    if outcome.stale:
        data["stale_known_divergences"] = [entry.to_json() for entry in outcome.stale]
    data["cases"] = [_case(result) for result in outcome.results]
    return data


#: What stands in the report of what a subject says of itself.
_SUBJECT = ("name", "version", "libuv", "python", "provider", "image", "note", "profile")


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    return {"node": node.get("version"), **{key: node.get(key) for key in ("libuv", "provider", "image")}}


def _case(result: Result) -> dict[str, Any]:
    difference = result.first_difference
    raced = {"raced": result.raced.to_json()} if result.raced is not None else {}
    return {
        "id": result.id,
        "pairing": result.pairing,
        "subject": result.subject or None,
        "verdict": result.verdict.value,
        "reason": reason(result),
        "accepted": result.accepted,
        "duration_s": result.duration_s,
        "reference_runs": result.reference_runs,
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
    root = xml.Element("testsuites", name="conformance")
    suites: dict[str, xml.Element] = {}

    def add(topic: str, name: str, seconds: float = 0.0) -> xml.Element:
        if topic not in suites:
            suites[topic] = xml.SubElement(root, "testsuite", name=one_line(topic))
        place = one_line(f"conformance.{topic.replace('/', '.')}")
        what = {"name": one_line(name), "classname": place, "time": str(seconds)}
        return xml.SubElement(suites[topic], "testcase", what)

    for result in outcome.results:
        topic, _, name = result.id.rpartition("/")
        case = add(topic, f"{name}[{result.pairing}]", result.duration_s)
        _junit_result(case, result)
        if result.fails:
            lines = [difference.message for difference in result.differences]
            said = "\n".join(map(one_line, [*lines, f"replay: {replay.get(result.name, '')}"]))
            xml.SubElement(case, "system-out").text = said
    for entry in outcome.stale:
        case = add("known_divergences", str(entry))
        xml.SubElement(case, "failure", message="no longer diverges: remove the entry", type="stale")
    for shard in outcome.missing:
        xml.SubElement(add("shards", shard), "error", message=f"shard {shard} is missing", type="missing")
    for suite in suites.values():
        _count(suite)
    xml.indent(root, "\t")
    write(path, f'<?xml version="1.0" ?>\n{xml.tostring(root, encoding="unicode")}\n')


def _junit_result(case: xml.Element, result: Result) -> None:
    if result.verdict is Verdict.CONFORMANT:
        return
    if result.verdict is Verdict.ERRORED:
        xml.SubElement(case, "error", message=one_line(result.reason), type="errored")
    elif result.fails:
        difference = result.first_difference
        category = difference.category if difference is not None else "divergent"
        xml.SubElement(case, "failure", message=one_line(result.reason), type=category)
    else:
        message = one_line(f"{result.verdict.value}: {reason(result)}")
        xml.SubElement(case, "skipped", message=message, type=result.verdict.value)


def _count(suite: xml.Element) -> None:
    """Set the totals of a suite."""
    suite.set("tests", str(len(suite)))
    for attribute, tag in (("errors", "error"), ("failures", "failure"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in suite)))
    suite.set("time", str(round(sum(float(case.get("time", "0")) for case in suite), 3)))
