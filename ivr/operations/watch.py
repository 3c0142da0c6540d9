"""Whoever watches the machines, put together: what is looked at, and by whom it may be read."""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from ivr.operations.beside import Beside
from ivr.operations.health import Health, Signs
from ivr.parts import Parts
from ivr.reports.standing import unusable


def watch(parts: Parts, now: Callable[[], datetime]) -> Beside:
    """Return what stands around the application of these parts."""

    def database() -> str:
        parts.shore.demand()
        return unusable(parts.engine)

    def writing() -> bool:
        return (writer := parts.journal.writer) is None or writer.alive

    @cache
    def made() -> Callable[[], tuple[str, bytes]]:
        from ivr.operations.collector import page  # What it needs is loaded when somebody asks, if anybody ever does.

        return page(parts, now)

    signs = Signs(database, lambda: parts.flow, writing, lambda: parts.unwritten.spool.lengths()[0])
    return Beside(parts.tally, Health(signs), lambda: made()(), parts.settings.metrics_token)
