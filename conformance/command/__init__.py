"""The verbs of ``python -m conformance``: a module for each, and what they share."""
