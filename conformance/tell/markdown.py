"""``report.md``: a run for a reader of a pull request. A pure function of what ``report.json`` holds."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from conformance.profile import said
from conformance.tell.comparison import Compared
from conformance.tell.printable import one_line

#: How many rows a table has at most, and how many characters a cell. A job summary on GitHub may have 1 MiB.
ROWS, _CELL = 50, 300

_TITLES = {
    "divergent": "What differs",
    "differing": "What differs in the further versions of Node",
    "accepted": "What differs and is accepted",
}


def markdown(data: Mapping[str, Any]) -> str:
    """The report: scoreboard, groups, first differences."""
    blocks = [f"# Conformance with Node {_plain(data['reference']['node'])}", _facts(data), _scoreboard(data)]
    for verdict, title in _TITLES.items():
        found = [group for group in data["groups"] if group["verdict"] == verdict]
        if found:
            blocks += [f"## {title}", _groups(found)]
    failing = [one for one in data["cases"] if _fails(one, {version["called"] for version in data["versions"]})]
    if failing:
        blocks += ["## First differences", _items(failing)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _fails(item: Mapping[str, Any], versions: Collection[str]) -> bool:
    if item["verdict"] == "divergent":
        return item["accepted"] is None and item["subject"] not in versions
    return bool(item["verdict"] == "errored")


def _facts(data: Mapping[str, Any]) -> str:
    lines = []
    for one in data["subjects"]:
        demanded = said(one["profile"]) if one["profile"] else ""
        name = _plain(" ".join(filter(None, (one["name"], one["version"]))))
        lines.append(f"- {name}" + (f": {_code(demanded)}" if demanded else ""))
    lines += [f"- beside it Node {_plain(one['node'])}" for one in data["versions"]]
    totals = [f"{count} {name.replace('_', ' ')}" for name, count in data["totals"].items() if count]
    cases = len({one["id"] for one in data["cases"]})
    lines.append(f"- {cases} cases, {len(data['cases'])} items: {', '.join(totals)}")
    lines += [
        f"- {_code(one['case'])} in {_code(one['pairing'])} no longer diverges: remove the entry"
        for one in data.get("stale_known_divergences", ())
    ]
    lines += [f"- shard {_plain(shard)} is missing" for shard in data.get("missing_shards", ())]
    return "\n".join(lines)


def _scoreboard(data: Mapping[str, Any]) -> str:
    columns = data["scoreboard"]
    if not columns:
        return ""
    areas = dict.fromkeys(area for column in columns for area in column["areas"])
    names = [column["subject"] + (" (version)" if column["is_version"] else "") for column in columns]
    rows = [["all", *(_score(column) for column in columns)]]
    rows += [[area, *(_score(column["areas"].get(area)) for column in columns)] for area in areas]
    return _table(["area", *map(_plain, names)], rows, align="l" + "r" * len(columns))


def _score(score: Mapping[str, int] | None) -> str:
    return f"{score['conformant']}/{score['cases']}" if score else ""


def _groups(groups: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            str(group["cases"]),
            str(group["items"]),
            _plain(", ".join(group["subjects"])),
            _code(group["cause"]),
            _code(f"{group['first'][0]}: {group['example']}"),
        ]
        for group in groups[:ROWS]
    ]
    return _table(["cases", "items", "subject", "cause", "for example"], rows, "rrlll") + _more(groups)


def _items(items: Sequence[Mapping[str, Any]]) -> str:
    rows = [[_code(f"{one['id']}[{one['pairing']}]"), one["verdict"], _code(one["reason"])] for one in items[:ROWS]]
    return _table(["item", "verdict", "reason"], rows, "lll") + _more(items)


def _more(rows: Sequence[Any]) -> str:
    return f"\n\n{len(rows) - ROWS} more are in `report.json`." if len(rows) > ROWS else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    lines = [head, ["--:" if one == "r" else "---" for one in align], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _plain(text: str) -> str:
    """Text from outside between words: in code, unless it is a plain word itself."""
    return text if text.replace(" ", "").replace(".", "").replace(",", "").isalnum() else _code(text)


def _code(text: str) -> str:
    """Text from outside in a table: nothing in it is markup, a mention or a cell's end."""
    return f"`{one_line(text, _CELL).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def comparison(compared: Compared, before: str, after: str) -> str:
    """Two runs compared, new failures first; ``before`` and ``after`` say what each was."""
    blocks = ["# Two runs compared", f"- A: {_plain(before)}\n- B: {_plain(after)}\n- {compared.summary}"]
    for title, changes in (
        ("New failures", compared.new),
        ("Mended", compared.mended),
        ("Changed", compared.changed),
    ):
        if changes:
            rows = [[_code(one.name), _said(one.before), _said(one.after)] for one in changes[:ROWS]]
            blocks += [f"## {title}", _table(["item", "A", "B"], rows, "lll") + _more(changes)]
    if compared.not_judged:
        names = [[_code(name)] for name in compared.not_judged[:ROWS]]
        blocks += ["## Judged in A, not in B", _table(["item"], names, "l") + _more(compared.not_judged)]
    return "\n\n".join(blocks) + "\n"


def _said(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return "not there"
    return f"{item['verdict'].replace('_', ' ')} {_code(item['reason']) if item['reason'] else ''}".strip()
