"""The agents' pages as an application of their own, so that calls neither load nor pay for what logins cost."""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from ivr.desk.keeping import Desk
from ivr.editor.publishing import Publishing
from ivr.flow.flow import Flow
from ivr.store.errors import StoreError
from ivr.store.first import anybody
from ivr.store.journal import Journal
from ivr.store.messages import Messages
from ivr.store.roles import ADMIN, AGENT, OPERATIONS, SUPERVISOR
from ivr.store.shore import Shore
from ivr.store.vault import Vault

if TYPE_CHECKING:
    import click

    from ivr.console.commands import Staff
    from ivr.console.office import Board, PracticePhone
    from ivr.editor.yesterday import Yesterday


AWAY: Final = """<!doctype html>
<html lang="zh-CN">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="refresh" content="5">
  <title>数据库连不上 · The database is away</title>
  <link rel="stylesheet" href="/web/vendor/tabler.css">
  <link rel="stylesheet" href="/web/styles/base.css">
  <link rel="stylesheet" href="/web/styles/desk.css">
</head>
<body>
  <main class="door">
    <div class="card" role="alert">
      <h1>数据库暂时连不上</h1>
      <p>来电仍然有应答：客户可以报告钱包被盗，也可以留言，恢复后都会出现在这里。本页会自动重试。</p>
      <h2 lang="en">The database is away</h2>
      <p lang="en">Calls are still answered: callers can report a theft or leave a message, and you will find it all
      here afterwards. This page tries again by itself.</p>
    </div>
  </main>
</body>
</html>
"""


def away() -> Response:
    """Return the page for whoever asks for one while the database is away."""
    return Response(AWAY, 503, {"Retry-After": "5", "Cache-Control": "no-store"}, mimetype="text/html")


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
    vault: Vault
    board: "Board"
    publishing: Publishing
    yesterday: "Callable[[], Yesterday]"
    practice: "PracticePhone | None"
    shore: Shore
    tell: bool = True  # Whether browsers can be told apart by their addresses.
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
            if path != "/desk" and not path.startswith("/desk/"):
                return calls(environ, start)
            return (away() if self.shore.why else self.made()[0].wsgi_app)(environ, start)

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

    def hire_late(self, tell: Callable[[str, str | None], None]) -> None:
        """Do as `hire_first` does, in this process, where threads run already: the database came after the start."""
        tell(*((self._first()[0], None) if anybody(self.engine) else self._hired()))

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
        from ivr.store.texts import Texts

        app, people = Flask(__name__), People(self.engine, self.now)
        for error in (StoreError, OperationalError):
            app.register_error_handler(error, lambda _: away())
        forgery = protect(app, people, self.url, self.secrets, self.desk, self.practice, self.tell)
        office = Office(
            desk=self.desk,
            journal=self.journal,
            messages=self.messages,
            texts=Texts(self.engine),
            search=Search(self.engine),
            folder=self.folder,
            vault=self.vault,
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
        furnish_menus(app, office, self.publishing, self.yesterday())
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
