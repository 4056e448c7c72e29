"""The runner over scripted roles: who starts when, what is kept, and whose fault what is."""

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.play import runner
from conformance.play.runner import PairingTrace, run_pairing
from tests.conformance.scripted import Peer, ScriptedSubject, make_case

TWO = {"server": "", "client": ""}
CLIENT_NEEDS_PORT = {"client": ("port",)}


def play(subject: ScriptedSubject, run_dir: Path, **options: Any) -> PairingTrace:
    deadline = options.pop("deadline", 5.0)
    case = make_case(**options)
    trace = run_pairing(case, {role.name: subject for role in case.roles}, run_dir, deadline)
    subject.close()
    return trace


def only_fault(trace: PairingTrace) -> runner.Fault:
    assert len(trace.faults) == 1, trace.faults
    return trace.faults[0]


def test_a_role_starts_when_what_it_takes_has_been_published(run_dir: Path) -> None:
    client_began = threading.Event()

    def server(peer: Peer) -> None:
        peer.write("note", label="listening")
        peer.write("publish", args=[{"port": 7}])
        client_began.wait(5)
        peer.end()

    def client(peer: Peer) -> None:
        client_began.set()
        peer.write("note", label="connecting", args=[peer.command["values"]])
        peer.end(3)

    subject = ScriptedSubject(server=server, client=client)
    trace = play(subject, run_dir, programs=TWO, needs=CLIENT_NEEDS_PORT)
    assert subject.started == ["server", "client"]
    assert [record["kind"] for record in trace.roles["server"]] == ["note", "publish", "terminated"]
    assert trace.roles["client"][0]["args"] == [{"port": 7}]
    assert trace.roles["client"][-1]["args"] == [3, None]
    assert trace.published == {"port": 7}
    assert trace.faults == []
    assert trace.subjects == {"server": "scripted", "client": "scripted"}


def test_a_role_whose_publisher_has_ended_is_a_fault_that_names_the_value(run_dir: Path) -> None:
    trace = play(ScriptedSubject(server=Peer.end), run_dir, programs=TWO, needs=CLIENT_NEEDS_PORT)
    fault = only_fault(trace)
    assert (fault.kind, fault.role, fault.whose) == ("unpublished", "client", "role")
    assert "port" in fault.message
    assert trace.roles["client"] == []


def test_garbage_is_a_fault_and_what_follows_is_kept(run_dir: Path) -> None:
    def main(peer: Peer) -> None:
        peer.write_raw(b"Segmentation fault\n")
        peer.write("note", label="still here")
        peer.end()

    trace = play(ScriptedSubject(main=main), run_dir)
    fault = only_fault(trace)
    assert (fault.kind, fault.whose) == ("garbage", "role")
    assert "Segmentation fault" in fault.message
    assert [record["kind"] for record in trace.roles["main"]] == ["note", "terminated"]


def test_only_the_first_garbage_is_reported(run_dir: Path) -> None:
    def main(peer: Peer) -> None:
        peer.write_raw(b"?\n" * 100)
        peer.end()

    trace = play(ScriptedSubject(main=main), run_dir)
    assert {fault.kind for fault in trace.faults} == {"garbage"}
    assert len(trace.faults) == 5


def test_a_line_in_pieces_is_one_record(run_dir: Path) -> None:
    def main(peer: Peer) -> None:
        for byte in b'{"kind":"note","label":"slow"}\n':
            peer.write_raw(bytes([byte]))
        peer.end()

    assert play(ScriptedSubject(main=main), run_dir).roles["main"][0]["label"] == "slow"


def test_a_connection_that_ends_without_terminated_is_the_machines_fault(run_dir: Path) -> None:
    trace = play(ScriptedSubject(main=lambda peer: peer.write("note")), run_dir)
    fault = only_fault(trace)
    assert (fault.kind, fault.whose) == ("lost", "machine")
    assert trace.fatal_faults == [fault]


def test_a_role_that_cannot_be_started_is_the_machines_fault(run_dir: Path) -> None:
    fault = only_fault(play(ScriptedSubject(), run_dir))
    assert (fault.kind, fault.whose, fault.message) == ("start", "machine", "there is no main")


def test_the_supervisors_own_word_that_there_was_no_role_is_the_machines_fault(run_dir: Path) -> None:
    trace = play(
        ScriptedSubject(main=lambda peer: peer.write_raw(b'\n{"kind":"fault","label":"no memory"}\n')),
        run_dir,
    )
    fault = only_fault(trace)
    assert (fault.kind, fault.whose, fault.message) == ("start", "machine", "no memory")


def test_a_role_that_nobody_kills_is_let_go(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_LOST_AFTER", 0.05)
    trace = play(ScriptedSubject(main=Peer.wait_until_let_go), run_dir, deadline_ms=50)
    assert only_fault(trace).kind == "lost"
    assert trace.duration_s < 2


def test_the_cases_own_deadline_wins(run_dir: Path) -> None:
    seen: list[int] = []

    def main(peer: Peer) -> None:
        seen.append(peer.command["deadline_ms"])
        peer.end()

    play(ScriptedSubject(main=main), run_dir, deadline=3)
    play(ScriptedSubject(main=main), run_dir, deadline=3, deadline_ms=700)
    assert seen == [3000, 700]


def test_a_role_that_writes_without_end_is_killed(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_MOST_RECORDS", 100)

    def main(peer: Peer) -> None:
        while True:
            peer.write("note")

    trace = play(ScriptedSubject(main=main), run_dir)
    assert only_fault(trace).kind == "flood"
    assert len(trace.roles["main"]) == 100


def test_a_kernel_query_is_answered_and_not_part_of_the_trace(run_dir: Path) -> None:
    replies: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        inode = os.fstat(listener.fileno()).st_ino

        def main(peer: Peer) -> None:
            for wanted in (inode, 1):
                peer.write("kernel?", object="server", args=[{"inode": wanted}])
                replies.append(peer.read())
            peer.end()

        trace = play(ScriptedSubject(main=main), run_dir)
    assert [record["kind"] for record in trace.roles["main"]] == ["terminated"]
    assert replies[1] is None
    assert "no process visible here holds socket 1" in trace.kernel_reasons[-1]
    if replies[0] is not None:  # else this process may not look at itself, and kernel_reasons says so
        assert replies[0]["tcp_state"] == "LISTEN"


def test_the_path_directory_exists_during_the_run_only(run_dir: Path) -> None:
    seen: list[Path] = []

    def main(peer: Peer) -> None:
        seen.append(Path(peer.command["path_dir"]))
        assert seen[0].is_dir()
        (seen[0] / "left behind").touch()
        peer.end()

    trace = play(ScriptedSubject(main=main), run_dir)
    assert not seen[0].exists()
    assert trace.path_dir == str(seen[0])


def test_an_exception_of_the_harness_is_an_internal_fault(run_dir: Path) -> None:
    class Broken(ScriptedSubject):
        def start(self, *args: Any) -> Any:
            raise ZeroDivisionError("oops")

    fault = only_fault(play(Broken(), run_dir))
    assert (fault.kind, fault.whose) == ("internal", "machine")
    assert "ZeroDivisionError: oops" in fault.message


class TestRawRoles:
    """Roles that the harness plays itself."""

    def test_it_publishes_and_takes_values_like_any_role(self, run_dir: Path) -> None:
        heard: list[Any] = []

        def raw(r: Any) -> None:
            r.publish(port=9)
            heard.append(r.wait("token"))

        def main(peer: Peer) -> None:
            peer.write("publish", args=[{"token": peer.command["values"]["port"] + 1}])
            peer.end()

        trace = play(ScriptedSubject(main=main), run_dir, raw={"raw": raw}, needs={"main": ("port",)})
        assert trace.faults == []
        assert "raw" not in trace.roles
        assert trace.published == {"port": 9, "token": 10}

    def test_what_it_publishes_counts_although_it_has_ended_already(
        self, run_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def start_and_end(raw: threading.Thread) -> None:
            threading.Thread.start(raw)
            threading.Thread.join(raw)

        monkeypatch.setattr(runner._RawRole, "start", start_and_end)
        subject = ScriptedSubject(main=Peer.end)
        trace = play(subject, run_dir, raw={"raw": lambda r: r.publish(port=9)}, needs={"main": ("port",)})
        assert trace.faults == []
        assert subject.started == ["main"]

    def test_it_is_stopped_when_every_compared_role_has_ended(self, run_dir: Path) -> None:
        def raw(r: Any) -> None:
            listener = r.listen()
            r.publish(port=listener.port)
            listener.accept()

        trace = play(ScriptedSubject(main=Peer.end), run_dir, raw={"raw": raw}, needs={"main": ("port",)})
        assert trace.faults == []
        assert trace.duration_s < 2

    def test_its_failure_is_a_fault_of_the_role_it_spoke_with(self, run_dir: Path) -> None:
        def raw(r: Any) -> None:
            raise AssertionError("no FIN")

        def main(peer: Peer) -> None:
            peer.end()

        fault = only_fault(play(ScriptedSubject(main=main), run_dir, raw={"raw": raw}))
        assert (fault.kind, fault.role, fault.whose) == ("raw", "raw", "role")
        assert fault.message == "AssertionError: no FIN"

    def test_its_deadline_is_the_roles(self, run_dir: Path) -> None:
        def raw(r: Any) -> None:
            r.listen().accept()

        trace = play(
            ScriptedSubject(), run_dir, raw={"raw": raw}, needs={"main": ("never",)}, deadline_ms=100
        )
        assert [fault.kind for fault in trace.faults] == ["raw", "unpublished"]
        assert "accept" in trace.faults[0].message

    def test_its_sockets_and_thread_are_gone_afterwards(self, run_dir: Path) -> None:
        kept: list[Any] = []

        def raw(r: Any) -> None:
            kept.append(r.listen())
            kept.append(r.connect(kept[0].port))
            kept.append(kept[0].accept())
            kept.append(r.udp())
            r.publish(ready=1)

        threads = threading.active_count()
        play(ScriptedSubject(main=Peer.end), run_dir, raw={"raw": raw}, needs={"main": ("ready",)})
        assert [owned.sock.fileno() for owned in kept] == [-1] * 4
        assert threading.active_count() == threads


def test_pairings_run_side_by_side_and_leave_no_descriptor(run_dir: Path) -> None:
    def server(peer: Peer) -> None:
        peer.write("publish", args=[{"port": 1}])
        peer.end()

    def client(peer: Peer) -> None:
        peer.write("note", args=[peer.command["values"]["port"]])
        peer.end()

    def once(_: int) -> PairingTrace:
        return play(
            ScriptedSubject(server=server, client=client), run_dir, programs=TWO, needs=CLIENT_NEEDS_PORT
        )

    once(0)
    before = len(os.listdir("/proc/self/fd"))
    with ThreadPoolExecutor(8) as pool:
        traces = list(pool.map(once, range(64)))
    assert [trace.faults for trace in traces] == [[]] * 64
    assert len(os.listdir("/proc/self/fd")) == before
