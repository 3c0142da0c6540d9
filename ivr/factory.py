"""Puts the parts together: the only module that knows which of them are in use.

What only a practice or a command needs is imported there, so that a server of real calls does not carry it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flask import Flask, redirect, url_for
from sqlalchemy import Engine

from ivr import folders, logs, settings
from ivr.cli import Later, Rehearsal, Tools, commands
from ivr.desk.keeping import RULES, Desk
from ivr.desk.tasks import Tasks
from ivr.flow import speech
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.problem import Problem
from ivr.hotline import Hotline
from ivr.jobs.recordings import Recordings, Source
from ivr.jobs.worker import Worker
from ivr.pages import Pages
from ivr.reports.keeping import Job, Keeping
from ivr.settings import Settings
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.journal import Journal
from ivr.store.library import Library
from ivr.store.messages import Messages
from ivr.telephony import voices
from ivr.telephony.agents import agents
from ivr.telephony.audio import audio
from ivr.telephony.calls import Calls
from ivr.telephony.render import Site
from ivr.telephony.rescue import Rescue
from ivr.telephony.rest import Rest
from ivr.telephony.routes import Line, voice
from ivr.telephony.signature import Signatures
from ivr.telephony.switchboard import Switchboard
from ivr.telephony.taskrouter_commands import taskrouter_commands
from ivr.telephony.taskrouter_paths import taskrouter
from ivr.telephony.taskrouter_rest import Workspace
from ivr.telephony.tokens import Tokens
from ivr.telephony.unwritten import Unwritten
from ivr.transcript import Script
from ivr.web import web

if TYPE_CHECKING:
    from ivr.carrier.desk_phones import DeskPhones


class StartError(RuntimeError):
    """The program cannot start; its text says why, a line for each reason."""


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands behind the application, for commands and tests."""

    settings: Settings
    flow: Flow
    engine: Engine
    journal: Journal
    messages: Messages
    hotline: Hotline
    worker: Worker[str]
    digests: Worker[Job]
    kept: Keeping
    desk: Desk
    board: Switchboard
    unwritten: Unwritten

    def begin(self) -> None:
        """Begin what a fork would not have brought along; to be called in the process that serves."""
        self.worker.start()
        self.digests.start()
        self.board.start()

    def close(self) -> None:
        """Finish what is at work, write down what is waiting, and let go of the database."""
        self.worker.stop()
        self.digests.stop()
        self.unwritten.close()
        self.journal.close()
        self.engine.dispose()


def create_app(given: Settings | None = None, now: Callable[[], datetime] = utc_now) -> Flask:
    """Return the application; raise StartError, SettingsError or StoreError where something it needs is missing."""
    logs.configure()
    parts = assemble(given or settings.read(), now)
    found, line, app = parts.settings, _line(parts, now), Calls(__name__)
    app.extensions["hotline"] = parts
    practice = _practise(app, parts, now) if found.practice else None
    for blueprint in (voice(line), agents(line, parts.board), audio(found.recordings), web()):
        app.register_blueprint(blueprint)
    changed = parts.board.changed
    pages = Pages(
        found.public_url,
        found.secrets,
        parts.engine,
        parts.desk,
        parts.journal,
        parts.flow,
        now,
        changed,
        parts.messages,
        found.recordings / "messages",
        parts.board,
        practice,
        _token(found),
        (found.oidc_issuer, found.oidc_client, found.oidc_secret, found.oidc_claim) if found.oidc_issuer else None,
    )
    app.extensions["pages"] = pages
    _hand_over(app, parts, line)
    people, audit = Later("people", "Who may log in.", pages.people), Later("audit", "What people did.", pages.audit)
    for command in (*commands(_tools(parts, now)), people, audit):
        app.cli.add_command(command)
    # Flask's own way to wrap an application.
    app.wsgi_app = pages.beside(app.wsgi_app)  # type: ignore[method-assign,assignment]
    return app


def _line(parts: Parts, now: Callable[[], datetime]) -> Line:
    """Return what the carrier's paths need."""
    found, unwritten = parts.settings, parts.unwritten
    site = Site(found.public_url, parts.flow.hotline.languages, parts.flow.hotline.number)
    return Line(
        hotline=parts.hotline,
        messages=parts.messages,
        site=site,
        signatures=Signatures(found.public_url, found.tokens),
        account=found.account,
        flow=lambda: parts.flow,
        now=now,
        wanted=lambda _: parts.worker.wake(),
        changed=parts.board.changed,
        desk=parts.desk,
        rescue=Rescue(parts.hotline, lambda: parts.flow, site, parts.board.changed, unwritten),
        unwritten=unwritten,
    )


def _token(found: Settings) -> Callable[[str], str] | None:
    """Return what lets an agent's browser ring; None where it rings in practice, or agents have their own phones."""
    if found.practice or not found.api_key:
        return None
    return Tokens(found.account, found.api_key, found.api_secret).token


def _hand_over(app: Flask, parts: Parts, line: Line) -> None:
    """Let TaskRouter give out the queues that say so, where we have a workspace there."""
    found, desk = parts.settings, parts.desk
    flows = {name: queue.workflow for name, queue in parts.flow.queues.items() if queue.workflow}
    workspace = Workspace(found.account, found.tokens[0], found.api_url, found.workspace) if found.workspace else None
    if flows and workspace is None:
        raise StartError("queues.yaml has router: taskrouter, so set TWILIO_TASKROUTER_WORKSPACE, or let it be desk")
    words = "Queues that TaskRouter gives out."
    app.cli.add_command(Later("taskrouter", words, lambda: taskrouter_commands(workspace, desk.agents, flows)))
    if workspace:
        app.register_blueprint(taskrouter(line, parts.board, Tasks(parts.engine, desk.now), workspace))


def assemble(found: Settings, now: Callable[[], datetime]) -> Parts:
    """Return the parts of the hotline that know nothing of the web."""
    texts, recorded = folders.menus(found.menus), folders.prompts(found.recordings)
    flow = _checked(texts, recorded, folders.music(found.recordings))
    if beyond := [one for one in flow.hotline.callbacks.prefixes if not one.startswith(found.prefixes)]:
        raise StartError(f"hotline.yaml offers call backs to {beyond[0]}, which ALLOWED_PREFIXES does not allow")
    engine = connect(found.database_url, Cipher(found.secrets))
    upgrade(engine)
    library = Library(engine)
    version = library.keep(texts, now())
    engine.dispose()  # The server forks after this, and no connection may be shared with a child.

    @cache
    def flows(number: int) -> Flow:
        return flow if number == version else _checked(library.files(number), recorded)

    journal, messages = Journal(engine), Messages(engine)
    hotline = Hotline(journal, flows, lambda: version, now)
    worker = _worker(found, messages, now)
    desk = Desk(engine, now, RULES, flow.zone, lambda queue, at: _rings(flow, queue, at))
    carrier = Rest(found.account, found.tokens[0], found.api_url)
    rings = ThreadPoolExecutor(8, "rings")
    number, url = flow.hotline.number, found.public_url
    board = Switchboard(desk, carrier, number, url, rings.submit, hotline.hang_up, found.prefixes)
    kept = Keeping(engine, journal.events, flow.zone, now)
    digests = Worker(kept.take, kept.due, threads=1)
    return Parts(found, flow, engine, journal, messages, hotline, worker, digests, kept, desk, board, Unwritten())


def _rings(flow: Flow, queue: str, at: datetime) -> bool:
    # The call backs of a queue that only an older version of the menus had are the general one's.
    return flow.schedule.rings(queue if queue in flow.queues else flow.hotline.queue, at) == at


def _worker(found: Settings, messages: Messages, now: Callable[[], datetime]) -> Worker[str]:
    """Return who fetches messages."""
    source = Source(found.api_url, found.account, found.account, found.tokens[0])
    recordings = Recordings(messages, source, found.recordings / "messages", now)
    return Worker(recordings.fetch, lambda: messages.due(now()))


def _work(parts: Parts) -> None:
    """Do the jobs until the process is told to end."""
    parts.digests.start()
    parts.worker.run()
    parts.digests.stop()


def _practise(app: Flask, parts: Parts, now: Callable[[], datetime]) -> "DeskPhones":
    """Put a telephone company beside the hotline, with a phone in the browser to ring it."""
    from ivr.carrier.company import Carrier
    from ivr.carrier.desk_phones import DeskPhones
    from ivr.carrier.phone import phone
    from ivr.carrier.rest import rest

    found, number = parts.settings, parts.flow.hotline.number
    callbacks = ThreadPoolExecutor(4, "carrier")
    carrier = Carrier(found.account, found.tokens[0], now, background=callbacks.submit, api_url=found.api_url)
    base = f"{found.public_url}/voice"
    carrier.number(number, f"{base}/incoming", f"{base}/fallback", f"{base}/status")
    app.extensions["carrier"] = carrier
    app.register_blueprint(rest(carrier))
    app.register_blueprint(phone(carrier, number))
    app.add_url_rule("/", "index", lambda: redirect(url_for("phone.show")))
    phones = DeskPhones(carrier)
    parts.board.beside.append(lambda: phones.tick([agent.phone for agent in parts.desk.agents()]))
    return phones


def _tools(parts: Parts, now: Callable[[], datetime]) -> Tools:
    """Return what the commands need."""
    found, number = parts.settings, parts.flow.hotline.number

    @contextmanager
    def rehearse(script: Script) -> Iterator[Rehearsal]:
        from ivr.carrier.caller import Caller
        from ivr.carrier.rehearsal import rehearsal

        with TemporaryDirectory() as folder:
            # The rehearsal has a database of its own, so that nothing of it is kept.
            alone = replace(found, practice=False, instance=Path(folder), database_url=f"sqlite:///{folder}/hotline.db")

            def make(port: int, clock: Callable[[], datetime]) -> Flask:
                url = f"http://127.0.0.1:{port}"
                return create_app(replace(alone, port=port, public_url=url, api_url=url), clock)

            with rehearsal(make, script.at, found.account, found.tokens[0], number) as (app, carrier), logs.brief():
                made: Parts = app.extensions["hotline"]
                made.desk.staff_all(made.flow.queues, made.flow.hotline.languages)
                caller = Caller(carrier, script.caller, number)
                yield Rehearsal(caller, lambda: made.journal.events(caller.leg.sid))
                made.close()

    return Tools(
        rehearse=rehearse,
        menus=lambda: _read(
            folders.menus(found.menus), folders.prompts(found.recordings), folders.music(found.recordings)
        ),
        now=now,
        zone=parts.flow.zone,
        base=parts.flow.base,
        pages=found.menus.parent / "tests" / "calls",
        work=lambda: _work(parts),
        promised=parts.desk.promised,
        rebuild=parts.kept.anew,
    )


def _read(
    texts: dict[str, str], recorded: frozenset[str], music: frozenset[str] | None
) -> tuple[Flow | None, list[Problem]]:
    """Return the menus and every problem, those of the carrier's voices among them."""
    flow, problems = load(texts, recorded, music)
    wrong = voices.unknown(flow.hotline.languages) if flow else []
    return flow, problems + [Problem("hotline.yaml", 1, words) for words in wrong]


def _checked(texts: dict[str, str], recorded: frozenset[str], music: frozenset[str] | None = None) -> Flow:
    flow, problems = _read(texts, recorded, music)
    if flow is None or problems:
        raise StartError("\n".join(["the menus cannot be used:", *map(str, problems)]))
    for language in flow.hotline.languages:
        speech.voice_of(language).number(12)  # Its tables take a moment to read, which no caller shall wait.
    return flow
