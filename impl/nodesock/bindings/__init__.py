"""Node's internal bindings, one module each, over pyuv. With runtime/, the only code that knows pyuv."""
