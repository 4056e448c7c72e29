"""What a run leaves: ``report.json``, ``junit.xml``, ``index.html``, a page per case, and the raw traces."""
