"""The hotline as a WSGI application; `python app.py` answers calls."""

import errno
import gc
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from ctypes import CDLL
from typing import Any, Final

from flask import Flask

from ivr import settings
from ivr.factory import create_app, utc_now
from ivr.operations.tools import doctoring
from ivr.parts import Parts, StartError
from ivr.settings import Settings, SettingsError
from ivr.store.crypto import Cipher
from ivr.store.engine import upgrade_apart
from ivr.store.errors import StoreError
from ivr.telephony.render import RETRY_CALLBACK

# Turns at once that memory alone does not answer. Each takes up to a megabyte, and may need one of the database's 18
# connections; whoever does not find a thread free waits before its turn, not in it.
THREADS: Final = 16
PAGES: Final = 8  # Pages at once: they may read for long, and callers are to find connections left.
PAGES_IN_PRACTICE: Final = 32  # As each open phone holds one.
ENDS: Final = 10  # Seconds that what is under way has when the server is told to end; the carrier waits no longer.
WAITING: Final = 4096  # Connections: whoever is not let in here comes again in seconds, and nobody knows of them.
# A turn makes hardly anything in circles; to look for such as often as Python does costs a twentieth of the time.
COLLECTS: Final = (20_000, 20, 50)
M_ARENA_MAX: Final = -8  # The name of glibc's mallopt(3) for how many heaps there may be.
HEAPS: Final = 2


def started(given: Settings | None = None) -> Flask:
    """Return the application, or end the program with a line for each reason why it cannot start."""
    try:
        return create_app(given)
    except (SettingsError, StartError, StoreError) as error:
        sys.exit(f"hotline: {error}")


def hindrance(host: str, port: int) -> str:
    """Return why nothing can listen there and what to do about it, empty where something can."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                return f"port {port} of {host} is taken: stop what runs there or set PORT"
            case errno.EACCES:
                return f"port {port} is only for the system's administrator: set PORT to one above 1023"
            case _:
                return f"HOST is {host!r}, no address of this machine: set it to one, or to 0.0.0.0 for all of them"
    return ""


def greeting(found: Settings, application: Flask) -> Iterator[str]:
    """Yield what whoever starts the hotline has to know: where to call, where to answer, what to tell the carrier."""
    if not found.practice:
        parts: Parts = application.extensions["hotline"]
        yield f"Calls to {parts.flow.hotline.number} are answered. At Twilio, for this number, all by HTTP POST:"
        yield f"  A call comes in:       {found.public_url}/voice/incoming"
        yield f"  Primary handler fails: {found.public_url}/voice/fallback"
        yield f"  Call status changes:   {found.public_url}/voice/status{RETRY_CALLBACK}"
        if not found.sms_from:
            yield "Warning: callers are sent no SMS, as there is no number to send them from: set TWILIO_SMS_FROM."
        if not found.verify_service:
            yield "Warning: callers cannot prove who they are by a one-time code: set TWILIO_VERIFY_SERVICE."
        yield f"Listening on {found.host}:{found.port}, where the proxy of {found.public_url} must lead."
        return
    here = f"http://{found.host}:{found.port}"
    yield "No Twilio settings: the practice carrier is on, and this server listens on this machine only."
    yield f"Make a call: {here}/phone"


def welcome(found: Settings, name: str, password: str | None) -> None:
    """Print how the admin logs in; the password only where this start made it."""
    what = "Answer calls" if found.practice else "Let people in"
    desk = f"{f'http://{found.host}:{found.port}' if found.practice else found.public_url}/desk"
    again = f"flask --app app people password {name} makes"
    if password:
        print(f"{what}: {desk} as {name}, with the password {password}")
        print(f"It is for one time and not shown again; {again} a new one.", flush=True)
    else:
        print(f"{what}: {desk}; {again} {name} a new password.", flush=True)


def settle() -> None:
    """Have threads take turns at the interpreter every 2 ms: the loop that answers callers waits so long for each.

    But the machine lets a thread go on for as long as may be: they wake one another all the time, mostly in vain.
    And all share two heaps: of one for each, what a thread gave back is not used again by another.
    """
    sys.setswitchinterval(0.002)
    with suppress(OSError, AttributeError):  # Only glibc has more than one.
        CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
    if hasattr(os, "sched_setscheduler"):  # Linux
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def main() -> None:
    """Serve until told to stop; the application is made before the server forks: it starts once or not at all."""
    try:
        found = settings.read()
    except SettingsError as error:
        sys.exit(f"hotline: {error}")
    if why := hindrance(found.host, found.port):
        sys.exit(f"hotline: {why}")
    upgrade_apart(found.database_url, Cipher(found.secrets))
    application = started(found)
    print(*greeting(found, application), sep="\n", flush=True)
    parts: Parts = application.extensions["hotline"]
    if not parts.shore.why:
        application.extensions["pages"].hire_first(lambda name, password: welcome(found, name, password))
    serve(application, found)


def serve(application: Flask, found: Settings) -> None:
    """Serve it by one worker, which is forked from this process."""
    from granian.constants import Interfaces, Loops
    from granian.server import Server

    server = Server(
        "app:app",
        address=found.host,
        port=found.port,
        interface=Interfaces.RSGI,
        workers=1,
        loop=Loops.uvloop,
        websockets=False,
        log_enabled=False,
        workers_kill_timeout=ENDS,
        backlog=WAITING,
        backpressure=WAITING,
    )

    def serving() -> Any:
        """Begin, in the process that the server forked, what a fork would not have brought along."""
        settle()
        parts: Parts = application.extensions["hotline"]
        application.extensions["admission"].queue.watch(found.host, found.port)
        late, pages = bool(parts.shore.why), application.extensions["pages"]
        parts.begin(lambda: late and pages.hire_late(lambda name, password: welcome(found, name, password)))
        gc.collect()
        gc.set_threshold(*COLLECTS)
        return application.extensions["front"](THREADS, PAGES_IN_PRACTICE if found.practice else PAGES)

    gc.freeze()  # What was made by now stays; to look through it again and again would stop the calls for 0.1 s.
    server.serve(target_loader=serving, wrap_loader=False)


if __name__ == "__main__":
    main()
elif __name__ != "__mp_main__":  # So it is named in a process that one of ours begins, for work of its own.
    # The doctor is wanted most where nothing else starts.
    app = doctoring(utc_now) if "doctor" in sys.argv[1:] else started()
