"""What Node, Python and the loader leave on stderr, and the line that says why."""

import subprocess
import sys

import pytest

from conformance.play.last_words import cause
from conformance.play.subjects import binaries
from conformance.play.subjects.runtimes import NODE

ASSERTION = """
  #  /usr/bin/node[7]: static void node::TCPWrap::New(const Arguments&) at ../src/tcp_wrap.cc:179
  #  Assertion failed: args.IsConstructCall()

----- Native stack trace -----

 1: 0x931db0  [/usr/bin/node]
 2: 0x932498 node::Assert(node::AssertionInfo const&) [/usr/bin/node]

----- JavaScript stack trace -----

1: main.js:1:71
2: runScriptInThisContext (node:internal/vm:219:10)
"""

OUT_OF_MEMORY = """
<--- Last few GCs --->

[10818:0x3832e000]    26578 ms: Scavenge (interleaved) 4021.5 (4125.7) -> 4020.8 (4221.0) MB
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0x931db0  [/usr/bin/node]
"""

CHECK = """

#
# Fatal error in , line 0
# Check failed: that->IsNumber().
#
#
#
#FailureMessage Object: 0x7ffd
----- Native stack trace -----

 1: 0x9eb6c2  [/usr/bin/node]
"""

LIBUV = """node: ../deps/uv/src/unix/core.c:902: uv__io_start: Assertion `w->fd >= 0' failed.
----- Native stack trace -----

 1: 0x9eb6c2  [/usr/bin/node]
Aborted (core dumped)
"""

UNCAUGHT = """node:internal/modules/cjs/loader:1568
  throw err;
  ^

Error: Cannot find module '/nope.js'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1564:15)
    at node:internal/main/run_main_module:33:47 {
  code: 'MODULE_NOT_FOUND',
  requireStack: []
}

Node.js v24.21.0
"""

THROWN = """
main.js:1
throw 'a text'
^
a text
(Use `node --trace-uncaught ...` to show where the exception was thrown)

Node.js v24.21.0
"""

CODED = """node:events:487
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use 127.0.0.1:80
    at Server.setupListenHandle [as _listen2] (node:net:1940:16)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1919:8) {
  code: 'EADDRINUSE',
  errno: -98,
}

Node.js v24.21.0
"""

PYTHON = """Traceback (most recent call last):
  File "x.py", line 1, in <module>
    import nowhere
ModuleNotFoundError: No module named 'nowhere'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "x.py", line 3, in <module>
conformance.errors.CollectionError: x.py:3: what is wrong
"""

FATAL_PYTHON = """Fatal Python error: Segmentation fault

Current thread 0x00007f (most recent call first):
  File "x.py", line 2 in play
"""

LOADER = "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file\n"


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (ASSERTION, "Assertion failed: args.IsConstructCall()"),
        (OUT_OF_MEMORY, "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
        (CHECK, "Check failed: that->IsNumber()."),
        (LIBUV, "node: ../deps/uv/src/unix/core.c:902: uv__io_start: Assertion `w->fd >= 0' failed."),
        (UNCAUGHT, "Error: Cannot find module '/nope.js'"),
        (THROWN, "a text"),
        (CODED, "Error: listen EADDRINUSE: address already in use 127.0.0.1:80"),
        (PYTHON, "conformance.errors.CollectionError: x.py:3: what is wrong"),
        (FATAL_PYTHON, "Fatal Python error: Segmentation fault"),
        (LOADER, LOADER.strip()),
        ("/usr/bin/node: bad option: --no-such\n", "/usr/bin/node: bad option: --no-such"),
        (
            "TypeError [ERR_INVALID_ARG_TYPE]: The argument\n    at x\n\nNode.js v24.21.0\n",
            "TypeError [ERR_INVALID_ARG_TYPE]: The argument",
        ),
        ("a warning\nthe last word\n", "the last word"),
        ("supervisor: listen EACCES: permission denied\n", "supervisor: listen EACCES: permission denied"),
        ("----- Native stack trace -----\n\n 1: 0x931db0  [/usr/bin/node]\n", ""),
        ("", ""),
    ],
)
def test_the_line_that_says_why(stderr: str, said: str) -> None:
    assert cause(stderr) == said
    assert cause("a warning before it\n" + stderr) == (said or "a warning before it")


def test_what_the_programs_of_this_machine_say() -> None:
    node = str(binaries.obtain(NODE.default))
    abort = "process.binding('tcp_wrap').TCP()"
    for command, said in (
        ([node, "--no-deprecation", "-e", abort], "Assertion failed: args.IsConstructCall()"),
        ([node, "/nowhere/supervisor.js"], "Error: Cannot find module '/nowhere/supervisor.js'"),
        ([node, "--no-such"], f"{node}: bad option: --no-such"),
        ([sys.executable, "-c", "import nowhere"], "ModuleNotFoundError: No module named 'nowhere'"),
        (
            [sys.executable, "-c", "import faulthandler as f; f.enable(); f._sigabrt()"],
            "Fatal Python error: Aborted",
        ),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert cause(done.stderr) == said
