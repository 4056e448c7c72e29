"""A harness to be killed: opens Node and Python, starts a role of each that hangs, says the pids, and waits.

    python harness.py docker|local

One line on stdout: the run directory, the supervisor's pid (0 when it is in a container), the forkserver's, and the two
roles' where they mean something outside a container.
"""

import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from conformance.language.collect import collect_file
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.python import PythonSubject
from conformance.play.subjects.rundir import RunDirectory
from tests.conformance.play.roles import CASE_FILE, first_record
from tests.conformance.scripted import make_case

HANG = "(t) => { t.note('pid', process.pid); t.net.createServer().listen(0); }"


def main(provider: str) -> None:
    node, python = NodeSubject(provider), PythonSubject(stage="tests.conformance.stages:hang")
    with (
        RunDirectory() as run_dir,
        tempfile.TemporaryDirectory() as cases,
        node.opened(run_dir),
        python.opened(run_dir),
    ):
        file = Path(cases) / "forked.py"
        file.write_text(CASE_FILE)
        forked, made = collect_file(file)[0], make_case(programs={"main": HANG})
        roles = [
            node.start(made, made.roles[0], {}, 60_000, run_dir),
            python.start(forked, forked.roles[0], {}, 60_000, run_dir),
        ]
        pids = [first_record(role)["args"][0] for role in roles]
        if provider == "docker":
            print(run_dir, python._hello["pid"], pids[1], flush=True)
        else:
            print(run_dir, node._hello["pid"], python._hello["pid"], *pids, flush=True)
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
