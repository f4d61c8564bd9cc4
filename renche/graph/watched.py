"""Somebody looks after work that takes a while, and may end it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self


class Watched:
    """Has `watch` called once what is done inside has taken `after` seconds; most has ended before.

    What `watch` gives back is raised in the place of what is done, which is cancelled. A cancellation that comes from
    elsewhere stays one.
    """

    def __init__(self, after: float, watch: Callable[[], Awaitable[Exception]]) -> None:
        self._after = after
        self._watch = watch
        self._watching: asyncio.Task[None] | None = None
        self._found: Exception | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - there is something to cancel
        self._task = task
        self._timer = task.get_loop().call_later(self._after, self._begin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()
        if self._found is not None and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise self._found from None

    def _begin(self) -> None:
        self._watching = self._task.get_loop().create_task(self._look())

    async def _look(self) -> None:
        self._found = await self._watch()
        self._task.cancel()
