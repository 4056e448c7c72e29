"""callables.py: JavaScript's call semantics."""

import functools
from typing import Any

import pytest

from nodesock.callables import ANY, adapt, arity, call, drops_surplus


class Thing:
    """Callable in several ways."""

    def method(self, a: object, b: object = None) -> tuple:
        return a, b

    def __call__(self, a: object) -> object:
        return a

    @staticmethod
    def static(a: object) -> object:
        return a

    @classmethod
    def class_method(cls, a: object) -> object:
        return a


@pytest.mark.parametrize(
    ("fn", "expected"),
    [
        (lambda: 0, (0, 0)),
        (lambda a: 0, (1, 1)),
        (lambda a, b=1: 0, (1, 2)),
        (lambda *a: 0, (0, ANY)),
        (lambda a, *b: 0, (1, ANY)),
        (lambda a, *, k=1: 0, (1, 1)),
        (Thing().method, (1, 2)),
        (Thing(), (1, 1)),
        (Thing.static, (1, 1)),
        (Thing.class_method, (1, 1)),
        ([].append, (1, 1)),
        (print, (0, ANY)),
        (functools.partial(lambda a, b: 0, 1), (1, 1)),
        (Thing, (0, 0)),
    ],
)
def test_arity(fn: object, expected: tuple) -> None:
    assert arity(fn) == expected  # type: ignore[arg-type]


def test_call_drops_and_pads() -> None:
    assert call(lambda: 1, 2, 3) == 1
    assert call(lambda a, b: (a, b), 1) == (1, None)
    assert call(lambda a, b=7: (a, b), 1) == (1, 7)
    assert call(lambda *a: a, 1, 2) == (1, 2)


def test_public_calls_drop_surplus_arguments() -> None:
    @drops_surplus
    class Public:
        def __init__(self, first: int = 1) -> None:
            self.first = first

        def method(self, second: int = 2, *, keyword: int = 3) -> tuple[int, int, int]:
            """Documented."""
            return self.first, second, keyword

        def rest(self, *rest: int) -> tuple[int, ...]:
            return rest

        @staticmethod
        def static(value: int = 4) -> int:
            return value

    untyped: Any = Public
    public = untyped(5, 6, 7)
    assert public.method(8, 9, keyword=10) == (5, 8, 10)
    assert public.method() == (5, 2, 3)
    assert public.rest(1, 2) == (1, 2)
    assert untyped.static(11, 12) == 11
    assert Public.method.__doc__ == "Documented."
    assert arity(public.method) == (0, ANY)


def test_adapt_is_the_function_itself_where_it_fits() -> None:
    def one(a: object) -> object:
        return a

    assert adapt(one, 1) is one
    assert adapt(one, 3)(1, 2, 3) == 1
    assert adapt(one, 0)() is None
