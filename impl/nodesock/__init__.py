"""Node.js's net and dgram for Python, on the same event-loop core."""
