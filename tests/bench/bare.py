"""A Flask application that checks, knows and keeps nothing: it answers every turn with the same TwiML."""

import sys

from flask import Flask, Response
from granian.constants import Interfaces
from granian.server import Server

# What the hotline answers when a caller with a stolen wallet has chosen to key a number first.
TYPICAL = """<?xml version="1.0" encoding="UTF-8"?><Response><Gather action="http://127.0.0.1:8000/voice/turn/3\
?language=zh-CN#rc=1&amp;ct=2000&amp;rt=6000&amp;rp=ct,rt,5xx" actionOnEmptyResult="true" finishOnKey="" input="dtmf" \
method="POST" numDigits="1" timeout="5"><Say language="cmn-CN" voice="Polly.Zhiyu-Neural">您用哪个号码？账户号码，请按 1。\
注册手机号，请按 2。</Say></Gather></Response>"""


def bare() -> Flask:
    """Return the application."""
    app = Flask(__name__)

    @app.post("/voice/<path:path>")
    def turn(path: str) -> Response:
        return Response(TYPICAL, mimetype="text/xml")

    return app


def main(port: int) -> None:
    """Serve it as `python app.py` serves the hotline, until told to stop."""
    application = bare()
    server = Server(
        "bare",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=64,
        log_enabled=False,
    )
    server.serve(target_loader=lambda: application, wrap_loader=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
