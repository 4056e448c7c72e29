"""The functions and iterables that a scenario puts into a pipeline; record.js has the same."""

from typing import TYPE_CHECKING, Any

from nodesock.runtime.promises import Promise

from .shown import shown

if TYPE_CHECKING:
    from .scenario import Scenario


class Boom(Exception):
    """An error of the program's own."""


class _Leaving:
    """Iterates as `for await` does, which closes the iterator when the loop is left early."""

    def __init__(self, source: Any, in_generator: bool) -> None:
        self._iterator = aiter(source)
        self._in_generator = in_generator
        self._over = False

    def __aiter__(self) -> "_Leaving":
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._iterator)
        except BaseException:
            self._over = True
            raise

    async def leave(self) -> None:
        self._over = True
        await self._iterator.aclose()

    async def __aenter__(self) -> "_Leaving":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # A coroutine gets GeneratorExit as garbage only; nobody left that loop.
        if kind is not None and not self._over and (kind is not GeneratorExit or self._in_generator):
            try:
                await self.leave()
            except Exception:
                if kind is GeneratorExit:
                    raise


def part(scenario: "Scenario", index: int, kind: str, what: Any, label: Any) -> Any:
    """The part of a pipeline that `[kind, what]` stands for; what it does is logged under `label`."""
    def log(*record: Any) -> None:
        scenario.log("part", label, index, *record)

    chunks = [b"one", b"two", b"three"]

    async def soon() -> None:
        promise = Promise()
        scenario.immediates.append(lambda: promise.resolve(None))
        await promise

    def source() -> Any:
        for chunk in chunks[:2]:
            log("gives", shown(chunk))
            yield chunk
        if what == "throw":
            raise Boom("source")

    async def async_source() -> Any:
        for chunk in chunks:
            log("gives", shown(chunk))
            yield chunk
            if what == "slow":
                await soon()
            elif what == "throw":
                raise Boom("async source")
        log("source over")

    async def stage(flow: Any, context: Any) -> Any:
        log("begins", context.signal.aborted)
        if what == "none":
            return
        if what == "early":
            yield b"early"
        async with _Leaving(flow, True) as chunks:
            async for chunk in chunks:
                log("gets", shown(chunk))
                if what == "throw":
                    raise Boom("stage")
                if what == "slow":
                    await soon()
                yield chunk
                if what == "one":
                    await chunks.leave()
                    break
                if what == "pair":
                    yield b"again"
        log("ends", context.signal.aborted)
        if what == "tail":
            yield b"tail"

    async def sink(flow: Any, context: Any) -> Any:
        log("begins", context.signal.aborted)
        if what == "ignore":
            return "ignored"
        count = 0
        async with _Leaving(flow, False) as chunks:
            async for chunk in chunks:
                log("gets", shown(chunk))
                count += 1
                if what == "throw":
                    raise Boom("sink")
                if what == "slow":
                    await soon()
                if what == "one":
                    await chunks.leave()
                    break
        log("ends", context.signal.aborted)
        return None if what == "nothing" else count

    if kind == "s":
        return scenario.streams[what]
    if kind == "list":
        return chunks[:what]
    if what == "value":
        return lambda: 5
    return {"source": source, "async": async_source, "stage": stage, "sink": sink}[kind]
