"""examples/c_role: a C program plays the roles of three cases by the role protocol, and no lie of it passes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.language.selection import collect
from conformance.play.runner import run_pairing
from conformance.play.subjects.command import CommandSubject
from conformance.play.subjects.node import NodeSubject
from tests.conformance.protocol import RECORD, SUPERVISOR, Overheard, fault_of

EXAMPLE = Path(__file__).parents[3] / "examples" / "c_role"
CASES = ["net/half_open/ends_itself", "net/local_address/refused_with_both", "dgram/receive/ipv4"]


@pytest.fixture(scope="module")
def role(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program."""
    for tool in ("make", "cc"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool} to compile the example with")
    directory = tmp_path_factory.mktemp("c_role")
    for name in ("Makefile", "role.c"):
        shutil.copy(EXAMPLE / name, directory)
    done = subprocess.run(["make", "-C", str(directory)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory / "role"


def run(role: Path, output: Path, *cases: str, arguments: str = "") -> tuple[int, dict[str, Any]]:
    """``conformance run`` with the program as the subject: the exit code, and every item of the report by its name."""
    command = [sys.executable, "-m", "conformance", "run", *cases, "--subject", f"program:{role} {arguments}".strip()]
    command += ["--output", str(output), "--confirm", "3", "--rerun", "0", "--deadline", "5", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    return done.returncode, {f"{item['id']}[{item['pairing']}]": item for item in report["cases"]}


def test_the_program_is_conformant_in_every_pairing(role: Path, local_node: NodeSubject, tmp_path: Path) -> None:
    code, items = run(role, tmp_path, *CASES)
    assert {name: item["verdict"] for name, item in items.items()} == dict.fromkeys(items, "conformant")
    assert code == 0 and len(items) == 4 + 2 + 4
    assert "net/half_open/ends_itself[program-program]" in items


@pytest.mark.parametrize(
    ("arguments", "case", "pairing", "category", "words"),
    [
        ("--skip end", CASES[0], "program-node", "sequence", "peer 'end' never came"),
        ("--skip connectionAttemptFailed", CASES[1], "program", "sequence", "never came"),
        ("--send PING", CASES[0], "node-program", "value", "server: peer 'data'"),
        ("--skip connect", CASES[0], "node-program", "sequence", "client 'connect' never came"),
        ("--send HELLO", CASES[2], "node-program", "value", "receiver: receiver 'message'"),
    ],
)
def test_a_lie_is_found(
    arguments: str,
    case: str,
    pairing: str,
    category: str,
    words: str,
    role: Path,
    local_node: NodeSubject,
    tmp_path: Path,
) -> None:
    code, items = run(role, tmp_path, case, arguments=arguments)
    item = items[f"{case}[{pairing}]"]
    assert (code, item["verdict"]) == (1, "divergent")
    assert item["first_difference"]["category"] == category
    assert words in item["reason"]


def test_a_case_that_it_does_not_know_is_divergent_and_the_reason_says_so(
    role: Path, local_node: NodeSubject, tmp_path: Path
) -> None:
    code, items = run(role, tmp_path, "net/connect_errors/port_zero")
    item = items["net/connect_errors/port_zero[program]"]
    assert (code, item["verdict"], item["first_difference"]["category"]) == (1, "divergent", "died")
    assert 'this program does not play "net/connect_errors/port_zero", role "main"' in item["reason"]


def test_another_version_of_the_protocol_is_an_error_of_the_item(
    role: Path, local_node: NodeSubject, tmp_path: Path
) -> None:
    source = (role.parent / "role.c").read_text("utf-8").replace("PROTOCOL = 1", "PROTOCOL = 2")
    (tmp_path / "role.c").write_text(source, encoding="utf-8")
    subprocess.run(["cc", "-o", str(tmp_path / "role"), str(tmp_path / "role.c")], check=True)
    code, items = run(tmp_path / "role", tmp_path / "out", CASES[0])
    item = items[f"{CASES[0]}[program-program]"]
    assert (code, item["verdict"]) == (3, "errored")
    assert item["reason"].endswith("it speaks version 2 of the role protocol, not 1")


def test_its_lines_are_as_the_schemas_say(role: Path, local_node: NodeSubject, run_dir: Path) -> None:
    with CommandSubject("program", str(role), with_stage=False).opened(run_dir) as honest:
        subject = Overheard(honest)
        for case in collect(CASES):
            run_pairing(case, {one.name: subject for one in case.roles}, run_dir)
        (case,) = collect([CASES[0]])
        run_pairing(case, {"server": subject, "client": local_node}, run_dir, 0.001)  # it hears nobody in time
    kinds = {record["kind"] for record in subject.said}
    assert {"protocol", "event", "publish", "note", "callback", "exit", "hung", "terminated"} <= kinds
    wrong = [fault_of(SUPERVISOR if line["kind"] == "terminated" else RECORD, line) for line in subject.said]
    assert not list(filter(None, wrong))
