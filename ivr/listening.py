"""A small server beside all else, in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from threading import Thread
from typing import Final

LOOKS: Final = 0.02  # Seconds after which it sees that it is to end.


@contextmanager
def listening(server: BaseServer) -> Iterator[None]:
    """Have it answer until the block ends; then it is closed."""
    thread = Thread(target=server.serve_forever, args=(LOOKS,), name="listening", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
