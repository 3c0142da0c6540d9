"""Puts the parts together: the only module that knows which of them are in use.

What only a practice or a command needs is imported there, so that a server of real calls does not carry it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

import click
from flask import Flask

from ivr import errands, folders, logs, settings
from ivr.cli import Later, Tools, commands
from ivr.data import data_commands
from ivr.desk.tasks import Tasks
from ivr.editor.reading import read
from ivr.flow.flow import Flow
from ivr.jobs.mail_commands import mail_commands
from ivr.jobs.retention import retention_commands
from ivr.operations.tools import doctor, tools
from ivr.operations.watch import watch, work
from ivr.pages import Pages
from ivr.parts import Parts, StartError, assemble, here
from ivr.practice import practise, rehearse
from ivr.settings import Settings
from ivr.store.audit import Trail
from ivr.store.crypto import Cipher
from ivr.store.errors import StoreError
from ivr.telephony import lifeboat
from ivr.telephony.admission import Admission, Queue
from ivr.telephony.agents import agents
from ivr.telephony.audio import audio
from ivr.telephony.calls import Calls
from ivr.telephony.freezing import Freezing
from ivr.telephony.front import Front
from ivr.telephony.render import Site
from ivr.telephony.rescue import Rescue
from ivr.telephony.rest import Rest
from ivr.telephony.routes import Line, voice
from ivr.telephony.signature import Signatures
from ivr.telephony.taskrouter_commands import taskrouter_commands
from ivr.telephony.taskrouter_paths import taskrouter
from ivr.telephony.taskrouter_rest import Workspace
from ivr.telephony.tokens import Tokens
from ivr.web import headers, web
from ivr.web.headers import guarding
from ivr.web.peers import Proxies

ALONE: Final = (
    "call",
    "menus",
    "lifeboat",
    "numbers",
)  # Commands that do without the database, or with it as far as they can.


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def create_app(given: Settings | None = None, now: Callable[[], datetime] = utc_now) -> Flask:
    """Return the application; raise StartError, SettingsError or StoreError where something it needs is missing."""
    settled = given or settings.read()
    logs.configure(settled.log_format)
    parts = assemble(settled, now)
    found, line, app = parts.settings, _line(parts, now), Calls(__name__)
    app.extensions["hotline"] = parts
    practice = practise(app, parts, now) if found.practice else None
    for blueprint in (voice(line), agents(line, parts.board), audio(found.recordings), web()):
        app.register_blueprint(blueprint)
    pages = Pages(
        found.public_url,
        found.secrets,
        parts.engine,
        parts.desk,
        parts.journal,
        lambda: parts.flow,
        parts.live.of,
        now,
        parts.board.changed,
        parts.messages,
        found.recordings,
        parts.vault,
        parts.board,
        parts.publishing,
        parts.yesterday,
        practice,
        parts.shore,
        bool(found.proxies) or not found.https,
        _token(found),
        (found.oidc_issuer, found.oidc_client, found.oidc_secret, found.oidc_claim) if found.oidc_issuer else None,
    )
    app.extensions["pages"] = pages
    _hand_over(app, parts, line)
    app.cli.add_command(doctor(now))
    for command in (*commands(_tools(parts, now)), *_groups(parts, pages, now)):
        app.cli.add_command(_demanding(command, parts))
    _surround(app, parts, line, pages, now)
    return app


def _surround(app: Flask, parts: Parts, line: Line, pages: Pages, now: Callable[[], datetime]) -> None:
    """Put around the application what every request passes, and before it what answers calls by the quick way."""
    found = parts.settings
    tally = parts.tally

    def patience(*told: Any) -> str:
        return lifeboat.patience(parts.flow, line.site, *told)

    admission = Admission(pages.beside(app.wsgi_app), patience, tally, Queue(tally))
    app.extensions["admission"] = admission
    proxies = Proxies(found.proxies)
    around = proxies.around(watch(parts, now).around(guarding(admission, found.https)))
    app.wsgi_app = around  # type: ignore[method-assign,assignment]
    front = (admission, tally, headers.told(found.https), proxies)
    app.extensions["front"] = lambda *threads: Front(line, app.wsgi_app, *front, *threads)


def _menus(parts: Parts, now: Callable[[], datetime]) -> click.Group:
    """Return the commands about what callers hear."""
    from ivr.editor.commands import Files, menus_commands

    found = parts.settings
    files = Files(found.menus, found.recordings, lambda texts: read(texts, here(found)))
    return menus_commands(files, parts.publishing, Trail(parts.engine, found.secrets, now), parts.yesterday())


def _groups(parts: Parts, pages: Pages, now: Callable[[], datetime]) -> Iterator[click.Command]:
    """Yield the groups of commands, which are made when one of them is asked for."""
    yield Later("people", "Who may log in.", pages.people)
    yield Later("audit", "What people did.", pages.audit)
    yield Later("mail", "The daily mail.", lambda: mail_commands(parts.daily))
    yield Later("retention", "How long data is kept.", lambda: retention_commands(parts.retaining()))
    yield Later("menus", "What callers hear.", lambda: _menus(parts, now))
    yield _lifeboat(parts, now)
    yield from tools(parts)
    yield from data_commands(parts, now)


def _lifeboat(parts: Parts, now: Callable[[], datetime]) -> Later:
    """Return the commands about what callers hear when all else is away."""
    found = parts.settings

    def make() -> click.Group:
        from ivr.carrier.drill import Exercise
        from ivr.telephony.lifeboat_commands import Boat, lifeboat_commands

        main = f"{found.public_url}/voice/incoming"
        exercise = Exercise(found.account, found.tokens[0], parts.flow.hotline.number, main, now)
        rest = Rest(found.account, found.tokens[0], found.api_url)
        site, flow = (lambda: errands.site_of(found, parts.flow)), (lambda: parts.flow)
        version, write = (lambda: parts.live.version), folders.replace
        boat = Boat(flow, version, site, now, exercise.walk, exercise.get, rest.numbers, write)
        return lifeboat_commands(boat)

    return Later("lifeboat", "What callers hear when all else is away.", make)


def _demanding(command: click.Command, parts: Parts) -> click.Command:
    """Have a command say in one line why it cannot do its work, such as without the database."""
    invoke = command.invoke

    def demanding(context: click.Context) -> Any:
        try:
            if command.name not in ALONE:
                parts.shore.demand()
            return invoke(context)
        except (StartError, StoreError) as error:
            raise click.ClickException(str(error)) from None

    command.invoke = demanding  # type: ignore[method-assign,assignment]
    return command


def _line(parts: Parts, now: Callable[[], datetime]) -> Line:
    """Return what the carrier's paths need."""
    found, unwritten = parts.settings, parts.unwritten
    sites, freezing = _sites(parts), Freezing(parts.wallet, Cipher(found.secrets), now)
    return Line(
        hotline=parts.hotline,
        sites=sites,
        signatures=Signatures(found.public_url, found.tokens),
        account=found.account,
        flow=lambda: parts.flow,
        now=now,
        changed=parts.board.changed,
        desk=parts.desk,
        rescue=Rescue(
            parts.hotline, lambda: parts.flow, sites, parts.board.changed, unwritten, freezing, parts.gatekeeper.bars
        ),
        unwritten=unwritten,
        bars=parts.gatekeeper.bars,
    )


def _sites(parts: Parts) -> Callable[[], Site]:
    """Return how the carrier reaches us, by which voices: those of languages that went stay for calls in them."""
    made: list[tuple[Flow, Site]] = []

    def site() -> Site:
        flow = parts.flow
        if not made or made[0][0] is not flow:
            voices = {**(made[0][1].voices if made else {}), **flow.hotline.languages}
            made[:] = [(flow, Site(parts.settings.public_url, voices, flow.hotline.number))]
        return made[0][1]

    return site


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
    command = Later("taskrouter", words, lambda: taskrouter_commands(workspace, desk.agents, flows))
    app.cli.add_command(_demanding(command, parts))
    if workspace:
        app.register_blueprint(taskrouter(line, parts.board, Tasks(parts.engine, desk.now), workspace))


def _tools(parts: Parts, now: Callable[[], datetime]) -> Tools:
    """Return what the commands need."""
    found = parts.settings
    return Tools(
        rehearse=lambda script: rehearse(found, parts.flow.hotline.number, script, create_app),
        now=now,
        zone=parts.flow.zone,
        base=parts.flow.base,
        pages=found.menus.parent / "tests" / "calls",
        work=lambda: work(parts, now),
        promised=parts.desk.promised,
        rebuild=parts.kept.anew,
    )
