"""``python -m conformance``: list, run, show, diff, export, record, surface and node.

Exit codes are pytest's: 0 all conformant, 1 a divergence, 2 interrupted, 3 the reference or the harness
could not run, 4 usage (an unknown option, a broken case file, an unreadable setting), 5 nothing selected.
"""
import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from conformance.command.compare import compare
from conformance.command.look import diff, export, list_, show
from conformance.command.merge import merge
from conformance.command.node import node_, surface
from conformance.command.options import Failed
from conformance.command.record import record
from conformance.command.run import run
from conformance.config import ConfigError
from conformance.errors import CollectionError, NothingSelected, OutputError
from conformance.judge.verdict import Exit
from conformance.play.subjects.base import SubjectUnavailable
from conformance.tell.console import Unread
from conformance.tell.printable import one_line


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Hold an implementation of Node's net and dgram against real Node.js.

    A CASE is an id (net/half_open/server_writes_after_fin) or the end of one, a glob (net/half_open/*), a topic
    (half_open), an area (net), or a case file of your own (my_cases.py, my_cases.py::glob). Without any, all cases
    are meant.

    Exit codes: 0 all conformant, 1 divergence, 2 interrupted, 3 the reference or the harness could not run,
    4 usage, 5 nothing selected.
    """


for command in (run, merge, compare, list_, show, diff, export, record, surface, node_):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit. Whatever goes wrong is a line on stderr, each fault of a case file one."""
    for name in ("stdin", "stdout", "stderr"):  # in this order, so that what is closed gets its own descriptor
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - it stays open
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a character that its encoding lacks ends no run
    out: Any = Unread(sys.stdout)
    err: Any = Unread(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _main(arguments)
        out.flush()
    sys.exit(code)


def _main(arguments: Sequence[str] | None) -> int:
    try:
        cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="conformance",
            standalone_mode=False,
        )
        code = Exit.CONFORMANT
    except SystemExit as ended:
        return int(ended.code or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        code = Exit.USAGE
    except click.ClickException as error:
        code = _fail(error.format_message(), Exit.USAGE)
    except (ConfigError, CollectionError) as error:
        code = _fail(str(error), Exit.USAGE)
    except NothingSelected as error:
        code = _fail(str(error), Exit.NOTHING_SELECTED)
    except (SubjectUnavailable, OutputError) as error:
        code = _fail(str(error), Exit.UNAVAILABLE)
    except Failed as error:
        code = _fail(str(error), error.code)
    except (KeyboardInterrupt, click.Abort):
        code = _fail("interrupted", Exit.INTERRUPTED)
    except OSError as error:  # an output directory that is a file, say
        code = _fail(str(error), Exit.UNAVAILABLE)
    except Exception:  # noqa: BLE001 -- a bug of the harness: told in full, and never with the code of a divergence
        traceback.print_exc()
        code = _fail("internal error of the harness, see above", Exit.UNAVAILABLE)
    return code


def _fail(message: str, code: Exit) -> Exit:
    for line in message.splitlines():
        click.echo(one_line(f"conformance: {' '.join(line.split())}"), err=True)
    return code
