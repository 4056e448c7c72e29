"""What every stream is: the base class, the two state records, the classes, and how a stream is destroyed and piped.

What is built on these classes (pipeline, operators, `Readable.from`, …) stands above, in `nodesock.stream`.
"""
