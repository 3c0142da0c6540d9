"""Puts the parts together: the only module that knows which of them are in use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine

from ivr import logs, settings
from ivr.flow import speech
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.hotline import Hotline
from ivr.settings import Settings
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.journal import Journal
from ivr.store.library import Library
from ivr.store.messages import Messages
from ivr.telephony import voices
from ivr.telephony.audio import audio
from ivr.telephony.render import Site
from ivr.telephony.routes import Line, voice
from ivr.telephony.signature import Signatures


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

    def close(self) -> None:
        """Write down what is waiting, and let go of the database."""
        self.journal.close()
        self.engine.dispose()


def create_app(given: Settings | None = None, now: Callable[[], datetime] = utc_now) -> Flask:
    """Return the application; raise StartError, SettingsError or StoreError where something it needs is missing."""
    logs.configure()
    parts = assemble(given or settings.read(), now)
    found = parts.settings
    line = Line(
        hotline=parts.hotline,
        messages=parts.messages,
        site=Site(found.public_url, parts.flow.hotline.languages),
        signatures=Signatures(found.public_url, found.tokens),
        account=found.account,
        flow=lambda: parts.flow,
        now=now,
        wanted=lambda message: None,
    )
    app = Flask(__name__)
    app.extensions["hotline"] = parts
    app.register_blueprint(voice(line))
    app.register_blueprint(audio(found.recordings))
    return app


def assemble(found: Settings, now: Callable[[], datetime]) -> Parts:
    """Return the parts of the hotline that know nothing of the web."""
    texts, recorded = menus(found.menus), prompts(found.recordings)
    flow = _checked(texts, recorded)
    engine = connect(found.database_url, Cipher(found.secrets))
    upgrade(engine)
    library = Library(engine)
    version = library.keep(texts, now())
    engine.dispose()  # The server forks after this, and no connection may be shared with a child.

    @cache
    def flows(number: int) -> Flow:
        return flow if number == version else _checked(library.files(number), recorded)

    journal = Journal(engine)
    hotline = Hotline(journal, flows, lambda: version, now)
    return Parts(found, flow, engine, journal, Messages(engine), hotline)


def menus(folder: Path) -> dict[str, str]:
    """Return the menus' texts by their name below the folder."""
    files = sorted([*folder.glob("*.yaml"), *folder.glob("languages/*.yaml")])
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in files}


def prompts(folder: Path) -> frozenset[str]:
    """Return the names (`language/place`) of the prompts that a person has spoken."""
    spoken = folder / "prompts"
    return frozenset(file.relative_to(spoken).with_suffix("").as_posix() for file in spoken.glob("*/*.wav"))


def _checked(texts: dict[str, str], recorded: frozenset[str]) -> Flow:
    flow, problems = load(texts, recorded)
    words = [str(problem) for problem in problems]
    words += [f"hotline.yaml:1: {trouble}" for trouble in voices.unknown(flow.hotline.languages if flow else {})]
    if flow is None or words:
        raise StartError("\n".join(["the menus cannot be used:", *words]))
    for language in flow.hotline.languages:
        speech.voice_of(language).number(12)  # Its tables take a moment to read, which no caller shall wait.
    return flow
