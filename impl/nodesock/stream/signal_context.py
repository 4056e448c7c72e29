"""What a function given to an operator, to `pipeline` or to `Duplex.from` gets as its last argument."""

from nodesock.abort import AbortSignal


class SignalContext:
    """In Node a plain object with one property: `signal` aborts when what the function works for is given up."""

    def __init__(self, signal: AbortSignal) -> None:
        self.signal = signal
