"""What a container takes from its processes, taken from those outside it as well.

Roles on both sides of a pairing must meet the same refusals: whether port 80 can be bound, or a directory of
mode 0 be read, must not depend on which of them runs in a container. So a role outside one also has no
capabilities (they matter when the harness runs as root), cannot gain any, and has the usual umask.

As a program, ``python confine.py COMMAND…`` becomes that command, which also inherits the orphans among its
descendants, as the first process of a container does. Nothing here imports the package.
"""

import ctypes
import os
import sys

_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522

#: The umask of a container.
UMASK = 0o022

_libc = ctypes.CDLL(None, use_errno=True)


def confine() -> None:
    """Give up every capability of this process for good. Raises ``OSError``."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice 32 bits
    # Without the first, a later exec would give root everything back.
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _check(_libc.capset(header, nothing))
    os.umask(UMASK)


def reap_orphans() -> None:
    """From now on whatever descends from this process and loses its parent becomes its child. Raises ``OSError``."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    confine()
    reap_orphans()
    os.execv(sys.argv[1], sys.argv[1:])
