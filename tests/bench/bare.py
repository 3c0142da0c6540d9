"""A Flask application that checks, knows and keeps nothing: it answers every turn with the same TwiML."""

import sys

from flask import Flask, Response
from granian.constants import Interfaces
from granian.server import Server

# What the hotline answers when a caller whose wallet was stolen has chosen to key the account's number first.
TYPICAL = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Gather action="http://127.0.0.1:8000/voice/turn/6?language=zh-CN'
    '#rc=1&amp;ct=2000&amp;rt=6000&amp;rp=ct,rt,5xx" actionOnEmptyResult="true" finishOnKey="#" input="dtmf"'
    ' method="POST" numDigits="10" timeout="10"><Say language="cmn-CN" voice="Polly.Zhiyu-Neural">'
    "请输入账户号码，一共十位，专员能更快查到您。</Say></Gather></Response>"
)


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
        blocking_threads=16,
        log_enabled=False,
    )
    server.serve(target_loader=lambda: application, wrap_loader=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
