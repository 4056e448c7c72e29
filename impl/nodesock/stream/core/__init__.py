"""What every stream is: the base class, the two state records, the classes, and how a stream is piped, watched and
destroyed.

Nothing here knows what is built on these classes (pipeline, operators, `Readable.from`, …): that stands above, in
`nodesock.stream`, which puts on the classes what it offers as methods. Within, from the ground up: the records and
`legacy`; `predicates`, `end_of_stream` and `add_abort_signal`, which take any stream; `destroy`; `options`; `readable`
and `writable`, of which neither knows the other; `duplex`, `transform`, `passthrough`.
"""
