"""Whoever watches the machines, put together: what is looked at, and by whom it may be read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cache
from math import inf
from socket import AF_INET6
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client.exposition import ThreadingWSGIServer
from werkzeug.exceptions import NotFound

from ivr.listening import listening
from ivr.operations.beside import Beside
from ivr.operations.health import Health, Signs
from ivr.parts import Parts, StartError
from ivr.reports.standing import unusable


def watch(parts: Parts, now: Callable[[], datetime]) -> Beside:
    """Return what stands around the application of these parts."""

    def database() -> str:
        parts.shore.demand()
        return unusable(parts.engine)

    def writing() -> float:
        writer = parts.journal.writer
        return 0.0 if writer is None else writer.seconds if writer.alive else inf

    @cache
    def made() -> Callable[[], tuple[str, bytes]]:
        from ivr.operations.collector import page  # What it needs is loaded when somebody asks, if anybody ever does.

        return page(parts, now)

    signs = Signs(database, lambda: parts.flow, writing, lambda: parts.unwritten.spool.lengths()[0])
    return Beside(parts.tally, Health(signs), lambda: made()(), parts.settings.metrics_token)


def work(parts: Parts, now: Callable[[], datetime]) -> None:
    """Do the jobs until the process is told to end, and tell of its health meanwhile where the settings name a port.

    Raise StartError where nothing can listen there.
    """
    port = parts.settings.aside.port
    with _listening(watch(parts, now), parts.settings.host, port) if port else nullcontext():
        parts.work()


@contextmanager
def _listening(beside: Beside, host: str, port: int) -> Iterator[None]:
    """Answer what `beside` answers, and nothing else."""
    application = beside.around(NotFound())
    kind = _Six if ":" in host else ThreadingWSGIServer
    try:
        server = make_server(host, port, application, kind, _Quiet)
    except OSError as error:
        raise StartError(f"JOBS_PORT is {port}, where nothing can listen on {host} ({error}): set another") from None
    with listening(server):
        yield


class _Six(ThreadingWSGIServer):
    """Listens by IPv6."""

    address_family = AF_INET6


class _Quiet(WSGIRequestHandler):
    """Prints nothing, and waits for nobody who does not ask."""

    timeout = 5

    def log_message(self, *_: object) -> None:
        """Say nothing of a request."""
