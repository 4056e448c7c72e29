"""The conformance harness: the same scenario on nodesock and on real Node.js, compared record by record."""

from conformance.case import case

__all__ = ["case"]
