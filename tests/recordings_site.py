"""A carrier's store of recordings for tests: real HTTP, answering what the test laid out, noting what was asked."""

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

from ivr.listening import listening

ACCOUNT = "AC" + "0" * 32
SID = "RE" + "a" * 32
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{SID}.wav"


def sound(seconds: float) -> bytes:
    """Return a WAV file of silence: 8 kHz, 16 bits, one channel."""
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(b"\0" * (2 * int(8000 * seconds)))
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class Answer:
    """The site's answer; `promised` is the length it tells where that is not the truth, `held` keeps the end back."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    promised: int | None = None
    held: Event | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """The site: its address, its answers in order (the last one for ever), and each path asked with its password."""

    url: str
    answers: list[Answer]
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def site(*answers: Answer) -> Iterator[Site]:
    """Serve these answers on loopback for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, self.headers["Authorization"]))
            answer = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) if answer.promised is None else answer.promised))
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.held:
                answer.held.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Site(f"http://127.0.0.1:{server.server_port}", list(answers))
    with listening(server):
        yield made
