"""What tests and the terminal phone serve an application with."""

import socket
import struct
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Event

import pytest
import requests
from flask import Flask, Response

from ivr.carrier.rehearsal import HOST, rehearsal, served
from tests.world import ACCOUNT, NUMBER, OPEN, TOKEN, free_port

PATIENCE = 60  # seconds


@pytest.mark.parametrize("rest", [0, 4], ids=["reads", "writes"])
def test_an_answer_is_closed_once_though_its_browser_is_gone_as_the_server(rest: int) -> None:
    app, port, gone, closed = Flask("files"), free_port(), Event(), list[str]()
    done = Event()

    @app.get("/file")
    def file() -> Response:
        def parts() -> Iterator[bytes]:
            yield b"half"
            assert gone.wait(PATIENCE)
            yield from [b"rest"] * rest

        answer = Response(parts(), headers={"Content-Length": f"{4 + 4 * rest}"})
        answer.call_on_close(lambda: closed.append("file"))
        answer.call_on_close(done.set)
        return answer

    with served(app, port):
        browser = socket.create_connection(("127.0.0.1", port), PATIENCE)
        browser.sendall(b"GET /file HTTP/1.1\r\nHost: here\r\n\r\n")
        while not browser.recv(4096).endswith(b"half"):
            pass
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        browser.close()  # By a reset, as browsers do whose page is left.
        gone.set()
        assert done.wait(PATIENCE)
    assert closed == ["file"]


def test_nobody_else_gets_its_port_while_the_application_is_made() -> None:
    def make(port: int, now: Callable[[], datetime]) -> Flask:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((HOST, port))
        ports.append(port)
        return Flask("nothing")

    ports = list[int]()
    with rehearsal(make, OPEN, ACCOUNT, TOKEN, NUMBER):
        assert requests.get(f"http://{HOST}:{ports[0]}/", timeout=PATIENCE).status_code == 404
