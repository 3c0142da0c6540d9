"""A network between us and PostgreSQL that can be cut as firewalls and dying machines do it: nobody is told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from sqlalchemy import make_url

SOME = 1 << 16


class Network:
    """Leads from a port of this machine to the socket of a PostgreSQL.

    What is connected while it is cut, or was before, is confirmed and goes nowhere for ever.
    """

    def __init__(self, url: str) -> None:
        """Lead to the server of this URL."""
        self._beyond = make_url(url)
        self._cut = Event()  # Another one for those who come later.
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self._threads = [Thread(target=self._connect, args=(self._sockets[0],), daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        """The URL of that database by way of this network."""
        port = self._sockets[0].getsockname()[1]
        near = self._beyond.set(host="127.0.0.1", port=port, query={"sslmode": "disable"})
        return near.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._cut.set()

    def mend(self) -> None:
        """Let pass what is connected from now on; whoever was connected before never hears of that."""
        self._cut = Event()

    def close(self) -> None:
        """End all connections."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(60)
        for one in self._sockets:
            one.close()

    def _connect(self, listens: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listens.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(f"{self._beyond.query['host']}/.s.PGSQL.5432")
                self._sockets += (near, far)
                pipes = [Thread(target=_pass, args=(*ends, self._cut)) for ends in ((near, far), (far, near))]
                self._threads += pipes
                for pipe in pipes:
                    pipe.start()


def _pass(from_: socket.socket, to: socket.socket, cut: Event) -> None:
    with suppress(OSError):
        while some := from_.recv(SOME):
            if not cut.is_set():
                to.sendall(some)
        if not cut.is_set():
            to.shutdown(socket.SHUT_WR)


@contextmanager
def network(url: str) -> Iterator[Network]:
    """Give a network to this PostgreSQL."""
    made = Network(url)
    yield made
    made.close()
