"""Bun and Deno as subjects: what is declared of them, and real roles, locally and in a container."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance.config import Config, ConfigError
from conformance.judge.session import Session
from conformance.language.selection import collect
from conformance.opening import subject_named
from conformance.play.subjects import binaries
from conformance.play.subjects.base import ReferenceUnavailable
from conformance.play.subjects.node import NodeSubject
from conformance.play.subjects.packaged import PackagedSubject
from conformance.play.subjects.runtimes import BUN, DENO, NODE, RUNTIMES, Runtime
from tests.conformance.play.roles import first_record, is_gone, play, terminated
from tests.conformance.scripted import make_case

FOREIGN = [BUN, DENO]

Opened = Callable[..., PackagedSubject]


@pytest.fixture(scope="module")
def opened(run_dir: Path) -> Iterator[Opened]:
    """Opens a runtime once for the module; skips where its binary cannot be had, with npm's reason."""
    subjects: dict[tuple[str, str], PackagedSubject] = {}
    with ExitStack() as stack:

        def opened(runtime: Runtime, provider: str = "local") -> PackagedSubject:
            try:
                binaries.obtain(runtime.default, runtime)
            except ReferenceUnavailable as unavailable:
                pytest.skip(str(unavailable))
            key = runtime.name, provider
            if key not in subjects:
                subjects[key] = stack.enter_context(PackagedSubject(runtime, provider).opened(run_dir))
            return subjects[key]

        yield opened


class TestDeclared:
    """What is declared, without running anything."""

    @pytest.mark.parametrize("runtime", RUNTIMES.values(), ids=lambda runtime: runtime.name)
    def test_the_default_is_pinned_for_every_architecture(self, runtime: Runtime) -> None:
        assert runtime.default in runtime.pinned
        for hashes in runtime.pinned.values():
            assert hashes.keys() == runtime.packages.keys()
            assert all(text.startswith("sha512-") and len(text) == 95 for text in hashes.values())

    def test_names(self) -> None:
        for name, version in (("bun", BUN.default), ("deno@2", DENO.default), ("deno@v2.9", DENO.default)):
            subject = subject_named(name)
            assert subject.name == name.partition("@")[0] == Config(subject=name).subject_names[0]
            assert subject.describe()["version"] == version

    def test_a_version_in_full_is_taken_as_it_is(self) -> None:
        assert subject_named("bun@1.4.0").describe()["version"] == "1.4.0"
        assert subject_named("bun@1.4.2-canary.20260928.1").describe()["version"] == "1.4.2-canary.20260928.1"

    @pytest.mark.parametrize("name", ["bun@", "bun@new", "bun:1", "deno 2", "Bun"])
    def test_anything_else_names_all_that_there_is(self, name: str) -> None:
        with pytest.raises(ConfigError) as caught:
            subject_named(name)
        assert str(caught.value).startswith(
            f"subject: there is no {name!r}; there are python, node:VERSION, bun, bun@VERSION, deno, deno@VERSION,"
        )


@pytest.mark.parametrize("runtime", FOREIGN, ids=lambda runtime: runtime.name)
class TestLocal:
    """Real processes beside the harness."""

    def test_it_says_what_it_is(self, runtime: Runtime, opened: Opened) -> None:
        described = opened(runtime).describe()
        assert (described["name"], described["version"]) == (runtime.name, runtime.default)
        assert (described["provider"], described["libuv"], described["note"]) == ("local", None, None)

    def test_it_runs_the_roles_and_not_node(self, runtime: Runtime, opened: Opened, run_dir: Path) -> None:
        program = "(t) => t.note('versions', process.versions)"
        trace = play(opened(runtime), make_case(programs={"main": program}), run_dir)
        assert terminated(trace) == [0, None]
        assert trace.roles["main"][0]["args"][0][runtime.name] == runtime.default

    def test_it_speaks_with_node_in_every_pairing(
        self, runtime: Runtime, opened: Opened, local_node: NodeSubject, run_dir: Path, tmp_path: Path
    ) -> None:
        (case,) = collect(["net/half_open/taken_away_in_end"])
        config = Config(output=tmp_path, repeat=1, confirm=0, rerun=0)
        session = Session(config, local_node, [opened(runtime)], run_dir)
        results = [session.judge(case, pairing) for pairing in session.pairings(case)]
        name = runtime.name
        assert [(result.pairing, str(result.verdict)) for result in results] == [
            (pairing, "conformant") for pairing in ("node-node", f"node-{name}", f"{name}-node", f"{name}-{name}")
        ]

    def test_every_role_is_a_fresh_process(self, runtime: Runtime, opened: Opened, run_dir: Path) -> None:
        program = "(t) => { t.note('seen', globalThis.seen ?? null); globalThis.seen = 1; t.note('pid', process.pid); }"
        traces = [play(opened(runtime), make_case(programs={"main": program}), run_dir) for _ in range(6)]
        assert [trace.roles["main"][0]["args"] for trace in traces] == [[None]] * 6
        assert len({trace.roles["main"][1]["args"][0] for trace in traces}) == 6

    def test_its_stderr_has_no_colours(self, runtime: Runtime, opened: Opened, run_dir: Path) -> None:
        trace = play(opened(runtime), make_case(programs={"main": "(t) => { throw new Error('mine'); }"}), run_dir)
        assert terminated(trace) == [1, None]
        assert "mine" in trace.output["main"]["stderr"]
        assert "\x1b" not in trace.output["main"]["stderr"]

    def test_what_a_role_prints_is_its_stdout_and_no_record(
        self, runtime: Runtime, opened: Opened, run_dir: Path
    ) -> None:
        program = "(t) => { console.log('before é'); t.note('n', 1); console.log('after'); }"
        trace = play(opened(runtime), make_case(programs={"main": program}), run_dir)
        assert trace.faults == [] and terminated(trace) == [0, None]
        assert trace.output["main"]["stdout"] == "before é\nafter\n"
        assert [record["kind"] for record in trace.roles["main"]] == ["note", "exit", "terminated"]

    def test_one_that_dies_before_its_first_record_has_died(
        self, runtime: Runtime, opened: Opened, run_dir: Path
    ) -> None:
        trace = play(opened(runtime), make_case(programs={"main": "this is no JavaScript"}), run_dir)
        assert terminated(trace) == [1, None]
        assert [record["kind"] for record in trace.roles["main"]] == ["terminated"]
        assert "SyntaxError" in trace.output["main"]["stderr"]

    def test_one_in_a_loop_is_killed(self, runtime: Runtime, opened: Opened, run_dir: Path) -> None:
        case = make_case(programs={"main": "(t) => { t.note('x', 1); for (;;); }"}, deadline_ms=50)
        trace = play(opened(runtime), case, run_dir)
        assert terminated(trace) == [None, "SIGKILL"]
        assert (trace.roles["main"][-2]["kind"], trace.roles["main"][-2]["label"]) == ("hung", "killed")

    def test_what_it_has_started_ends_with_it(self, runtime: Runtime, opened: Opened, run_dir: Path) -> None:
        program = (
            "(t) => { const { spawn } = process.getBuiltinModule('child_process');"
            " t.note('pid', spawn('sleep', ['60'], { stdio: 'inherit' }).pid); setInterval(() => {}, 1000); }"
        )
        case = make_case(programs={"main": program})
        role = opened(runtime).start(case, case.roles[0], {}, 10_000, run_dir)
        pid = first_record(role)["args"][0]
        role.kill()
        assert is_gone(pid)


@pytest.mark.docker
@pytest.mark.parametrize("runtime", FOREIGN, ids=lambda runtime: runtime.name)
class TestContained:
    """The same in a container."""

    def test_it_runs_in_an_image_of_its_own(
        self, runtime: Runtime, opened: Opened, docker_daemon: None, run_dir: Path
    ) -> None:
        subject = opened(runtime, "docker")
        described = subject.describe()
        assert (described["provider"], described["version"]) == ("docker", runtime.default)
        assert f"nodesock-conformance/{runtime.name}:{runtime.default}-" in str(described["image"])
        program = "(t) => t.note('versions', process.versions)"
        trace = play(subject, make_case(programs={"main": program}), run_dir)
        assert trace.roles["main"][0]["args"][0][runtime.name] == runtime.default

    def test_it_can_write_where_roles_work_only(
        self, runtime: Runtime, opened: Opened, docker_daemon: None, run_dir: Path
    ) -> None:
        program = (
            "(t) => { const fs = process.getBuiltinModule('fs');"
            " for (const place of ['/new', t.path('new')])"
            "   t.attempt('write', () => fs.writeFileSync(place, ''));"
            " t.note('status', fs.readFileSync('/proc/self/status', 'latin1').match(/CapEff:\\s*(\\w+)/)[1]); }"
        )
        trace = play(opened(runtime, "docker"), make_case(programs={"main": program}), run_dir)
        denied, allowed, capabilities = trace.roles["main"][:3]
        assert (denied["kind"], denied["args"][0]["code"]) == ("throw", "EROFS")
        assert allowed["kind"] == "attempt"
        assert int(capabilities["args"][0], 16) == 0


class TestLacking:
    """A runtime that lacks what the stage may ask for: the stage still plays."""

    @pytest.fixture
    def lacking(self, run_dir: Path, local_node: NodeSubject, tmp_path: Path) -> Iterator[Callable[[str], object]]:
        """Node without something: opens it with this text run first."""
        with ExitStack() as stack:

            def lacking(text: str) -> object:
                (tmp_path / "first.js").write_text(text)
                node = binaries.obtain(NODE.default)
                return stack.enter_context(subject_named(f"cmd:{node} -r {tmp_path}/first.js").opened(run_dir))  # type: ignore[attr-defined]

            yield lacking

    @pytest.mark.parametrize(
        "text",
        [
            "delete process.getActiveResourcesInfo; delete Object.getPrototypeOf(process).getActiveResourcesInfo",
            "delete globalThis.AbortSignal",
            "delete globalThis.setImmediate",
            "const { Module } = require('module'); const { _load } = Module;"
            "Module._load = (name, ...more) => {"
            "  if (/dgram|dns/.test(name)) throw new Error(`no ${name}`); return _load(name, ...more); }",
        ],
    )
    def test_the_stage_is_loaded(self, lacking: Callable[[str], object], run_dir: Path, text: str) -> None:
        program = (
            "(t) => { for (const ask of [t.active, () => t.abortSignal, () => t.immediate(() => {}), () => t.dgram])"
            " t.attempt('asked', ask); }"
        )
        started = time.monotonic()
        trace = play(lacking(text), make_case(programs={"main": program}), run_dir)  # type: ignore[arg-type]
        assert terminated(trace) == [0, None]
        assert time.monotonic() - started < 5
        kinds = [record["kind"] for record in trace.roles["main"]]
        assert sorted(kinds[:4]) == ["attempt"] * 3 + ["throw"]
        assert kinds[4:] == ["exit", "terminated"]
