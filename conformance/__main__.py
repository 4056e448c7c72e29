"""``python -m conformance`` and the ``conformance`` command."""

import sys


def main() -> None:
    """The command line; one clear line and exit 3 where nodesock was installed without what the harness needs."""
    try:
        from conformance.cli import main as run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "conformance", "nodesock"):
            raise
        print(
            f"conformance: {missing} is not installed; install nodesock with its extra, nodesock[conformance]",
            file=sys.stderr,
        )
        raise SystemExit(3) from None
    run()


if __name__ == "__main__":
    main()
