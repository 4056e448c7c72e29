"""The one place that says which nodesock, and which harness, this is; both builds read it as text."""

__version__ = "0.1.0"
