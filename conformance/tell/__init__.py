"""Verdicts are reported: the terminal, ``report.json``, ``junit.xml``, ``index.html``, and the raw traces."""
