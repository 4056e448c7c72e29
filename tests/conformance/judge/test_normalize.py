"""normalize: what is free becomes a name, and nothing else changes."""

import copy

from conformance.judge.normalize import normalize
from conformance.play.trace import Record
from tests.conformance.traces import callback, chunk, data_events, ending, error, event, note, publish


def args(records, **options):
    """The normalised arguments of a single role's records."""
    return [step.args for step in normalize({"main": records}, **options)["main"].steps]


def test_the_same_port_is_the_same_name_in_every_role_and_text():
    refused = error("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:40001", errno=-111, port=40001)
    run = normalize(
        {
            "server": [publish(port=40001), event("server", "connection", {"remotePort": 40002})],
            "client": [event("client", "error", refused, localPort=40002)],
        }
    )
    server, client = run["server"], run["client"]
    name = server.lines["process"][0].args[0]["port"]
    other = server.lines["server"][0].args[0]["remotePort"]
    assert {name, other} == {"<port 1>", "<port 2>"}
    got = client.steps[0]
    assert got.args[0]["port"] == name
    assert got.args[0]["message"] == f"connect ECONNREFUSED 127.0.0.1:{name}"
    assert got.args[0]["errno"] == -111
    assert got.state == {"localPort": other}


def test_names_do_not_depend_on_how_objects_interleave():
    a, b = event("a", "connect", {"port": 40001}), event("b", "connect", {"port": 40002})
    one, two = normalize({"main": [a, b]}), normalize({"main": [b, a]})
    assert one["main"].lines["a"][0].args == two["main"].lines["a"][0].args


def test_numbers_the_case_spells_out_stay():
    assert args([note("port", 54321), note("port", 40000)], literals={54321}) == [[54321], ["<port 1>"]]


def test_low_and_impossible_ports_stay():
    assert args([note("port", 80), note("port", 0), note("port", 65536), note("port", -1)]) == [
        [80],
        [0],
        [65536],
        [-1],
    ]


def test_a_number_that_is_no_port_stays_even_if_it_equals_one():
    records = [publish(port=40001), event("peer", "end", bytesRead=40001), note("bytes", 40001)]
    trace = normalize({"main": records})["main"]
    assert trace.steps[1].state == {"bytesRead": 40001}
    assert trace.steps[2].args == [40001]


def test_ports_after_an_address_in_event_arguments():
    attempt = event("client", "connectionAttempt", "127.0.0.1", 40001, 4)
    failed = event("client", "connectionAttemptFailed", "::1", 40001, 6, error("X", "connect X ::1:40001"))
    assert args([attempt, failed]) == [
        ["127.0.0.1", "<port 1>", 4],
        ["::1", "<port 1>", 6, error("X", "connect X ::1:<port 1>")],
    ]


def test_a_port_that_only_a_message_names():
    found = args([event("c", "error", error("X", "connect X 1.2.3.4:80 - Local (127.0.0.1:40007)"))])
    assert found[0][0]["message"] == "connect X 1.2.3.4:80 - Local (127.0.0.1:<port 1>)"


def test_ports_in_texts_keep_word_boundaries():
    records = [publish(port=4000), note("text", "a:4000 b:40001 c:4000x :4000")]
    assert args(records)[1] == ["a:<port 1> b:40001 c:4000x :<port 1>"]


def test_port_as_text_and_lists_of_ports():
    first, second = args([note("ports", [40001, 40002]), note("serverPort", "40002")])
    assert first == [["<port 1>", "<port 2>"]]
    assert second == ["<port 2>"]


def test_booleans_and_words_that_end_like_a_port_stay():
    assert args([note("reusePort", True), note("transport", 40001)]) == [[True], [40001]]


def test_the_run_directory_becomes_a_name():
    message = "connect ENOENT /tmp/run/p1/s.sock"
    found = args(
        [event("c", "error", error("ENOENT", message, address="/tmp/run/p1/s.sock"))],
        directories=["/tmp/run/p1"],
    )
    assert found[0][0]["message"] == "connect ENOENT <dir>/s.sock"
    assert found[0][0]["address"] == "<dir>/s.sock"


def test_descriptors_and_pids_become_names_and_failures_stay():
    assert args([note("fd", 12), note("fd", -1), note("handle", {"fd": 7, "pid": 1234, "fdx": 7})]) == [
        ["<fd>"],
        [-1],
        [{"fd": "<fd>", "pid": "<pid>", "fdx": 7}],
    ]


def test_consecutive_data_events_of_one_object_are_joined():
    whole = normalize({"main": data_events("peer", b"hello world")})["main"]
    cut = normalize({"main": data_events("peer", b"hel", b"lo w", b"orld")})["main"]
    assert cut.steps[0].args == whole.steps[0].args
    assert cut.steps[0].state == {"bytesRead": 11}
    assert (cut.steps[0].first, cut.steps[0].last) == (0, 2)
    assert cut.steps[0].args[0]["$bytes"] == 11
    assert cut.steps[0].args[0]["head"] == "hello world"


def test_joined_data_with_other_bytes_of_the_same_length_differs():
    one = normalize({"main": data_events("peer", b"hel", b"lo")})["main"].steps[0].args
    two = normalize({"main": data_events("peer", b"hel", b"la")})["main"].steps[0].args
    assert one != two


def test_data_is_not_joined_over_another_event_of_the_object():
    records = [*data_events("peer", b"ab"), event("peer", "pause"), *data_events("peer", b"cd", start=b"ab")]
    steps = normalize({"main": records})["main"].steps
    assert [step.label for step in steps] == ["data", "pause", "data"]
    assert [step.args[0]["$bytes"] for step in steps if step.label == "data"] == [2, 2]


def test_data_is_joined_over_the_events_of_other_objects():
    first, second = data_events("peer", b"ab", b"cd")
    steps = normalize({"main": [first, event("other", "end"), second]})["main"].steps
    assert [step.title for step in steps] == ["peer 'data'", "other 'end'"]
    assert (steps[0].first, steps[0].last) == (0, 2)


def test_strings_are_joined_too_long_ones_as_well():
    whole = normalize({"main": data_events("peer", "é" * 400)})["main"].steps[0].args
    cut = normalize({"main": data_events("peer", "é" * 10, "é" * 390)})["main"].steps[0].args
    assert whole == cut
    assert whole[0]["$string"] == 800


def test_exact_chunks_are_left_alone():
    steps = normalize({"main": data_events("peer", b"ab", b"cd")}, exact_chunks=True)["main"].steps
    assert [step.args for step in steps] == [[chunk(b"ab")], [chunk(b"cd")]]


def test_data_that_is_no_stream_is_left_alone():
    records = [event("object_stream", "data", {"n": 1}), event("object_stream", "data", {"n": 2})]
    assert args(records) == [[{"n": 1}], [{"n": 2}]]


def test_stderr_is_for_the_reader_and_kernel_questions_are_dropped():
    records = [
        Record("kernel?", "peer"),
        Record("kernel", "peer", state={"sndbuf": 1}),
        *ending(1, stderr="boom"),
    ]
    steps = normalize({"main": records})["main"].steps
    assert [step.kind for step in steps] == ["kernel", "exit", "terminated"]
    assert steps[2].label is None and steps[2].detail == "boom"


def test_lines_are_objects_labels_and_the_process():
    records = [
        event("a", "end"),
        callback("done"),
        note("n", 1),
        Record("throw", None, "x", [error("E", "m")]),
        *ending(),
    ]
    assert list(normalize({"main": records})["main"].lines) == [
        "a",
        "callback done",
        "note n",
        "attempt x",
        "process",
    ]


def test_records_are_not_written_into():
    records = [publish(port=40001), *data_events("peer", b"a", b"b"), *ending()]
    before = copy.deepcopy(records)
    normalize({"main": records})
    assert records == before


def test_joined_data_that_only_differs_behind_its_head():
    head = b"x" * 60
    one = normalize({"main": data_events("peer", head, b"a")})["main"].steps[0].args
    two = normalize({"main": data_events("peer", head, b"b")})["main"].steps[0].args
    assert one[0]["head"] == two[0]["head"] and one != two


def test_the_length_of_a_value_is_no_port():
    value = {"$bytes": 40001, "digest": "0" * 16, "head": "GET 127.0.0.1:40001"}
    assert args([note("port", value), publish(port=40001)])[0] == [value]
