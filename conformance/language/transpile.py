"""From a role function in the checked subset of Python to a JavaScript function ``(t, values)``.

Three rules hold it together. Names of attributes, keyword arguments and dict keys go through ``names``;
local variables keep their names. Keyword arguments become one options object, the first of the JavaScript
arguments (``OPTIONS_AT`` lists the calls where Node has it elsewhere). Where an operator means something
else in JavaScript, a helper of ``node_fixtures/subset.js`` is called as ``$``; where it means the same,
plain JavaScript is emitted, so that an exported program reads like one written by
hand.

Python scopes are functions, and closures see the last value of a variable: every local is declared once, at
the top of its function, unless it is assigned exactly once and there. What is outside the subset is a
``CollectionError``.
"""

import ast
import json
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from conformance.errors import CollectionError, Faults
from conformance.language.case_file import CaseFile
from conformance.language.javascript import (
    escape,
    indent,
    lines_of,
    literal,
    object_literal,
    template,
    with_defaults,
)
from conformance.language.names import camel_case
from conformance.language.scope import FunctionLike, Scope
from conformance.language.subset import (
    BINARY,
    BUILTINS,
    COMPARE,
    METHODS,
    OPTIONS_AT,
    PLAIN_BINARY,
    PLAIN_METHODS,
    STAGE,
    described,
    is_boolean,
    is_number,
)


def transpile_role(module: CaseFile, role: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The JavaScript source of one role: an expression whose value is a function ``(t, values)``.

    The constants and helper functions that the role uses, of its file and of ``conformance.scenery``, stand
    in the program before it. ``$``, the helpers of ``subset.js``, must be in scope. Raises
    ``CollectionError`` with all that is outside the subset.
    """
    used: dict[str, _Shared] = {}
    faults = Faults()
    translator = _Translator(module, used, faults)
    parameters = ", ".join(translator.declare_parameter(argument.arg) for argument in role.args.args[1:])
    head = f"function {escape(role.name)}(t{', { ' + parameters + ' }' if parameters else ''})"
    program = translator.function(role, head, Scope(role, None))
    faults.check()
    if not used:
        return program
    shared = "\n".join(text for _, text in used.values())
    return f"(() => {{\n{shared}\nreturn {program};\n}})()"


class _Shared(NamedTuple):
    """A constant or helper function in front of a program: the file it stands in, and its JavaScript."""

    file: Path
    text: str


class _Translator:
    """Translates the functions of one program; ``used`` collects what it needs of the modules, by name.

    What is outside the subset goes to ``faults``, and the translation goes on beside it.
    """

    def __init__(self, module: CaseFile, used: dict[str, _Shared], faults: Faults) -> None:
        self.module = module
        self.used = used
        self.faults = faults
        self.scope: Scope

    # Functions and scopes

    def declare_parameter(self, name: str) -> str:
        return name if escape(name) == name else f"{name}: {escape(name)}"

    def function(self, node: FunctionLike, head: str, scope: Scope) -> str:
        """``head`` and the braces with the body of ``node`` in them."""
        outer, self.scope = getattr(self, "scope", None), scope
        try:
            body = node.body if isinstance(node.body, list) else [ast.Return(node.body)]
            lines = [line for statement in body for line in self.statement(statement)]
            hoisted = [escape(name) for name in scope.hoisted]
            if hoisted:
                lines.insert(0, f"let {', '.join(hoisted)};")
            prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
            if scope.yields:
                head = head.replace("function ", "function* ", 1)
            return "\n".join([f"{prefix}{head} {{", *indent(lines), "}"])
        finally:
            if outer is not None:
                self.scope = outer

    def parameters(self, arguments: ast.arguments) -> tuple[str, list[tuple[str, str]]]:
        """The JavaScript parameter list, and the defaults that are no constants as (stand-in, value)."""
        if arguments.posonlyargs or arguments.kwonlyargs or arguments.kwarg or arguments.kw_defaults:
            self.outside(
                arguments.args[0] if arguments.args else arguments,
                "keyword-only or positional-only parameters",
            )
        plain = len(arguments.args) - len(arguments.defaults)
        parts, defaults = [escape(argument.arg) for argument in arguments.args[:plain]], []
        for argument, default in zip(arguments.args[plain:], arguments.defaults, strict=True):
            value = self.expression(default)
            if not isinstance(default, ast.Constant):
                defaults.append((f"{argument.arg}$", value))
                value = f"{argument.arg}$"
            parts.append(f"{escape(argument.arg)} = {value}")
        if arguments.vararg:
            parts.append(f"...{escape(arguments.vararg.arg)}")
        return ", ".join(parts), defaults

    def lambda_(self, node: ast.Lambda) -> str:
        parameters, defaults = self.parameters(node.args)
        outer, self.scope = self.scope, Scope(node, self.scope)
        try:
            body = self.expression(node.body)
        finally:
            self.scope = outer
        if body.startswith("{"):
            body = f"({body})"
        return with_defaults(f"({parameters}) => {body}", defaults)

    # Statements: each gives its lines

    def statement(self, node: ast.stmt) -> list[str]:
        try:
            return self._statement(node)
        except CollectionError as error:
            self.faults.add(error)
            return []

    def _statement(self, node: ast.stmt) -> list[str]:
        match node:
            case ast.Expr(ast.Constant(str())) | ast.Pass() | ast.Nonlocal():
                return []
            case ast.Expr(ast.Yield(value)) if value is not None and self.scope.yields:
                return lines_of(f"yield {self.expression(value)};")
            case ast.Expr(value):
                text = self.expression(value)
                return lines_of(
                    f"({text});" if text.startswith(("{", "function", "async function")) else f"{text};"
                )
            case ast.Return(None):
                # `return null` in a generator would take a microtask more
                return ["return;" if self.scope.yields else "return null;"]
            case ast.Return(value) if value is not None:
                return lines_of(f"return {self.expression(value)};")
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self.nested(node)
            case ast.Assign(targets=[target], value=value):
                return lines_of(self.assign(target, self.expression(value)))
            case ast.AnnAssign(target=target, value=value) if value is not None:
                return lines_of(self.assign(target, self.expression(value)))
            case ast.AugAssign():
                return lines_of(self.augmented(node))
            case ast.If():
                return self.if_(node)
            case ast.For():
                return self.loop(node, f"of $.iter({self.expression(node.iter)})", "for")
            case ast.AsyncFor():
                return self.loop(node, f"of {self.expression(node.iter)}", "for await")
            case ast.Break():
                return ["break;"]
            case ast.Continue():
                return ["continue;"]
            case ast.Raise(
                exc=ast.Call(func=ast.Attribute(value=ast.Name("t"), attr="error")) as error, cause=None
            ):
                return lines_of(f"throw {self.expression(error)};")
            case ast.Raise():
                self.outside(node, "a raise of anything but t.error(…)")
        self.outside(node, described(node))

    def nested(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
        if node.decorator_list:
            self.outside(node, "a decorator on a nested function")
        name = escape(node.name)
        parameters, defaults = self.parameters(node.args)
        text = self.function(node, f"function {name}({parameters})", Scope(node, self.scope))
        in_place = self.scope.declares_in_place(node.name)
        if in_place and not defaults:
            return lines_of(text)
        kind = "const " if in_place else ""
        return lines_of(f"{kind}{name} = {with_defaults(text, defaults)};")

    def assign(self, target: ast.expr, value: str) -> str:
        match target:
            case ast.Name(name):
                return f"{'const ' if self.scope.declares_in_place(name) else ''}{escape(name)} = {value};"
            case ast.Attribute(owner, attribute):
                self.check_attribute(target)
                return f"{self.operand(owner)}.{camel_case(attribute)} = {value};"
            case ast.Subscript(owner, key) if not isinstance(key, ast.Slice):
                return f"$.setindex({self.expression(owner)}, {self.key(key)}, {value});"
            case ast.Tuple() | ast.List():
                names = self.target(target)
                return f"{names} = {value};"
        self.outside(target, "an assignment to this")

    def target(self, target: ast.expr) -> str:
        """A loop or unpacking target: names only, declared at the top of the function."""
        match target:
            case ast.Name(name):
                return escape(name)
            case ast.Tuple(elements) | ast.List(elements):
                return f"[{', '.join(self.target(element) for element in elements)}]"
        self.outside(target, "a target that is not a name")

    def augmented(self, node: ast.AugAssign) -> str:
        value = self.expression(node.value)
        match node.target:
            case ast.Name(name):
                return f"{escape(name)} = {self.binary(node, node.op, escape(name), value, in_place=True)};"
            case ast.Attribute(ast.Name() as owner, attribute):
                place = f"{self.expression(owner)}.{camel_case(attribute)}"
                return f"{place} = {self.binary(node, node.op, place, value, in_place=True)};"
            case ast.Subscript(
                ast.Name() as owner,
                (ast.Constant() | ast.Name() | ast.UnaryOp(operand=ast.Constant())) as key,
            ):
                base, at = self.expression(owner), self.key(key)
                updated = self.binary(node, node.op, f"$.index({base}, {at})", value, in_place=True)
                return f"$.setindex({base}, {at}, {updated});"
        self.outside(node, "an augmented assignment to more than a name, name.attribute or name[constant]")

    def if_(self, node: ast.If) -> list[str]:
        lines = [f"if ({self.condition(node.test)}) {{", *self.block(node.body)]
        match node.orelse:
            case []:
                return [*lines, "}"]
            case [ast.If() as chained]:
                first, *rest = self.if_(chained)
                return [*lines, f"}} else {first}", *rest]
        return [*lines, "} else {", *self.block(node.orelse), "}"]

    def loop(self, node: ast.For | ast.AsyncFor, over: str, keyword: str) -> list[str]:
        if node.orelse:
            self.outside(node, "else of a for")
        return [f"{keyword} ({self.target(node.target)} {over}) {{", *self.block(node.body), "}"]

    def block(self, body: list[ast.stmt]) -> list[str]:
        return indent([line for statement in body for line in self.statement(statement)])

    # Expressions: each gives its text

    def expression(self, node: ast.expr) -> str:
        try:
            return self._expression(node)
        except CollectionError as error:
            self.faults.add(error)
            return "null"

    def _expression(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value):
                try:
                    return literal(value)
                except ValueError as error:
                    self.fail(node, str(error))
            case ast.Name(name):
                return self.name(node, name)
            case ast.Attribute(owner, attribute):
                self.check_attribute(node)
                if attribute == "errno":
                    return f"$.errno({self.expression(owner)})"
                return f"{self.operand(owner)}.{camel_case(attribute)}"
            case ast.Call():
                return self.call(node)
            case ast.Lambda():
                return self.lambda_(node)
            case ast.List(elements) | ast.Tuple(elements):
                return f"[{', '.join(self.argument(element) for element in elements)}]"
            case ast.Dict():
                return self.dict_(node)
            case ast.JoinedStr(parts):
                return self.f_string(parts)
            case ast.BinOp(left, operator, right):
                return self.binary(node, operator, self.operand(left), self.operand(right))
            case ast.UnaryOp(ast.Not(), operand):
                return f"!{self.parenthesised_condition(operand)}"
            case ast.UnaryOp(ast.USub() | ast.UAdd() as sign, operand):
                return f"{'-' if isinstance(sign, ast.USub) else '+'}{self.operand(operand)}"
            case ast.BoolOp():
                return self.bool_op(node)
            case ast.Compare(left, [operator], [right]):
                return self.compare(left, operator, right)
            case ast.Compare():
                self.outside(node, "a chained comparison")
            case ast.IfExp(test, body, orelse):
                return f"{self.condition(test)} ? {self.operand(body)} : {self.operand(orelse)}"
            case ast.Subscript(value, ast.Slice(lower, upper, step)):
                if step is not None:
                    self.outside(node, "a slice with a step")
                ends = [self.expression(end) if end is not None else "null" for end in (lower, upper)]
                return f"$.slice({self.expression(value)}, {', '.join(ends)})"
            case ast.Subscript(value, key):
                return f"$.index({self.expression(value)}, {self.key(key)})"
            case ast.Await(value):
                return f"await {self.awaited(node, value)}"
            case ast.ListComp(element, [ast.comprehension() as generator]) if not generator.is_async:
                return self.comprehension(element, generator)
        self.outside(node, described(node))

    def operand(self, node: ast.expr) -> str:
        """An expression that can stand beside an operator or before a dot."""
        text = self.expression(node)
        simple = isinstance(
            node,
            ast.Name
            | ast.Attribute
            | ast.Call
            | ast.Subscript
            | ast.List
            | ast.Tuple
            | ast.JoinedStr
            | ast.ListComp,
        )
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            simple = True
        if isinstance(node, ast.Constant) and not isinstance(node.value, int | float):
            simple = True
        if isinstance(node, ast.Constant) and text.isdigit():
            return text
        return text if simple else f"({text})"

    def name(self, node: ast.Name, name: str) -> str:
        if self.scope.knows(name):
            if self.scope.is_async_function(name):
                self.fail(node, f"{name} is async: start it by t.spawn({name}(…)) or make it a listener")
            return escape(name)
        if found := self.module.helper(name):
            self.use_helper(node, name, *found)
            return escape(name)
        if name in self.module.namespace and not name.startswith("__"):
            if self.is_new(node, name, home := self.module.home(name)):
                try:
                    text = f"const {escape(name)} = {literal(home.namespace[name])};"
                except ValueError:
                    self.fail(node, f"{name} is no constant and no helper function, the Node half cannot use it")
                self.used[name] = _Shared(home.file, text)
            return escape(name)
        if name in BUILTINS:
            return BUILTINS[name]
        self.fail(node, f"the name {name!r} is not known in this role or not in the subset")

    def is_new(self, node: ast.Name, name: str, module: CaseFile) -> bool:
        """Whether the program has not got what ``name`` means in ``module``; one program, one meaning."""
        if name not in self.used:
            return True
        if self.used[name].file != module.file:
            self.fail(node, f"{name} means one thing here and another in {self.used[name].file.name}")
        return False

    def use_helper(self, node: ast.Name, name: str, module: CaseFile, helper: FunctionLike) -> None:
        if not self.is_new(node, name, module):
            return
        self.used[name] = _Shared(module.file, "")  # a helper may call itself
        other = _Translator(module, self.used, self.faults)
        other.scope = Scope(helper, None)
        parameters, defaults = other.parameters(helper.args)
        if defaults:
            other.outside(helper, "a default of a helper function's parameter that is no constant")
        text = other.function(helper, f"function {escape(name)}({parameters})", other.scope)
        del self.used[name]  # behind what it uses itself
        self.used[name] = _Shared(module.file, text)

    def check_attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == "t" and node.attr not in STAGE:
            self.fail(node, f"the stage has no {node.attr!r}; it has {', '.join(sorted(STAGE))}")
        if node.attr.startswith("__"):
            self.outside(node, f"the attribute {node.attr}")

    def check_count(self, node: ast.Call, stage_call: str) -> None:
        """Too few or too many arguments would be a TypeError in Python and nothing in JavaScript."""
        takes = STAGE[stage_call]
        if takes is None or any(isinstance(argument, ast.Starred) for argument in node.args):
            return
        least, most = takes
        if not least <= len(node.args) <= most:
            wanted = str(most) if least == most else f"{least} or {most}"
            self.fail(node, f"t.{stage_call} takes {wanted} arguments, here are {len(node.args)}")

    def call(self, node: ast.Call) -> str:
        match node.func:
            case ast.Name("getattr"):
                return self.getattr_(node)
            case ast.Attribute(owner, method) if method in METHODS:
                return f"$.{method}({', '.join([self.expression(owner), *self.plain_arguments(node)])})"
            case ast.Attribute(owner, method) if method in PLAIN_METHODS and not node.args:
                return f"{self.operand(owner)}.{PLAIN_METHODS[method]}()"
            case ast.Attribute(ast.Name("t"), "spawn"):
                return self.spawn(node)
            case ast.Attribute(ast.Name("t"), stage_call):
                self.check_attribute(node.func)
                if stage_call == "publish":
                    return self.publish(node)
                if node.keywords:
                    self.fail(node, f"t.{stage_call} takes positional arguments only")
                self.check_count(node, stage_call)
                arguments = [self.argument(argument) for argument in node.args]
                return f"{self.operand(node.func)}({', '.join(arguments)})"
        function = self.function_of(node.func)
        arguments = [self.listener(argument) or self.argument(argument) for argument in node.args]
        if node.keywords:
            options = self.options(node)
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            at = OPTIONS_AT.get(called, 0)
            arguments.insert(len(arguments) if at < 0 else min(at, len(arguments)), options)
        return f"{function}({', '.join(arguments)})"

    def function_of(self, node: ast.expr) -> str:
        text = self.operand(node)
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        return f"new {text}" if name[:1].isupper() else text

    def listener(self, node: ast.expr) -> str | None:
        """An async function of the case handed to an object of Node's, which runs it; None for all else."""
        if isinstance(node, ast.Name) and self.scope.is_async_function(node.id):
            return escape(node.id)
        return None

    def spawn(self, node: ast.Call) -> str:
        match node:
            case ast.Call(args=[ast.Call(func=ast.Name(name)) as started], keywords=[]):
                if self.scope.is_async_function(name):
                    arguments = ", ".join(self.argument(argument) for argument in started.args)
                    if started.keywords:
                        self.outside(started, "keyword arguments of a function of the case")
                    return f"t.spawn({escape(name)}({arguments}))"
        self.fail(node, "t.spawn takes a call of an async function of this role: t.spawn(name(…))")

    def awaited(self, node: ast.Await, value: ast.expr) -> str:
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and self.scope.is_async_function(value.func.id)
        ):
            self.fail(
                node,
                "an await of an async function of the case resumes later in Node than in Python; "
                "await what Node gives",
            )
        return self.operand(value)

    def publish(self, node: ast.Call) -> str:
        if node.args or any(keyword.arg is None for keyword in node.keywords):
            self.fail(node, "t.publish takes keyword arguments only")
        pairs = [(keyword.arg or "", self.expression(keyword.value)) for keyword in node.keywords]
        return f"t.publish({object_literal(pairs)})"

    def getattr_(self, node: ast.Call) -> str:
        match node.args:
            case [owner, ast.Constant(str(attribute)), default] if not node.keywords:
                name = json.dumps(camel_case(attribute))
                return f"$.getattr({self.expression(owner)}, {name}, {self.expression(default)})"
        self.outside(node, "getattr without a constant name and a default")

    def plain_arguments(self, node: ast.Call) -> list[str]:
        if node.keywords:
            self.outside(node, "keyword arguments of a built-in method")
        return [self.expression(argument) for argument in node.args]

    def argument(self, node: ast.expr) -> str:
        if isinstance(node, ast.Starred):
            return f"...{self.operand(node.value)}"
        return self.expression(node)

    def options(self, node: ast.Call) -> str:
        if isinstance(node.func, ast.Name) and (
            self.scope.knows(node.func.id) or self.module.helper(node.func.id)
        ):
            self.outside(node, "keyword arguments of a function of the case")
        if isinstance(node.func, ast.Name):
            self.outside(node, "keyword arguments of a built-in")
        pairs = []
        for keyword in node.keywords:
            value = self.expression(keyword.value)
            pairs.append((camel_case(keyword.arg), value) if keyword.arg else ("...", value))
        return object_literal(pairs)

    def dict_(self, node: ast.Dict) -> str:
        pairs = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                pairs.append(("...", self.expression(value)))
            elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                name = camel_case(key.value)
                pairs.append((name if name.isidentifier() else json.dumps(name), self.expression(value)))
            else:
                self.outside(key, "a dict key that is no string literal")
        return object_literal(pairs)

    def key(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return json.dumps(camel_case(node.value))
        return self.expression(node)

    def f_string(self, parts: list[ast.expr]) -> str:
        text = ""
        for part in parts:
            if isinstance(part, ast.FormattedValue):
                if part.conversion != -1 or part.format_spec is not None:
                    self.outside(part, "a conversion or format in an f-string")
                text += "${$.str(" + self.expression(part.value) + ")}"
            elif isinstance(part, ast.Constant):
                text += template(str(part.value))
        return f"`{text}`"

    def binary(
        self, node: ast.AST, operator: ast.operator, left: str, right: str, in_place: bool = False
    ) -> str:
        kind = type(operator)
        if kind in PLAIN_BINARY:
            return f"{left} {PLAIN_BINARY[kind]} {right}"
        if kind is ast.FloorDiv:
            return f"Math.floor({left} / {right})"
        if kind is ast.Add and in_place:
            return f"$.iadd({left}, {right})"
        if kind in BINARY:
            return f"{BINARY[kind]}({left}, {right})"
        self.outside(node, f"the operator {kind.__name__}")

    def compare(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        negated = isinstance(operator, ast.IsNot | ast.NotEq | ast.NotIn)
        not_ = "!" if negated else ""
        match operator, right:
            case ((ast.Is() | ast.IsNot()), ast.Constant(None)):
                return f"{not_}$.isNone({self.expression(left)})"
            case ((ast.Is() | ast.IsNot()), _):
                return f"{self.operand(left)} {'!==' if negated else '==='} {self.operand(right)}"
            case ((ast.Eq() | ast.NotEq()), _):
                return f"{not_}$.eq({self.expression(left)}, {self.expression(right)})"
            case ((ast.In() | ast.NotIn()), _):
                key = f", {self.key(left)}" if self.key(left) != self.expression(left) else ""
                return f"{not_}$.has({self.expression(right)}, {self.expression(left)}{key})"
        sign = COMPARE[type(operator)]
        if is_number(left) or is_number(right):
            return f"{self.operand(left)} {sign} {self.operand(right)}"
        return f"$.compare({self.expression(left)}, {self.expression(right)}) {sign} 0"

    def bool_op(self, node: ast.BoolOp) -> str:
        if all(is_boolean(value) for value in node.values):
            sign = " && " if isinstance(node.op, ast.And) else " || "
            return sign.join(self.operand(value) for value in node.values)
        if any(isinstance(inner, ast.Await) for value in node.values[1:] for inner in ast.walk(value)):
            self.outside(node, "await on the right of and / or")
        helper = "$.and" if isinstance(node.op, ast.And) else "$.or"
        text = self.expression(node.values[0])
        for value in node.values[1:]:
            text = f"{helper}({text}, () => {self.operand(value)})"
        return text

    def condition(self, node: ast.expr) -> str:
        return self.expression(node) if is_boolean(node) else f"$.truthy({self.expression(node)})"

    def parenthesised_condition(self, node: ast.expr) -> str:
        text = self.condition(node)
        return f"({text})" if is_boolean(node) and not isinstance(node, ast.Constant) else text

    def comprehension(self, element: ast.expr, generator: ast.comprehension) -> str:
        if any(isinstance(inner, ast.Await) for inner in ast.walk(element)):
            self.outside(element, "await in a comprehension")
        source = self.expression(generator.iter)
        names = [name.id for name in ast.walk(generator.target) if isinstance(name, ast.Name)]
        outer, self.scope = self.scope, self.scope.inner(names)
        try:
            target = self.target(generator.target)
            text = f"Array.from($.iter({source}))"
            for test in generator.ifs:
                text += f".filter(({target}) => {self.condition(test)})"
            body = self.operand(element)
            return f"{text}.map(({target}) => {body})"
        finally:
            self.scope = outer

    # Errors

    def outside(self, node: Any, what: str) -> NoReturn:
        self.fail(node, f"{what} is outside the subset that cases are written in (docs/cases.md)")

    def fail(self, node: Any, message: str) -> NoReturn:
        raise CollectionError(self.module.file, getattr(node, "lineno", 1), message)
