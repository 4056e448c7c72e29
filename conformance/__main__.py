"""``python -m conformance`` and the ``conformance`` command."""

import sys


def main() -> None:
    """The command line; one line and exit 3 where something that the harness depends on is not installed."""
    try:
        from conformance.cli import main as run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "conformance"):
            raise
        print(
            f"conformance: {missing} is not installed: pip install nodesock-conformance", file=sys.stderr
        )
        raise SystemExit(3) from None
    except KeyboardInterrupt:
        print("conformance: interrupted", file=sys.stderr)
        raise SystemExit(2) from None
    run()


if __name__ == "__main__":
    main()
