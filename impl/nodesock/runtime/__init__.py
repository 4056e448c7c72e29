"""The event loop below everything else: queues, timers, uncaught exceptions and pyuv's loop.

From the ground up: `hooks` (what the layer above fills in) and `uv_loop`; `uncaught`, `rejections`, `ticks`,
`promises`; `interrupts` and `wakeup`; `loop`, which runs a program; `timers`, `handles` and `delay` on top of it.
"""
