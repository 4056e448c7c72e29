"""Traces are normalised and compared, and every case in every pairing gets a verdict."""
