"""The agents' pages as an application of their own, so that calls neither load nor pay for what logins cost."""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from sqlalchemy import Engine

from ivr.desk.keeping import Desk
from ivr.editor.publishing import Publishing
from ivr.editor.yesterday import Yesterday
from ivr.flow.flow import Flow
from ivr.store.first import anybody
from ivr.store.journal import Journal
from ivr.store.messages import Messages
from ivr.store.roles import ADMIN, AGENT, OPERATIONS, SUPERVISOR

if TYPE_CHECKING:
    import click

    from ivr.console.commands import Staff
    from ivr.console.office import Board, PracticePhone


@dataclass
class Pages:
    """Made when the first page, or a command about people, is asked for."""

    url: str
    secrets: tuple[str, ...]
    engine: Engine
    desk: Desk
    journal: Journal
    flow: Callable[[], Flow]
    flows: Callable[[int], Flow]
    now: Callable[[], datetime]
    changed: Callable[[], object]
    messages: Messages
    folder: Path
    board: "Board"
    publishing: Publishing
    yesterday: Yesterday
    practice: "PracticePhone | None"
    token: Callable[[str], str] | None = None
    oidc: tuple[str, str, str, str] | None = None  # issuer, client, secret, the claim that is a name
    _made: "tuple[Flask, Staff] | None" = None

    def __post_init__(self) -> None:
        """Let one thread make them, and the others wait."""
        self._lock = Lock()

    def made(self) -> "tuple[Flask, Staff]":
        """Return the application and the people who may log in to it."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
                gc.collect()
                gc.freeze()  # It stays: to look through it again and again would stop calls and pages for 0.1 s.
            return self._made

    def beside(self, calls: WSGIApplication) -> WSGIApplication:
        """Return an application that asks the pages for what is theirs, and calls for all else."""

        def by_path(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            theirs = path == "/desk" or path.startswith("/desk/")
            return (self.made()[0].wsgi_app if theirs else calls)(environ, start)

        return by_path

    def hire_first(self, tell: Callable[[str, str | None], None]) -> None:
        """Add an admin if there is nobody; `tell` gets the name, and the one-time password, which is shown this once.

        In practice it is somebody who can answer calls, too. It is done and told in a process that ends, as what logins
        need takes a second to load, for which no caller shall wait, and would stay in the memory of a server that only
        answers calls; to be called before any thread runs.
        """
        if anybody(self.engine):
            tell(self._first()[0], None)
        else:
            get_context("fork").Process(target=lambda: tell(*self._hired())).start()

    def _first(self) -> tuple[str, ...]:
        return ("alice", ADMIN, SUPERVISOR, AGENT, OPERATIONS) if self.practice else (ADMIN, ADMIN)

    def _hired(self) -> tuple[str, str | None]:
        from ivr.console.commands import first_admin

        app, staff = self.made()
        name, *roles = self._first()
        with app.app_context():
            return name, first_admin(staff, name, *roles)

    def people(self) -> "click.Group":
        """Return the commands about who may log in."""
        from ivr.console.commands import people_commands

        app, staff = self.made()
        return people_commands(staff, app)

    def audit(self) -> "click.Group":
        """Return the commands about what people did."""
        from ivr.console.audit_commands import audit_commands

        return audit_commands(self.made()[0].extensions["audit"])

    def _make(self) -> "tuple[Flask, Staff]":
        from ivr.console.commands import Staff
        from ivr.console.desk import Office
        from ivr.console.login import protect
        from ivr.console.site import furnish
        from ivr.editor.site import furnish as furnish_menus
        from ivr.reports.search import Search
        from ivr.store.people import People

        app, people = Flask(__name__), People(self.engine, self.now)
        forgery = protect(app, people, self.url, self.secrets, self.desk.offline)
        office = Office(
            desk=self.desk,
            journal=self.journal,
            messages=self.messages,
            search=Search(self.engine),
            folder=self.folder,
            board=self.board,
            flow=self.flow,
            menus=self._menus,
            now=self.now,
            changed=self.changed,
            forgery=forgery,
            practice=self.practice,
            token=self.token,
        )
        staff = Staff(people, self.desk, self._skills())
        furnish(app, office, staff)
        furnish_menus(app, office, self.publishing, self.yesterday)
        if self.oidc:
            from ivr.console.sso import Provider, sso

            app.register_blueprint(sso(app, people, self.url, Provider(*self.oidc)))
        return app, staff

    def _menus(self, version: int) -> Flow | None:
        try:
            return self.flows(version)
        except (KeyError, RuntimeError):  # There never was such a version, or this program would not start with it.
            return None

    def _skills(self) -> frozenset[str]:
        queues = {f"queue:{name}" for name in self.flow().queues}
        return frozenset(queues | {f"language:{name}" for name in self.flow().hotline.languages})
