"""What stands behind the application, put together: all that knows nothing of the web."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from ivr import folders
from ivr.desk.keeping import RULES, Desk
from ivr.flow import speech
from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.problem import Problem
from ivr.hotline import Hotline
from ivr.jobs.recordings import Recordings, Source
from ivr.jobs.worker import Worker
from ivr.reports.keeping import Keeping
from ivr.settings import Settings
from ivr.store.crypto import Cipher
from ivr.store.engine import connect, upgrade
from ivr.store.journal import Journal
from ivr.store.library import Library
from ivr.store.messages import Messages
from ivr.telephony import voices
from ivr.telephony.rest import Rest
from ivr.telephony.switchboard import Switchboard
from ivr.telephony.unwritten import Unwritten

if TYPE_CHECKING:
    from ivr.jobs.daily import Daily


class StartError(RuntimeError):
    """The program cannot start; its text says why, a line for each reason."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands behind the application, for commands and tests."""

    settings: Settings
    flow: Flow
    engine: Engine
    journal: Journal
    messages: Messages
    hotline: Hotline
    jobs: tuple[Worker[Any], ...]  # Who fetches messages, who digests calls, who mails.
    kept: Keeping
    daily: "Daily | None"
    desk: Desk
    board: Switchboard
    unwritten: Unwritten

    def begin(self) -> None:
        """Begin what a fork would not have brought along; to be called in the process that serves."""
        for worker in self.jobs:
            worker.start()
        self.board.start()

    def close(self) -> None:
        """Finish what is at work, write down what is waiting, and let go of the database."""
        for worker in self.jobs:
            worker.stop()
        self.unwritten.close()
        self.journal.close()
        self.engine.dispose()


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
    daily = _daily(found, kept, flow)
    mailing = [Worker(daily.send, daily.due, threads=1)] if daily else []
    jobs: tuple[Worker[Any], ...] = (worker, Worker(kept.take, kept.due, threads=1), *mailing)
    return Parts(found, flow, engine, journal, messages, hotline, jobs, kept, daily, desk, board, Unwritten())


def _rings(flow: Flow, queue: str, at: datetime) -> bool:
    # The call backs of a queue that only an older version of the menus had are the general one's.
    return flow.schedule.rings(queue if queue in flow.queues else flow.hotline.queue, at) == at


def _daily(found: Settings, kept: Keeping, flow: Flow) -> "Daily | None":
    """Return who sends the daily mail; nobody where the settings name none."""
    if (mail := found.mail) is None:
        return None
    from ivr.jobs.daily import Daily, Letter
    from ivr.jobs.post import Post
    from ivr.store.mails import Mails

    post = Post(mail.host, mail.port, mail.tls, mail.user, mail.password)
    letter = Letter(mail.sender, mail.to, mail.at, mail.language)
    return Daily(Mails(kept.engine), kept.tallies, lambda: flow, kept.now, found.public_url, letter, post)


def _worker(found: Settings, messages: Messages, now: Callable[[], datetime]) -> Worker[str]:
    """Return who fetches messages."""
    source = Source(found.api_url, found.account, found.account, found.tokens[0])
    recordings = Recordings(messages, source, found.recordings / "messages", now)
    return Worker(recordings.fetch, lambda: messages.due(now()))


def read_menus(
    texts: dict[str, str], recorded: frozenset[str], music: frozenset[str] | None
) -> tuple[Flow | None, list[Problem]]:
    """Return the menus and every problem, those of the carrier's voices among them."""
    flow, problems = load(texts, recorded, music)
    wrong = voices.unknown(flow.hotline.languages) if flow else []
    return flow, problems + [Problem("hotline.yaml", 1, words) for words in wrong]


def _checked(texts: dict[str, str], recorded: frozenset[str], music: frozenset[str] | None = None) -> Flow:
    flow, problems = read_menus(texts, recorded, music)
    if flow is None or problems:
        raise StartError("\n".join(["the menus cannot be used:", *map(str, problems)]))
    for language in flow.hotline.languages:
        speech.voice_of(language).number(12)  # Its tables take a moment to read, which no caller shall wait.
    return flow
