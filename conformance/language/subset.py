"""The subset as tables: what of Python a case may use, and the JavaScript of its names.

``transpile`` walks the tree; what it looks up on the way stands here.
"""

import ast

#: What the stage offers; both stages have exactly these (a test compares). The least and the most arguments of a call,
#: None where it is no function. `publish` takes keywords alone.
STAGE: dict[str, tuple[int, int] | None] = {
    **dict.fromkeys(("net", "dgram", "stream", "events", "dns", "abort_signal")),
    **dict.fromkeys(("publish", "active", "abort_controller"), (0, 0)),
    **dict.fromkeys(("exit",), (0, 1)),
    **dict.fromkeys(("next_tick", "microtask", "immediate", "clear", "block", "spawn", "snapshot", "kernel"), (1, 1)),
    **dict.fromkeys(("on_uncaught", "on_warning", "on_before_exit", "async_dispose", "error"), (1, 1)),
    **dict.fromkeys(("path", "file_mode", "mkdir", "remove"), (1, 1)),
    **dict.fromkeys(("callback",), (1, 2)),
    **dict.fromkeys(("watch", "note", "attempt", "subclass", "timeout", "interval", "chmod"), (2, 2)),
    **dict.fromkeys(("override",), (3, 3)),
}

#: Where the options object of a call stands among the JavaScript arguments; -1 is last. All others: first.
OPTIONS_AT = {
    "add_event_listener": 2,
    "finished": 1,
    "from_": 1,
    "once": -1,
    "on": -1,
    "pipe": -1,
    "map": 1,
    "filter": 1,
    "for_each": 1,
    "flat_map": 1,
    "some": 1,
    "every": 1,
    "find": 1,
    "take": 1,
    "drop": 1,
    "reduce": -1,
    "compose": -1,
    "pipeline": -1,
}

#: Built-in functions of the subset and what they become.
BUILTINS = {
    "len": "$.len",
    "str": "$.str",
    "int": "$.int",
    "float": "$.float",
    "bool": "$.truthy",
    "bytes": "$.bytes",
    "bytearray": "$.bytes",
    "range": "$.range",
    "sorted": "$.sorted",
    "list": "$.list",
    "min": "$.min",
    "max": "$.max",
    "abs": "Math.abs",
}

#: Methods of str, bytes and list that the subset knows. Nothing of Node's has a method of one of these names.
METHODS = frozenset({"append", "extend", "pop", "encode", "decode", "hex", "join", "startswith", "endswith"})
PLAIN_METHODS = {"upper": "toUpperCase", "lower": "toLowerCase", "strip": "trim"}


COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
BINARY = {ast.Add: "$.add", ast.Mult: "$.mul", ast.Mod: "$.mod"}
#: Only what has no second meaning in Python and no limit in JavaScript: bits end at 32 there, and 6 / 2 is 3.0 here.
PLAIN_BINARY = {ast.Sub: "-"}


_DESCRIBED = {
    "AnnAssign": "a declaration without a value",
    "Assert": "assert",
    "Assign": "an assignment to several targets",
    "AsyncWith": "async with",
    "ClassDef": "a class",
    "Delete": "del",
    "DictComp": "a dict comprehension",
    "GeneratorExp": "a generator expression",
    "Global": "global",
    "Import": "an import",
    "ImportFrom": "an import",
    "Match": "match",
    "NamedExpr": ":=",
    "Set": "a set",
    "SetComp": "a set comprehension",
    "Try": "try",
    "TryStar": "try",
    "While": "while",
    "With": "with",
    "Yield": "yield",
    "YieldFrom": "yield",
}


def described(node: ast.AST) -> str:
    """What to call a piece of Python that the subset has not."""
    name = type(node).__name__
    return _DESCRIBED.get(name, name)


def is_boolean(node: ast.expr) -> bool:
    """Whether the JavaScript text of the expression is always true or false."""
    match node:
        case ast.Compare() | ast.UnaryOp(ast.Not(), _) | ast.Constant(True | False):
            return True
        case ast.BoolOp(_, values):
            return all(is_boolean(value) for value in values)
    return False


def is_number(node: ast.expr) -> bool:
    """Whether it is a number as it stands, so that what it is compared with must be one too."""
    match node:
        case ast.Constant(int() | float()) | ast.Call(ast.Name("len")):
            return True
    return False
