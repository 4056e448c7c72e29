"""JavaScript's call semantics for Python callables: extra arguments are dropped, missing ones are None.

So `lambda: …` serves as a 'data' listener and `lambda err: …` as a callback that is called with nothing. All user
callbacks and listeners are called through this module (or, for listeners, through the same arity looked up once when
the listener is added).

* `call(fn, *args)`    call now. As a tick: `next_tick(call, fn, err)`.
* `arity(fn)`          (least, most) number of positional arguments that `fn` takes.
* `adapt(fn, n)`       a callable that takes exactly `n` arguments; `fn` itself if it does already.

The same holds for what users call: `@drops_surplus` marks our public functions and classes.
"""

import functools
import inspect as _pyinspect
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

_Public = TypeVar("_Public", bound=Callable[..., Any])

ANY: Final = 1 << 30
_EVERYTHING: Final = (0, ANY)
_CO_VARARGS: Final = 0x04
_cache: "WeakKeyDictionary[Any, tuple[int, int]]" = WeakKeyDictionary()


def arity(fn: Callable[..., Any]) -> tuple[int, int]:
    """The least and the most positional arguments `fn` can be called with; (0, ANY) if it cannot be known."""
    kind = type(fn)
    if kind is FunctionType:
        code = fn.__code__
        most = code.co_argcount
        least = most - len(fn.__defaults__) if fn.__defaults__ else most
        return (least, ANY) if code.co_flags & _CO_VARARGS else (least, most)
    if isinstance(fn, MethodType) and type(fn.__func__) is FunctionType:
        function = fn.__func__
        code = function.__code__
        most = code.co_argcount - 1
        if most < 0 and code.co_flags & _CO_VARARGS:
            return _EVERYTHING  # takes even itself among the rest, as what `drops_surplus` makes does
        if most >= 0:
            least = most - len(function.__defaults__) if function.__defaults__ else most
            return (max(least, 0), ANY) if code.co_flags & _CO_VARARGS else (max(least, 0), most)
    if kind is not BuiltinFunctionType:
        known = getattr(kind, "node_arity", None)
        if known is not None:
            return known  # type: ignore[no-any-return]
    try:
        return _cache[fn]
    except (KeyError, TypeError):
        pass
    found = _from_signature(fn)
    try:
        _cache[fn] = found
    except TypeError:  # not hashable or not weakly referable
        pass
    return found


def _from_signature(fn: Callable[..., Any]) -> tuple[int, int]:
    try:
        parameters = _pyinspect.signature(fn).parameters.values()
    except (ValueError, TypeError):
        return _EVERYTHING
    least = most = 0
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            most = ANY
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            most += 1
            if parameter.default is parameter.empty:
                least += 1
    return least, most


def fit(args: tuple[Any, ...], least: int, most: int) -> tuple[Any, ...]:
    """`args` cut or padded with None so that a callable of that arity takes them."""
    count = len(args)
    if count > most:
        return args[:most]
    if count < least:
        return args + (None,) * (least - count)
    return args


def call(fn: Callable[..., Any], *args: Any) -> Any:
    """`fn(*args)` as JavaScript would: surplus arguments dropped, missing ones None."""
    least, most = arity(fn)
    if least <= len(args) <= most:
        return fn(*args)
    return fn(*fit(args, least, most))


def adapt(fn: Callable[..., Any], count: int) -> Callable[..., Any]:
    """A callable for exactly `count` positional arguments: `fn` itself where it takes that many."""
    least, most = arity(fn)
    if least <= count <= most:
        return fn
    if count > most:

        def cut(*args: Any) -> Any:
            return fn(*args[:most])

        cut.__name__ = getattr(fn, "__name__", "")
        return cut
    padding = (None,) * (least - count)

    def padded(*args: Any) -> Any:
        return fn(*args, *padding)

    padded.__name__ = getattr(fn, "__name__", "")
    return padded


def drops_surplus(public: _Public) -> _Public:
    """Have a public function, or every public method of a class and its constructor, drop surplus positional arguments.

    A function that takes `*rest` is left alone: so the ones on hot paths have `*_` instead of another call around them.
    """
    if not isinstance(public, type):
        return _without_surplus(public)  # type: ignore[return-value]
    for name, member in list(vars(public).items()):
        if name == "__init__" or not name.startswith("_"):
            if isinstance(member, FunctionType):
                setattr(public, name, _without_surplus(member))
            elif isinstance(member, (staticmethod, classmethod)):
                setattr(public, name, type(member)(_without_surplus(member.__func__)))
    return public


def _without_surplus(function: Callable[..., Any]) -> Callable[..., Any]:
    code = function.__code__
    if code.co_flags & _CO_VARARGS:
        return function
    most = code.co_argcount

    @functools.wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        return function(*args[:most], **named)

    return called
