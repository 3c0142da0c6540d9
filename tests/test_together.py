"""What many ask for at one moment is looked up at one go."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from ivr.store.waking import Together
from tests.apart import finished


def test_all_that_is_asked_during_one_look_is_looked_up_by_the_next() -> None:
    looks, goes_on = list[Sequence[int]](), Event()

    def look(asked: Sequence[int]) -> list[int]:
        looks.append(asked)
        assert goes_on.wait(60)
        return [one * one for one in asked]

    async def ask() -> list[int]:
        with ThreadPoolExecutor(4) as threads:
            together = Together(threads, look)
            first = together.ask(3)
            while not looks:
                await asyncio.sleep(0.01)
            others = []
            for one in range(5):  # Each at a moment of its own.
                others.append(together.ask(one))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            assert len(looks) == 1
            goes_on.set()
            told = await asyncio.gather(first, *others)
            return [*told, await together.ask(9)]

    assert finished(ask()) == [9, 0, 1, 4, 9, 16, 81]
    assert looks == [[3], [0, 1, 2, 3, 4], [9]]
