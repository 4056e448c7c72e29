"""process.py: warnings, ticks with JavaScript's call semantics, exit codes."""

import pytest

import nodesock
from nodesock.errors import NodeError
from nodesock.process import process
from nodesock.runtime.loop import run

pytestmark = pytest.mark.usefixtures("fresh_loop")


def test_warnings_come_on_a_tick_and_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    log: list = []
    process.print_warnings = True
    process.on("warning", lambda w: log.append((w.name, w.code, str(w))))

    def main() -> None:
        process.emit_warning("first")
        process.emit_warning("second", "CustomWarning", "C1")
        process.emit_warning("third", {"type": "Mapped", "code": "C2", "detail": "more"})
        log.append("main")

    run(main)
    assert log == [
        "main",
        ("Warning", None, "first"),
        ("CustomWarning", "C1", "second"),
        ("Mapped", "C2", "third"),
    ]
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(") ")[2] or line for line in lines] == [
        "Warning: first",
        "[C1] CustomWarning: second",
        "[C2] Mapped: third",
        "more",
    ]


def test_a_deprecation_is_told_once() -> None:
    log: list = []
    process.on("warning", lambda w: log.append(str(w)))
    for _ in range(2):
        process.emit_warning("old", "DeprecationWarning", "DEPTEST")
    run()
    assert log == ["old"]


def test_bad_warning() -> None:
    with pytest.raises(
        NodeError, match='The "warning" argument must be of type string or an instance of Error'
    ):
        process.emit_warning(5)  # type: ignore[arg-type]


def test_next_tick_has_javascripts_call_semantics() -> None:
    log: list = []

    def main() -> None:
        process.next_tick(lambda: log.append(()), 1, 2)
        process.next_tick(lambda a, b: log.append((a, b)), 1)

        nodesock.next_tick(lambda: log.append("public"), 1)
        nodesock.queue_microtask(lambda none: log.append(none))

    run(main)
    assert log == [(), (1, None), "public", None]
    with pytest.raises(NodeError, match='The "callback" argument must be of type function'):
        nodesock.queue_microtask(5)  # type: ignore[arg-type]
    with pytest.raises(NodeError, match='The "callback" argument must be of type function'):
        process.next_tick(5)  # type: ignore[arg-type]


def test_exit_code_of_exit() -> None:
    codes: list = []
    process.on("exit", codes.append)
    process.exit_code = 4
    with pytest.raises(SystemExit) as caught:
        run(process.exit)
    assert caught.value.code == 4 and codes == [4]
