"""The conformance harness: the same scenario on nodesock and on real Node.js, compared record by record."""

from conformance.language.case import case

__all__ = ["case"]
