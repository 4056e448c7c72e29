"""Collection: ids, roles and globs, and one clear line for everything that is wrong with a case file."""

from pathlib import Path

import pytest

from conformance.errors import CollectionError
from conformance.language.collect import collect_file
from conformance.language.selection import collect
from tests.conformance.both_sides import write_cases

TWO_ROLES = """
@case(about="the server greets", exact_chunks=True, skip_unless="node>=22.13", deadline_ms=500)
class ServerGreets:
    def server(t):
        t.publish(port=1, path="x")

    def client(t, port, path):
        t.note("port", port)

    def raw_third(r, port):
        r.connect(port=port)
"""


def test_a_class_is_a_case_of_several_roles(tmp_path: Path) -> None:
    (found,) = collect_file(write_cases(tmp_path, TWO_ROLES, "greeting"))
    assert found.id == "greeting/server_greets"
    assert (found.topic, found.name, found.line) == ("greeting", "server_greets", 4)
    assert [role.name for role in found.roles] == ["server", "client"]
    assert [role.name for role in found.raw_roles] == ["raw_third"]
    assert found.role("client").needs == ("port", "path")
    assert found.exact_chunks
    assert found.deadline_ms == 500
    assert set(found.programs) == {"server", "client"}


def test_requirements_are_reasons_to_skip(tmp_path: Path) -> None:
    (found,) = collect_file(write_cases(tmp_path, TWO_ROLES))
    assert found.skip_reason((24, 19, 0)) is None
    assert found.skip_reason() is None
    assert found.skip_reason((20, 20, 0)) == "needs node>=22.13, the reference is node 20.20.0"


@pytest.mark.parametrize(
    ("requirement", "played", "skipped"),
    [
        ("node>=22.13", [(22, 13, 0), (25, 0, 0)], [(22, 12, 9), (20, 20, 2)]),
        ("node<26", [(25, 9, 0), (20, 0, 0)], [(26, 0, 0)]),
        ("node^24.19", [(24, 19, 0), (24, 21, 3)], [(24, 18, 9), (25, 0, 0), (26, 12, 1), (22, 22, 0)]),
        ("node^24.19||>=26.4", [(24, 20, 0), (26, 4, 0), (27, 0, 0)], [(24, 18, 0), (25, 9, 0), (26, 3, 9)]),
        ("node^22.13.1||^23.4||>=24", [(22, 13, 1), (23, 11, 0), (24, 0, 0)], [(22, 13, 0), (23, 3, 0)]),
        ("node>=22 node<25", [(24, 0, 0)], [(20, 0, 0), (25, 0, 0)]),
    ],
)
def test_versions_are_written_as_npm_writes_them(
    tmp_path: Path, requirement: str, played: list[tuple[int, ...]], skipped: list[tuple[int, ...]]
) -> None:
    source = f'@case(about="x", skip_unless="{requirement}")\ndef a(t):\n    pass\n'
    (found,) = collect_file(write_cases(tmp_path, source))
    assert [found.skip_reason(version) for version in played] == [None] * len(played)
    assert None not in [found.skip_reason(version) for version in skipped]


def test_a_function_is_a_case_of_one_role_called_main(tmp_path: Path) -> None:
    (found,) = collect_file(write_cases(tmp_path, '@case(about="x")\ndef works(t):\n    t.note("a", 1)\n'))
    assert [role.name for role in found.roles] == ["main"]
    assert found.id == "sample/works"


def test_a_helper_may_publish_for_its_role(tmp_path: Path) -> None:
    source = """
    def ready(t):
        t.publish(port=1)

    @case(about="x")
    class A:
        def server(t):
            t.next_tick(lambda: ready(t))

        def client(t, port):
            pass
    """
    (found,) = collect_file(write_cases(tmp_path, source))
    assert found.role("client").needs == ("port",)


def test_the_scenery_publishes_for_a_role_and_is_copied_into_its_program(tmp_path: Path) -> None:
    source = """
    from conformance.scenery import serve

    @case(about="x")
    class A:
        def server(t):
            serve(t, lambda peer: peer.end())

        def client(t, port):
            pass
    """
    (found,) = collect_file(write_cases(tmp_path, source))
    assert found.role("client").needs == ("port",)
    assert "function serve(t, on_connection, options = null) {" in found.programs["server"]
    assert 'function listen(t, server, host = "127.0.0.1") {' in found.programs["server"]


def test_a_constant_of_the_scenery_is_one_with_that_of_its_functions(tmp_path: Path) -> None:
    source = """
    from conformance.scenery import READS, closely, numbers

    @case(about="x")
    def both(t):
        numbers(t, "numbers", 2)
        closely(t, "other", t.stream.Readable(), READS)
    """
    (found,) = collect_file(write_cases(tmp_path, source))
    assert found.programs["main"].count("const READS = ") == 1


def test_a_constant_may_not_hide_what_the_scenery_needs(tmp_path: Path) -> None:
    source = """
    from conformance.scenery import closely, numbers

    READS = ["read"]

    @case(about="x")
    def both(t):
        numbers(t, "numbers", 2)
        closely(t, "other", t.stream.Readable(), READS)
    """
    with pytest.raises(CollectionError, match="READS means one thing here and another in"):
        collect_file(write_cases(tmp_path, source))


def test_a_helper_may_not_hide_what_the_scenery_needs(tmp_path: Path) -> None:
    source = """
    from conformance.scenery import serve

    def listen(t, server):
        server.listen(0)

    @case(about="x")
    def both(t):
        listen(t, t.net.create_server())
        serve(t, lambda peer: peer.end())
    """
    with pytest.raises(CollectionError, match="listen means one thing here and another in"):
        collect_file(write_cases(tmp_path, source))


def test_a_fixture_stands_in_for_a_program(tmp_path: Path) -> None:
    source = '@case(about="x", fixtures={"main": "state.json"})\ndef works(t):\n    import os\n'
    (found,) = collect_file(write_cases(tmp_path, source))
    assert found.programs["main"].startswith("{")


CASE = '@case(about="x")\n'


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("def works(t:\n    pass\n", 3, "syntax error"),
        ("x = 1 / 0\n", 3, "ZeroDivisionError: division by zero"),
        ("import nothing_of_that_name\n", 3, "ModuleNotFoundError"),
        (CASE + "def a(t):\n    pass\n\n" + CASE + "def a(t):\n    pass\n", 8, "a second case 'sample/a'"),
        (
            CASE + "class A:\n    def x(t):\n        pass\n    def x(t):\n        pass\n",
            7,
            "a second role 'x'",
        ),
        (CASE + "def a():\n    pass\n", 4, "must be 't'"),
        (CASE + "def a(t):\n    t.note('a')\n", 5, "t.note takes 2 arguments, here are 1"),
        (CASE + "def a(t):\n    t.callback()\n", 5, "t.callback takes 1 or 2 arguments, here are 0"),
        (CASE + "class A:\n    def raw(t):\n        pass\n", 5, "must be 'r'"),
        (CASE + "class A:\n    def raw(r):\n        pass\n", 4, "A has no role"),
        (CASE + "class A:\n    x = 1\n", 5, "role functions only"),
        (CASE + "def a(t, port):\n    pass\n", 4, "takes 'port', which no other role publishes"),
        (
            CASE + "class A:\n    def a(t):\n        t.publish(path=1)\n    def b(t, port):\n        pass\n",
            7,
            "takes 'port'",
        ),
        (
            CASE + "class A:\n    def a(t, x):\n        pass\n    def b(t):\n        pass\n",
            5,
            "which no other role publishes",
        ),
        (CASE + "def a(t, *more):\n    pass\n", 4, "plain parameters only"),
        (
            CASE + "class A:\n" + "".join(f"    def r{n}(t):\n        pass\n" for n in range(3)),
            4,
            "3 compared roles",
        ),
        ('@case(about="")\ndef a(t):\n    pass\n', 4, "about must be the requirement"),
        ('@case(about="x", skip_unless="windows")\ndef a(t):\n    pass\n', 4, "does not know 'windows'"),
        ('@case(about="x", skip_unless="node^24|26")\ndef a(t):\n    pass\n', 4, "does not know 'node^24|26'"),
        ('@case(about="x", deadline_ms=-5)\ndef a(t):\n    pass\n', 4, "positive number of milliseconds"),
        ("raise SystemExit(3)\n", 3, "SystemExit: 3"),
        ('@case(about=5)\ndef a(t):\n    pass\n', 4, "about must be the requirement"),
        ('@case(about="x", skip_unless=5)\ndef a(t):\n    pass\n', 4, "skip_unless does not know 5"),
        ('@case(about="x", skip_unless=["ipv6"])\ndef a(t):\n    pass\n', 4, "does not know ['ipv6']"),
        ('@case(about="x", deadline_ms="5")\ndef a(t):\n    pass\n', 4, "positive number of milliseconds"),
        ('@case(about="x", deadline_ms=float("nan"))\ndef a(t):\n    pass\n', 4, "positive number of mil"),
        ('@case(about="x", fixtures={"main": 5})\ndef a(t):\n    pass\n', 4, "no such fixture"),
        ('@case(about="x", fixtures={5: "x.js"})\ndef a(t):\n    pass\n', 4, "which the case has not"),
        ('@case(about="x", fixtures={"b": "x.js"})\ndef a(t):\n    pass\n', 4, "which the case has not"),
        ('@case(about="x", fixtures={"main": "x.js"})\ndef a(t):\n    pass\n', 4, "no such fixture"),
        ("@case\ndef a(t):\n    pass\n", 3, "TypeError"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, source: str, line: int, message: str) -> None:
    file = write_cases(tmp_path, source)
    with pytest.raises(CollectionError) as raised:
        collect_file(file)
    assert message in raised.value.message
    assert raised.value.line == line
    assert "\n" not in str(raised.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    source = """
    @case(about=" ", deadline_ms=-1)
    def first(t, nobody):
        t.net.connect(port=1).on("x", lambda: t.nothing())
        while True:
            pass
        if unknown:
            t.note("a", other)

    @case(about="x")
    class Second:
        def raw(t):
            pass

        def client(t):
            def nested():
                yield 1
            t.note("a", 2 @ 1)

    @case(about="x")
    def third(t):
        pass

    @case(about="x")
    def third(t):
        pass
    """
    file = write_cases(tmp_path, source)
    with pytest.raises(CollectionError) as raised:
        collect_file(file)
    lines = file.read_text().splitlines()
    faults = [(lines[fault.line - 1].strip(), fault.message) for fault in raised.value.faults]
    expected = [
        ("def first(t, nobody):", "about must be"),
        ("def first(t, nobody):", "deadline_ms must be"),
        ("def first(t, nobody):", "the role 'main' takes 'nobody'"),
        ('t.net.connect(port=1).on("x", lambda: t.nothing())', "the stage has no 'nothing'"),
        ("while True:", "while is outside"),
        ("if unknown:", "the name 'unknown'"),
        ('t.note("a", other)', "the name 'other'"),
        ("def raw(t):", "the first parameter of the role 'raw'"),
        ("yield 1", "yield is outside"),
        ('t.note("a", 2 @ 1)', "the operator MatMult"),
        ("def third(t):", "a second case 'sample/third'"),
    ]
    assert [line for line, _ in faults] == [line for line, _ in expected]
    assert all(message.startswith(start) for (_, message), (_, start) in zip(faults, expected, strict=True))
    assert str(raised.value).splitlines() == [str(fault.args[0]) for fault in raised.value.faults]


def test_the_faults_of_several_files_are_said_at_once(tmp_path: Path) -> None:
    sources = {"one": "def a():\n    pass\n", "two": "def a(t):\n    1 +\n"}
    files = [write_cases(tmp_path, CASE + source, name) for name, source in sources.items()]
    with pytest.raises(CollectionError) as raised:
        collect([str(file) for file in files])
    assert [fault.file.stem for fault in raised.value.faults] == ["one", "two"]


def test_a_file_name_that_is_no_topic(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="is not snake_case"):
        collect_file(write_cases(tmp_path, CASE + "def a(t):\n    pass\n", "Half-Open"))
