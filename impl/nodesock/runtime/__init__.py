"""The event loop below everything else: queues, timers, uncaught exceptions and pyuv's loop."""
