"""Coroutines run by tests in a thread of their own: where a browser was driven before, this one has a loop already."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def finished(job: Coroutine[Any, Any, T]) -> T:
    """Run it to its end; return what it returns, raise what it raises."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, job).result()
