"""cli: every verb, on a real local Node, and one clear line with the right exit code for everything that is
wrong."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from conformance.cli import main
from conformance.play.subjects.node import NodeSubject
from conformance.tell.document import SCHEMA

CASE_FILE = """
from conformance import case


@case(about="a note is a note")
def a_note(t):
    t.note("n", 1)


@case(about="one says something to the other")
class Said:
    def server(t):
        server = t.watch("server", t.net.create_server(lambda peer: peer.end("hello")))
        server.on("connection", lambda peer: server.close())
        server.listen(0, "127.0.0.1", lambda: t.publish(port=server.address().port))

    def client(t, port):
        client = t.watch("client", t.net.connect(port, "127.0.0.1"))
        client.resume()
"""

DIVERGENT = """
from conformance import case


@case(about="the two sides do not say the same", fixtures={"main": "surface.js"})
def odd(t):
    t.note("surface", 1)
"""

HANGS = """
from conformance import case


@case(about="a server nobody closes")
def hangs(t):
    t.net.create_server().listen(0)
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in an empty directory that holds ``mine.py``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONFORMANCE_NODE", "local")
    (tmp_path / "mine.py").write_text(CASE_FILE)
    (tmp_path / "odd.py").write_text(DIVERGENT)
    (tmp_path / "hangs.py").write_text(HANGS)

    def run_it(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return run_it


# Without any Node.


def test_list_names_cases_and_requirements(run: Run) -> None:
    ran = run("list", "mine.py")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "mine/a_note  a note is a note",
        "mine/said    one says something to the other",
    ]


def test_list_as_json(run: Run) -> None:
    rows = json.loads(run("list", "mine.py::*said", "--json").out)
    assert [(row["id"], row["roles"]) for row in rows] == [("mine/said", ["server", "client"])]
    assert rows[0]["pairings"] == ["node-node", "node-python", "python-node", "python-python"]


def test_list_knows_the_built_in_cases(run: Run) -> None:
    ran = run("list")
    assert ran.code == 0 and len(ran.out.splitlines()) >= 30


def test_words_select_and_leave_out(run: Run) -> None:
    assert run("list", "mine.py", "-k", "said").out.split()[0] == "mine/said"
    assert run("list", "mine.py", "-k", "-said").out.split()[0] == "mine/a_note"


def test_show_has_both_sources(run: Run) -> None:
    ran = run("show", "mine.py::mine/said")
    assert ran.code == 0
    for words in (
        "one says something to the other",
        "role client, waits for port",
        "class Said:",
        "createServer",
        "mine.py:",
    ):
        assert words in ran.out


def test_export_is_a_program(run: Run, tmp_path: Path) -> None:
    assert run("export", "mine.py::mine/said").out.startswith("'use strict';")
    assert run("export", "mine.py::mine/said", "-o", "x.js").code == 0
    assert (tmp_path / "x.js").read_text().startswith("'use strict';")
    assert run("export", "mine.py::mine/said", "-o", "no/such/dir.js").code == 4


def test_help_of_every_verb(run: Run) -> None:
    assert run("--help").code == 0
    for verb in ("list", "run", "show", "diff", "export", "surface"):
        ran = run(verb, "--help")
        assert ran.code == 0 and "Usage:" in ran.out
    assert run().code == 4


def test_a_case_of_a_file_is_found_by_its_name_alone(run: Run) -> None:
    for verb in ("show", "export"):
        assert run(verb, "mine.py::said") == run(verb, "mine.py::mine/said")
    assert [row["id"] for row in json.loads(run("list", "mine.py::said", "--json").out)] == ["mine/said"]


BROKEN = {
    "syntax.py": ("def (", "syntax.py:1: syntax error"),
    "loop.py": (
        "from conformance import case\n\n\n@case(about='x')\ndef x(t):\n    while True:\n        pass\n",
        "loop.py:6: while is outside the subset",
    ),
    "fails.py": ("raise ValueError('boom')\n", "fails.py:1: ValueError: boom"),
    "unknown.py": (
        "from conformance import case\n\n\n@case(about='x')\ndef x(t):\n    t.frobnicate()\n",
        "unknown.py:6:",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_case_file(name: str, run: Run, tmp_path: Path) -> None:
    text, words = BROKEN[name]
    (tmp_path / name).write_text(text)
    one_line(run("run", name), 4, words)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "nosuch"], 5, "no case matches 'nosuch'"),
        (["run", "nosuch.py"], 5, "nosuch.py"),
        (["run", "mine.py", "-k", "zzz"], 5, "nothing matches -k 'zzz'"),
        (["run", "mine.py", "--pairing", "zzz"], 5, "nothing matches --pairing 'zzz'"),
        (["show", "nosuch"], 5, "nosuch"),
        (["show", "mine.py"], 4, "means 2 cases"),
        (["diff", "mine.py::mine/said"], 5, "run the case first"),
        (["diff", "mine.py::mine/said", "--pairing", "zzz"], 4, "no pairing 'zzz'"),
        (["run", "mine.py", "--node", "banana"], 4, "banana"),
        (["run", "mine.py", "--node", "99"], 3, "99"),
        (["run", "mine.py", "--node", "19.1.2"], 3, "19.1.2"),
        (["run", "mine.py", "--subject", "nope"], 4, "nope"),
        (["run", "mine.py", "--repeat", "0"], 4, "repeat"),
        (["run", "mine.py", "--jobs", "x"], 4, "--jobs"),
        (["run", "mine.py", "--deadline", "-1"], 4, "deadline"),
        (["run", "mine.py", "--known-divergences", "none.toml"], 4, "none.toml"),
        (["run", "mine.py", "--output", "mine.py"], 4, "mine.py"),
        (["run", "--bogus"], 4, "--bogus"),
        (["frobnicate"], 4, "frobnicate"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: list[str], code: int, words: str, run: Run) -> None:
    one_line(run(*arguments), code, words)


def test_an_unreadable_setting(run: Run, tmp_path: Path) -> None:
    (tmp_path / "conformance.toml").write_text("repeats = 3")
    one_line(run("run", "mine.py"), 4, "did you mean 'repeat'")


def test_docker_forced_where_there_is_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    one_line(run("run", "mine.py", "--node", "docker"), 3, "Docker")


def one_line(ran: Ran, code: int, words: str) -> None:
    assert ran.code == code, ran
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1 and "Traceback" not in ran.err + ran.out


# With a local Node.


@pytest.fixture
def node(local_node: NodeSubject) -> None:
    """Skips where there is no local Node."""


def test_a_conformant_run(run: Run, node: None, tmp_path: Path) -> None:
    ran = run("run", "mine.py", "--repeat", "2", "--traces", "all")
    assert ran.code == 0, ran
    first, *others, report = ran.out.splitlines()
    assert re.match(
        r"nodesock \S+ \(libuv 1\.\S+, Python 3\S+\) against Node 24\S+ \(libuv 1\.\S+, provider: local\)",
        first,
    )
    assert "mine/a_note: node ok, python ok" in others
    assert "mine/said: node-node ok, node-python ok, python-node ok, python-python ok" in others
    assert "python conforms in 2/2 cases: mine 2/2" in others
    assert re.search(r"^2 cases, 6 items in \S+ s: 6 conformant, 0 divergent, 0 errored", ran.out, re.MULTILINE)
    assert report == "report: build/conformance/last/index.html"
    output = tmp_path / "build" / "conformance" / "last"
    data = json.loads((output / "report.json").read_text())
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert data["reference"]["provider"] == "local" and data["totals"]["conformant"] == 6
    assert (output / "junit.xml").exists() and (output / "index.html").exists()
    assert (output / "traces/mine/said/python-node/server.jsonl").exists()

    ran = run("diff", "mine.py::mine/said", "--pairing", "python-node", "--all")
    assert ran.code == 0 and "conformant" in ran.out and "client 'end'" in ran.out


def test_a_divergent_run_says_what_and_how_to_see_it_again(run: Run, node: None) -> None:
    ran = run("run", "odd.py", "--repeat", "1", "--confirm", "0")
    assert ran.code == 1
    assert "DIVERGENT odd/odd[python]" in ran.out and "note surface (#0) args.0" in ran.out
    replay = f"{sys.executable} -m conformance run odd.py::odd/odd --pairing python --node local"
    assert f"replay: {replay} --repeat 1 --confirm 0" in ran.out
    ran = run("diff", "odd.py::odd/odd")
    assert ran.code == 1 and "value:" in ran.out and "≠" in ran.out


def test_diff_finds_a_case_of_the_last_run_by_its_name(run: Run, node: None) -> None:
    options = ["--repeat", "1", "--confirm", "0", "--traces", "all"]
    assert run("run", "odd.py", "mine.py::a_note", *options).code == 1
    whole = run("diff", "odd.py::odd/odd")
    assert whole.code == 1
    assert run("diff", "odd") == run("diff", "odd/odd") == run("diff", "odd.py::odd") == whole
    assert run("diff", "a_note").out.startswith("mine/a_note[python]: conformant")
    one_line(run("diff", "said"), 5, "no case matches 'said'")


KNOWN = """
[[divergence]]
case = "odd/odd"
reason = "it is a fixture"
category = "value"
link = "https://example.org/odd"

[[divergence]]
case = "mine/a_note"
reason = "somewhere else"

[[divergence]]
case = "mine/*"
reason = "everywhere"
"""


def test_known_divergences_of_a_case_of_ones_own(run: Run, node: None, tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)
    options = ["--repeat", "1", "--confirm", "0", "--known-divergences", "known.toml"]
    ran = run("run", "odd.py", *options)
    assert ran.code == 0 and "1 accepted" in ran.out and "no longer diverges" not in ran.out
    assert "accepted (it is a fixture, see https://example.org/odd)" in ran.out
    output = tmp_path / "build" / "conformance" / "last"
    assert "it is a fixture, see https://example.org/odd" in (output / "report.json").read_text()
    for page in ("index.html", "cases/odd/odd.html"):
        assert '<a href="https://example.org/odd"' in (output / page).read_text()

    ran = run("run", "mine.py::a_note", *options)
    assert ran.code == 1
    assert [line for line in ran.out.splitlines() if "no longer" in line] == [
        "mine/a_note[*] in known.toml no longer diverges: remove it"  # of mine/* only a part was run
    ]
    ran = run("run", "mine.py", *options)
    assert "mine/*[*] in known.toml no longer diverges: remove it" in ran.out
    (tmp_path / "known.toml").write_text(KNOWN.replace('"value"', '"state"'))
    assert run("run", "odd.py", *options).code == 1


def test_expectations_are_written_pruned_and_told(run: Run, node: None, tmp_path: Path) -> None:
    options = ["--repeat", "1", "--confirm", "0", "--rerun", "0", "--known-divergences", "list.toml"]
    ran = run("run", "odd.py", "mine.py::a_note", *options, "--update-expectations")
    assert ran.code == 0, ran
    assert "list.toml: 1 entries added, 0 removed" in ran.out and "1 accepted (1 without a reason)" in ran.out
    written = (tmp_path / "list.toml").read_text()
    entry = '[[divergence]]\ncase = "odd/odd"\npairing = "python"\ncategory = ["value"]\nreason = "TODO: note '
    assert written.startswith("# What is known to differ") and entry in written

    ran = run("run", "odd.py", *options)
    assert ran.code == 0 and "1 accepted (1 without a reason)" in ran.out and "TODO: note" in ran.out
    data = json.loads((tmp_path / "build/conformance/last/report.json").read_text())
    assert (data["totals"]["accepted"], data["totals"]["unexplained"]) == (1, 1)

    mine = "# we know\n" + re.sub('reason = ".*"', 'reason = "so be it"  # really', written)
    (tmp_path / "list.toml").write_text(mine)
    ran = run("run", "odd.py", *options, "--update-expectations")
    assert ran.code == 0 and "list.toml: 0 entries added, 0 removed" in ran.out
    assert (tmp_path / "list.toml").read_text() == mine and "without a reason" not in ran.out

    (tmp_path / "odd.py").write_text(DIVERGENT.replace(', fixtures={"main": "surface.js"}', ""))
    ran = run("run", "odd.py", *options)
    assert ran.code == 1 and "odd/odd[python] (value) in list.toml no longer diverges: remove it" in ran.out
    ran = run("run", "odd.py", *options, "--update-expectations")
    assert ran.code == 0 and "list.toml: 0 entries added, 1 removed" in ran.out
    assert "no longer" not in ran.out and "[[divergence]]" not in (tmp_path / "list.toml").read_text()


def test_a_profile_is_said_in_every_report(run: Run, node: None, tmp_path: Path) -> None:
    (tmp_path / "conformance.toml").write_text(
        'subject = "node:24"\n[subjects.node]\nignore = ["kernel"]\nskip = ["mine/said"]\nexpect = "list.toml"\n'
    )
    (tmp_path / "list.toml").write_text("")
    ran = run("run", "mine.py", "--markdown")
    line = "ignores kernel; skips mine/said; expects list.toml"
    assert ran.code == 0 and f"profile of node24: {line}" in ran.out.splitlines()
    assert "SKIPPED mine/said[node24-node]" in ran.out and "the profile of node24 skips mine/said" in ran.out
    assert "node24 conforms in 1/1 cases: mine 1/1" in ran.out
    output = tmp_path / "build" / "conformance" / "last"
    data = json.loads((output / "report.json").read_text())
    assert data["subjects"][0]["profile"] == {"ignore": ["kernel"], "skip": ["mine/said"], "expect": "list.toml"}
    assert line in (output / "report.md").read_text() and line in (output / "index.html").read_text()


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        ('[subjects.bun]\nignore = ["texts"]', [], "there is no 'texts'; there are engine-texts, error-texts, active-"),
        ("[subjects.bun]\nfail = 1", [], "subjects.bun has an unknown key 'fail'; there are ignore, skip, expect"),
        ('[subjects.python]\nignore = ["kernel"]', [], "nothing is ignored or skipped for python"),
        ("", ["--update-expectations"], "which file? expect in [tool.conformance.subjects.python] or --known"),
        ('[subjects.python]\nexpect = "none.toml"', [], "none.toml: cannot be read"),
        ('known-divergences = "inline.toml"', ["--update-expectations"], "[[divergence]] tables can be updated"),
    ],
)
def test_a_profile_that_cannot_be_kept_is_one_line(
    table: str, options: list[str], words: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "conformance.toml").write_text(table)
    (tmp_path / "inline.toml").write_text('divergence = [{ case = "a/b", reason = "x" }]')
    one_line(run("run", "mine.py::a_note", *options), 4, words)


COLOURED = """
from conformance import case


@case(about="a label with a \\x1b[1mcontrol\\x1b[0m character", fixtures={"main": "surface.js"})
def coloured(t):
    t.note("\\x1b[31mred\\n::error::injected", 1)
"""


def test_a_control_character_is_escaped_and_all_reports_are_written(
    run: Run, node: None, tmp_path: Path
) -> None:
    (tmp_path / "coloured.py").write_text(COLOURED)
    assert "a \\x1b[1mcontrol" in run("list", "coloured.py").out
    ran = run("run", "coloured.py", "--repeat", "1", "--confirm", "0")
    assert ran.code == 1 and "\x1b" not in ran.out
    for name in ("report.json", "junit.xml", "index.html", "cases/coloured/coloured.html"):
        (text,) = [path.read_text() for path in (tmp_path / "build/conformance").rglob(name)]
        assert "\x1b" not in text
    told = run("diff", "coloured.py", "--all").out
    assert "\\x1b[31mred\\n::error" in told and "\x1b" not in told


def test_json_alone_on_stdout(run: Run, node: None) -> None:
    ran = run("run", "mine.py::mine/a_note", "--json", "--no-cache")
    assert ran.code == 0 and "against Node" in ran.err
    assert json.loads(ran.out)["totals"]["conformant"] == 2


def test_markdown_is_written_where_it_is_asked_for(run: Run, node: None, tmp_path: Path) -> None:
    ran = run("run", "mine.py", "odd.py", "--markdown", "--rerun", "0", "--confirm", "0")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert "python conforms in 2/3 cases: mine 2/2, odd 0/1" in lines
    assert any(line.startswith("  divergent odd/odd (python): ") for line in lines)
    text = (tmp_path / "build/conformance/last/report.md").read_text()
    assert text.startswith("# Conformance with Node ") and "| all | 2/3 |" in text and "`odd/odd[python]`" in text
    assert run("run", "mine.py").code == 0
    assert not (tmp_path / "build/conformance/last/report.md").exists()


def test_only_one_pairing(run: Run, node: None) -> None:
    ran = run("run", "mine.py", "--pairing", "python-node", "--traces", "all")
    assert ran.code == 0 and "1 cases, 1 items" in ran.out
    assert run("diff", "mine.py::mine/said").code == 0  # the reference's traces are there as well


def test_a_reference_that_hangs_is_errored_with_its_handles(run: Run, node: None) -> None:
    ran = run("run", "hangs.py", "--deadline", "0.5")
    assert ran.code == 3
    assert "ERRORED hangs/hangs[python]" in ran.out and "TCPServerWrap" in ran.out


@pytest.mark.parametrize("obstacle", ["last/traces", "flakes.json"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_output_that_takes_nothing_ends_the_run_with_one_line(
    run: Run, node: None, tmp_path: Path, obstacle: str, jobs: str
) -> None:
    # What a full disk does: `traces` is needed by the first item, `flakes.json` at the end.
    output = tmp_path / "out"
    (output / "last").mkdir(parents=True)
    if obstacle == "flakes.json":
        (output / obstacle).mkdir()
    else:
        (output / obstacle).write_text("in the way")
    ran = run("run", "mine.py", "odd.py", "--jobs", jobs, "--output", str(output))
    assert ran.code == 3
    kept = rf"\d of 8 results are in {output}/last/results\.jsonl; go on with: .* --resume .*"
    assert re.fullmatch(rf"conformance: output: {output}\S* cannot be written: \w[\w ]+; {kept}\n", ran.err)
    data = json.loads((output / "last" / "report.json").read_text())
    jsonschema.validate(data, json.loads(SCHEMA.read_text()))
    assert "Traceback" not in ran.out and "internal error" not in ran.out


def test_another_node_as_the_subject(run: Run, node: None) -> None:
    ran = run("run", "mine.py::mine/a_note", "--subject", "node:24")
    assert ran.code == 0, ran
    assert "mine/a_note: node ok, node24 ok" in ran.out


def test_surface(run: Run, node: None) -> None:
    ran = run("surface", "--json")
    data = json.loads(ran.out)
    assert ran.code == (1 if data["gaps"] or data["stale_exclusions"] else 0)
    assert data["covered"] > 200


def test_an_interruption_is_clean(run: Run, node: None, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(HANGS.replace("hangs", "slow"))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "conformance", "run", "slow.py", "--deadline", "60", "--node", "local"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        assert "against Node" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 2, (out, err)
    assert "interrupted" in out + err and "Traceback" not in out + err
    assert not (tmp_path / "build/conformance/report.json").exists()


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = f"{sys.executable} -m conformance show half_open/server_writes_after_fin | head -1"
    ran = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in ran.stderr and "BrokenPipe" not in ran.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_descriptor_is_quiet(tmp_path: Path, closed: str) -> None:
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = f"{sys.executable} -m conformance list half_open/ends_itself {closed}"
    ran = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_an_interruption_while_the_harness_is_loaded_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "list"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "conformance: interrupted\n")


def test_the_harness_without_what_it_needs_is_one_line(tmp_path: Path) -> None:
    """An installation that lost one of its dependencies says which."""
    (tmp_path / "click.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'click'\", name='click')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "list"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3 and not done.stdout
    assert done.stderr == (
        "conformance: click is not installed: pip install nodesock-conformance\n"
    )
