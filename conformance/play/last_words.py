"""Why a process ended, by what it left on stderr: one line of many.

The last line is rarely the one. Node ends with its version after an uncaught error, and with stacks after an assertion
that failed inside it. Python's last line is its exception, unless the interpreter itself broke.
"""

import re

#: What a runtime says before it aborts. The first such line is the reason.
_ABORT = re.compile(
    r"""
    Assertion\ failed:.*                         # Node's own CHECK
    | .*\bAssertion\ [`'].*'\ failed\..*         # assert(3), and so libuv's
    | FATAL\ ERROR:.* | (Debug\ c|C)heck\ failed:.* | Fatal\ JavaScript\ .*   # V8's
    | Fatal\ Python\ error:.*
    | terminate\ called\ .*                      # C++
    | .*:\ error\ while\ loading\ shared\ libraries:.* | .*:\ version\ `.*'\ not\ found\ .*  # the loader's
    """,
    re.VERBOSE,
)

#: An exception as Node and Python print it, at the beginning of a line. The last such line is the reason.
_EXCEPTION = re.compile(
    r"(Uncaught )?([a-z_]\w*\.)*[A-Z]\w*(Error|Exception|Interrupt|Exit|Failed)( \[\w+\])?(:.*)?|Error(:.*)?"
)

#: What stands around a reason and is none.
_AROUND = re.compile(
    r"""
    at\ .* | Node\.js\ v\d.* | -+\ .*\ stack\ trace\ -+ | \d+:\ .* | \(Use\ `node\ --trace.* | <---\ .*\ --->
    | [^\w]* | FailureMessage\ .* | Aborted.*
    """,
    re.VERBOSE,
)


def cause(stderr: str) -> str:
    """The line of ``stderr`` that says why its process ended, or "" if none does."""
    lines = [line.rstrip() for line in stderr.splitlines()]
    bare = [line.strip().removeprefix("#").strip() for line in lines]
    aborted = next((line for line in bare if _ABORT.fullmatch(line)), None)
    thrown = next((line for line in reversed(lines) if _EXCEPTION.fullmatch(line)), None)
    other = next((line for line in reversed(bare) if not _AROUND.fullmatch(line)), "")
    return aborted or thrown or other
