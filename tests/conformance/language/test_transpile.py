"""The transpiler: what it emits means in Node what the source means in Python, and the rest is refused with a line."""

from pathlib import Path

import pytest

from conformance.errors import CollectionError
from conformance.language.collect import collect_file
from conformance.language.names import camel_case
from conformance.language.selection import collect
from conformance.language.subset import STAGE
from tests.conformance.both_sides import FIXTURES, both_sides, node, on_node, write_cases

MEANING = """
GREETING = b"hello"
LIMITS = {"first_limit": 1, "second": (2, 3)}


def twice(t, value):
    t.note("helper", value)
    return again(value)


def again(value):
    return value + value


@case(about="x")
def literals(t):
    t.note("bytes", b"\\x00\\xff" + b"z" * 3)
    t.note("text", "tab\\t quote\\" back\\\\ €")
    t.note("numbers", [0, -1, 1.5, 1_000_000, 1 if False else 8])
    t.note("constants", [None, True, False])
    t.note("dict", {"some_key": 1, "b": {"inner_key": b"x"}, "with space": 2})
    t.note("module constants", [GREETING, LIMITS])
    t.note("special", [float("nan"), float("inf"), float("-inf")])


@case(about="x")
def truth(t):
    for value in [0, 1, "", "a", b"", b"a", [], [0], {}, {"a": 1}, None, True, False, 0.0]:
        t.note("truth", "yes" if value else "no")
        t.note("not", not value)
        t.note("bool", bool(value))
    t.note("or", [0 or "b", "a" or "b", b"" or None, None or [] or 5])
    t.note("and", [0 and "b", "a" and "b", [] and 1, 1 and 2 and 3])
    t.note("mixed", 1 < 2 and "yes" or "no")


@case(about="x")
def operators(t):
    t.note("add", [1 + 2, "a" + "b", b"a" + b"b", [1] + [2, 3], True + 1])
    t.note("multiply", ["ab" * 3, 3 * b"ab", [1, 2] * 2, 6 * 7, "x" * 0, b"" * 5])
    t.note("divide", [7 // 2, -7 // 2, 7 % 3, -7 % 3])
    t.note("precedence", [2 * (3 + 4) - 5, (2 - 3) * 4, 10 - (4 - 3), -(1 + 2)])
    t.note("compare", [1 < 2, "a" <= "b", 2 > 3, 3 >= 3, b"b" > b"ab", [1, 2] < [1, 3], [1] < [1, 0], "😀" > "\uffee"])
    big, small = [5, 1]
    t.note("compare names", [big > small, big <= small, big >= 5, len("ab") < big])
    t.note("equal", [b"a" == b"a", [1, [2]] == [1, [2]], {"a": 1} == {"a": 1}, 1 == "1", None == 0, True == 1])
    t.note("unequal", [b"a" != b"b", "a" != "a"])
    t.note("is", [None is None, GREETING is not None])
    t.note("in", ["b" in "abc", b"b" in b"abc", 2 in [1, 2], [1] in [[1]], 5 not in [1]])
    t.note("in with underscores", ["some_key" in {"some_key": 1}, "b_c" in "ab_cd", "a_b" not in {"a_b": 1}])


@case(about="x")
def sequences(t):
    text, data, items = "žluť", b"abcdef", [1, 2, 3]
    t.note("len", [len(text), len(data), len(items), len({"a": 1}), len("😀")])
    t.note("index", [text[0], text[-1], data[0], data[-1], items[1], items[-3]])
    t.note("slice", [text[1:3], data[2:], data[:-1], items[:], items[1:-1], data[10:], "😀ab"[1:]])
    items[0] = 5
    items[-1] += 4
    t.note("changed", items)
    copy = items[:]
    copy.append(1)
    copy.extend([2, 3])
    copy += [4]
    t.note("copies", [items, copy])
    t.note("popped", [copy.pop(), copy.pop(0), copy.pop(-2), copy])
    t.attempt("beyond", lambda: items[3])
    t.attempt("no key", lambda: {"a": 1}["b"])
    names = {"one_name": 1}
    names["other_name"] = 2
    names["one_name"] += 10
    t.note("dict", names)
    t.note("item", names["other_name"])


@case(about="x")
def methods(t):
    t.note("join", [", ".join(["a", "b"]), b"-".join([b"a", b"b", b"c"]), b"".join([])])
    t.note("codecs", ["ž".encode(), b"\\xc5\\xbe".decode(), b"\\x01\\xff".hex()])
    t.note("ends", ["abc".startswith("ab"), b"abc".startswith(b"b"), "abc".endswith("bc"), b"abc".endswith(b"c")])
    t.note("letters", ["aB".upper(), "aB".lower(), "  a ".strip()])
    t.note("built in", [str(5), str(None), str(True), int("12"), int(3.7), abs(-2), min(3, 1), max([1, 2][0], 5)])
    t.note("least and most", [min([3, 1]), max([b"a", b"b"]), max(2, 7, 5)])
    t.note("sorted", [sorted([3, 1, 2]), sorted(["b", "a"])])
    t.note("bytes", [bytes(3), bytes([1, 2]), bytearray(2), bytes()])
    t.note("list", [list("ab"), list({"a": 1}), list(range(2))])
    t.note("format", f"{1 + 1} {'a'} {None} {True} {t.error('m')} `$" + f"{{}}")


@case(about="x")
def scopes(t):
    count = 0

    def bump(by=2):
        nonlocal count
        count += by
        return count

    bump()
    bump(3)
    t.note("count", count)
    later = []
    for i in range(3):
        later.append(lambda: i)
    t.note("late binding", [call() for call in later])
    later = [lambda i=i: i for i in range(3)]
    t.note("defaults", [call() for call in later])
    kept = []
    for i in range(1, 8, 3):
        def keep(value=i):
            return [value, i]
        kept.append(keep)
    t.note("kept", [keep() for keep in kept])
    first, (second, third) = 1, [2, 3]
    t.note("unpacked", [first, second, third])
    for name, value in [["a", 1], ["b", 2]]:
        if name == "b":
            last = value
    t.note("after the loop", [name, last])
    t.note("comprehension", [n * n for n in range(5) if n % 2 == 0])

    def collect(first, *rest):
        return [first, rest]

    t.note("rest", [collect(1), collect(*[1, 2, 3])])
    t.note("helper", twice(t, "x"))


@case(about="x")
def branches(t):
    for n in range(6):
        if n == 1:
            continue
        elif n == 4:
            break
        else:
            t.note("n", n)
        if n > 2:
            t.note("big", n)

    def fail():
        raise t.error("on purpose")

    def nothing():
        pass

    t.attempt("fails", fail)
    t.attempt("returns nothing", nothing)


@case(about="x")
def words_of_javascript(t):
    new, function, this, var, delete = 1, 2, 3, 4, 5
    typeof = lambda default, switch=6: default + switch
    t.note("words", [new, function, this, var, delete, typeof(1)])


@case(about="x")
def order_of_evaluation(t):
    seen = []

    def say(value):
        seen.append(value)
        return value

    say(1) if say(0) else say(2)
    say(3) or say(4)
    say(0) and say(5)
    t.note("seen", seen)
"""


def test_the_same_source_means_the_same_on_both_sides(tmp_path: Path) -> None:
    results = both_sides(write_cases(tmp_path, MEANING))
    assert len(results) == MEANING.count("@case")
    for name, (python, javascript) in results.items():
        assert python, name
        assert javascript == python, name


def test_calls_and_options(tmp_path: Path) -> None:
    source = """
    @case(about="x")
    def calls(t):
        listener = lambda: None
        t.net.connect(listener, port=1, allow_half_open=True)
        t.net.Socket(on_read={"buffer": 5}).set_multicast_ttl(1)
        t.stream.finished(t.net, listener, readable=False)
        t.events.once(t.net, "close", signal=1)
        t.net.BlockList().add_subnet("::", 3, "ipv6")
        t.net.max_listeners = 3
        t.publish(some_port=5)
        t.next_tick(lambda: t.note("code", getattr(t.net, "local_address", None)))
        options = {"a_b": 1}
        t.net.connect(**options, c_d=2)
    """
    (found,) = collect_file(write_cases(tmp_path, source))
    program = found.programs["main"]
    for line in (
        "t.net.connect({ port: 1, allowHalfOpen: true }, listener);",
        "new t.net.Socket({ onread: { buffer: 5 } }).setMulticastTTL(1);",
        "t.stream.finished(t.net, { readable: false }, listener);",
        't.events.once(t.net, "close", { signal: 1 });',
        'new t.net.BlockList().addSubnet("::", 3, "ipv6");',
        "t.net.maxListeners = 3;",
        "t.publish({ some_port: 5 });",
        't.nextTick(() => t.note("code", $.getattr(t.net, "localAddress", null)));',
        "t.net.connect({ ...options, cD: 2 });",
    ):
        assert line in program


def test_async_functions(tmp_path: Path) -> None:
    source = """
    @case(about="x")
    class Roles:
        def server(t):
            async def serve(stream, name):
                await t.events.once(stream, "open")
                async for chunk in stream:
                    t.note(name, chunk)

            t.spawn(serve(t.stream, "a"))
            t.net.once("connection", serve)
            t.publish(port=1)

        async def client(t, port):
            await t.events.once(t.net, "x")
    """
    (found,) = collect_file(write_cases(tmp_path, source))
    assert "async function serve(stream, name) {" in found.programs["server"]
    assert "for await (chunk of stream) {" in found.programs["server"]
    assert 't.spawn(serve(t.stream, "a"));' in found.programs["server"]
    assert 't.net.once("connection", serve);' in found.programs["server"]
    assert found.programs["client"].startswith("async function client(t, { port }) {")
    assert 'await t.events.once(t.net, "x");' in found.programs["client"]


def test_async_generators(tmp_path: Path) -> None:
    source = """
    @case(about="x")
    def sample(t):
        async def upper(source, limit=2):
            async for chunk in source:
                yield chunk
                if chunk == b"stop":
                    return

        t.stream.pipeline(t.stream.Readable.from_(upper([])), upper, t.callback("over"))
        t.net.Socket().map(upper, concurrency=2)
    """
    (found,) = collect_file(write_cases(tmp_path, source))
    (program,) = found.programs.values()
    assert "async function* upper(source, limit = 2) {" in program
    assert "yield chunk;" in program
    assert "return;" in program
    assert 't.stream.pipeline(t.stream.Readable.from(upper([])), upper, t.callback("over"));' in program
    assert "new t.net.Socket().map(upper, { concurrency: 2 });" in program


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("import os", 5, "an import is outside the subset"),
        ("while True:\n        pass", 5, "while is outside the subset"),
        ("try:\n        pass\n    except Exception:\n        pass", 5, "try is outside the subset"),
        ("with t.net:\n        pass", 5, "with is outside the subset"),
        ("x = {1, 2}", 5, "a set is outside the subset"),
        ("x = y = 1", 5, "an assignment to several targets"),
        ("x = 1 < 2 < 3", 5, "a chained comparison"),
        ("x = 2 ** 70", 5, "the operator Pow"),
        ("x = 1 / 2", 5, "the operator Div"),
        ("x = 1 << 2", 5, "the operator LShift"),
        ("x = 9007199254740993", 5, "not exact in JavaScript"),
        ("x = [1][0:1:1]", 5, "a slice with a step"),
        ("x = f'{1:03}'", 5, "a conversion or format in an f-string"),
        ("raise ValueError('x')", 5, "a raise of anything but t.error"),
        ("t.sleep(1)", 5, "the stage has no 'sleep'"),
        ("t.note('a', value=1)", 5, "positional arguments only"),
        ("t.publish(1)", 5, "keyword arguments only"),
        ("print('x')", 5, "the name 'print' is not known"),
        ("x = undefined_thing", 5, "the name 'undefined_thing' is not known"),
        ("x = case", 5, "no constant and no helper function"),
        ("x = {5: 1}", 5, "a dict key that is no string literal"),
        ("def f(a, *, b):\n        pass", 5, "keyword-only"),
        ("def f(a):\n        return a\n    f(a=1)", 7, "keyword arguments of a function of the case"),
        ("async def f():\n        pass\n    f()", 7, "start it by t.spawn"),
        ("async def f():\n        pass\n    async def g():\n        await f()\n    t.spawn(g())", 8, "resumes later"),
        ("async def f():\n        pass\n    t.next_tick(f)", 7, "start it by t.spawn"),
        ("t.spawn(t.net)", 5, "t.spawn takes a call of an async function"),
        ("def g():\n        yield 1", 6, "yield"),
        ("async def g():\n        x = yield 1", 6, "yield"),
        ("async def g():\n        yield 1\n    t.spawn(g())", 7, "t.spawn takes a call of an async function"),
        ("x = (y for y in [1])", 5, "a generator expression"),
        ("x = t.net.__class__", 5, "the attribute __class__"),
        ("for x in [1]:\n        pass\n    else:\n        pass", 5, "else of a for"),
        ("del t", 5, "del is outside the subset"),
        ("getattr(t, 'x')", 5, "getattr without"),
    ],
)  # fmt: skip
def test_outside_the_subset(tmp_path: Path, body: str, line: int, message: str) -> None:
    file = write_cases(tmp_path, f'@case(about="x")\ndef sample(t):\n    {body}\n')
    with pytest.raises(CollectionError) as raised:
        collect_file(file)
    assert raised.value.line == line
    assert message in raised.value.message
    assert str(raised.value).count("\n") == 0
    assert str(raised.value).startswith(f"{file}:{line}: ")


def test_the_stage_of_node_has_what_the_transpiler_lets_through() -> None:
    script = "process.stdout.write(Object.keys(require(process.argv[1]).stage).join())"
    printed = node(script, str(FIXTURES / "stage.js"))
    assert set(printed.split(",")) == {camel_case(name) for name in STAGE}


def test_every_built_in_program_is_javascript() -> None:
    programs = {f"{case.id} {role}": text for case in collect() for role, text in case.programs.items()}
    # Compiled by being the body of a function that nobody calls.
    failed = on_node({name: f"(t) => {{ () => ({text}); }}" for name, text in programs.items()})
    assert len(failed) == len(programs)
    assert [name for name, notes in failed.items() if notes] == []
