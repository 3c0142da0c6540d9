"""The hotline as a WSGI application; `python app.py` answers calls."""

import gc
import os
import socket
import sys
from contextlib import closing

from flask import Flask

from ivr import settings
from ivr.factory import Parts, StartError, create_app
from ivr.settings import Settings, SettingsError
from ivr.store.errors import StoreError


def started(given: Settings | None = None) -> Flask:
    """Return the application, or end the program with a line for each reason why it cannot start."""
    try:
        return create_app(given)
    except (SettingsError, StartError, StoreError) as error:
        sys.exit(f"hotline: {error}")


def free(host: str, port: int) -> bool:
    """Tell whether the port can still be taken."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def settle() -> None:
    """Let a thread finish its turn of a call before another runs: they wake one another all the time.

    A turn is over in less than these 20 ms, and whoever is woken meanwhile would only find the interpreter taken.
    """
    sys.setswitchinterval(0.02)
    if hasattr(os, "sched_setscheduler"):  # Linux
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def main() -> None:
    """Serve until told to stop; the application is made before the server forks: it starts once or not at all."""
    from granian.constants import Interfaces
    from granian.server import Server

    try:
        found = settings.read()
    except SettingsError as error:
        sys.exit(f"hotline: {error}")
    if not free(found.host, found.port):
        sys.exit(f"hotline: port {found.port} of {found.host} is taken: stop what runs there or set PORT")
    application = started(found)
    if found.practice:
        print("No Twilio settings: the practice carrier is on, and this server listens on this machine only.")
        print(f"Make a call: http://{found.host}:{found.port}/phone")
        if password := application.extensions["pages"].hire_first():
            print(f"Answer calls: http://{found.host}:{found.port}/desk as alice, with the password {password}")
            print("That password is not shown again; flask --app app people password alice makes a new one.")
        sys.stdout.flush()
    server = Server(
        "app:app",
        address=found.host,
        port=found.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=32,
        log_enabled=False,
    )

    def serving() -> Flask:
        """Begin, in the process that the server forked, what a fork would not have brought along."""
        settle()
        parts: Parts = application.extensions["hotline"]
        parts.begin()
        return application

    gc.freeze()  # What was made by now stays; to look through it again and again would stop the calls for 0.1 s.
    server.serve(target_loader=serving, wrap_loader=False)


if __name__ == "__main__":
    main()
else:
    app = started()
