"""What stands behind the application, put together: all that knows nothing of the web."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import Engine

from ivr import errands, folders
from ivr.desk.allowance import Allowance
from ivr.desk.keeping import RULES, Desk
from ivr.editor.gate import Gate
from ivr.editor.publishing import Publishing
from ivr.editor.reading import Here, read
from ivr.flow import speech
from ivr.flow.flow import Flow
from ivr.flow.text import parse
from ivr.hotline import Hotline
from ivr.jobs.worker import Worker
from ivr.reports.keeping import Keeping
from ivr.settings import Settings
from ivr.store import sealing_keys
from ivr.store.blocked import Blocks, Gatekeeper
from ivr.store.crypto import Cipher
from ivr.store.drafts import Drafts
from ivr.store.engine import connect, nowhere
from ivr.store.errors import StoreError
from ivr.store.guard import Guard
from ivr.store.journal import Journal
from ivr.store.library import Library
from ivr.store.live import Live
from ivr.store.messages import Messages
from ivr.store.shore import Shore
from ivr.store.texts import Texts
from ivr.store.vault import Vault
from ivr.tally import Tally
from ivr.telephony.facts import Clerk
from ivr.telephony.rest import Rest
from ivr.telephony.spool import Spool
from ivr.telephony.strays import Strays
from ivr.telephony.switchboard import Switchboard
from ivr.telephony.unwritten import Unwritten
from ivr.wallets.port import Wallet

if TYPE_CHECKING:
    from ivr.editor.yesterday import Yesterday
    from ivr.jobs.daily import Daily
    from ivr.jobs.retention import Retaining

PARSED: Final = lru_cache(maxsize=64)(parse)  # Two versions mostly differ in a file or two, and all is read slowly.
FIRST: Final = "menus/"  # Why the first version was published: it lay in the folder.
log = structlog.get_logger()


class StartError(RuntimeError):
    """The program cannot start; its text says why, a line for each reason."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands behind the application, for commands and tests."""

    settings: Settings
    live: Live
    publishing: Publishing
    yesterday: "Callable[[], Yesterday]"
    engine: Engine
    journal: Journal
    messages: Messages
    vault: Vault
    hotline: Hotline
    jobs: tuple[Worker[Any], ...]  # Who fetches messages, digests calls, sends texts, mails.
    kept: Keeping
    daily: "Daily | None"
    desk: Desk
    board: Switchboard
    wallet: Wallet
    unwritten: Unwritten
    shore: Shore
    retaining: "Callable[[], Retaining]"
    tally: Tally
    gatekeeper: Gatekeeper

    @property
    def flow(self) -> Flow:
        """What callers who ring now hear."""
        return self.live.flow

    def begin(self, arrived: Callable[[], object] = lambda: None) -> None:
        """Begin what a fork would not have brought along; to be called in the process that serves.

        What needs the database begins once it is there, which is then told to `arrived`.
        """
        self.unwritten.start()
        self.shore.when_reached(lambda: self._go_on(arrived))

    def work(self) -> None:
        """Do the jobs until the process is told to end; for a process of its own, which takes no calls."""
        self.live.start()
        first, *others = self.jobs
        for worker in others:
            worker.start()
        first.run()
        self.close()

    def _go_on(self, arrived: Callable[[], object]) -> None:
        for worker in self.jobs if self.settings.aside.jobs == "inside" else ():
            worker.start()
        self.live.start()
        self.gatekeeper.start()
        self.board.start()
        arrived()

    def close(self) -> None:
        """Finish what is at work, write down what is waiting, and let go of the database."""
        self.shore.close()
        for worker in self.jobs:
            worker.stop()
        self.live.stop()
        self.board.stop()
        self.gatekeeper.close()
        self.unwritten.close()
        self.journal.close()
        self.engine.dispose()
        self.tally.close()


def assemble(found: Settings, now: Callable[[], datetime]) -> Parts:
    """Return the parts of the hotline that know nothing of the web; the database may be away."""
    live = _live(Library(engine := _engine(found)), found, now)
    shore = _reached(engine, live, found, now)
    flow, publishing = live.flow, Publishing(live.library, Drafts(engine), live, Gate(lambda: here(found)), now)
    journal, messages, tally = Journal(engine), Messages(engine), _counting(found)
    wallet, guard = errands.wallet(found, now), Guard(engine, Cipher(found.secrets), now)
    hotline = Hotline(journal, live.of, lambda: live.version, now, errands.teller(wallet, guard, tally), live.at_hand)
    recordings, worker = errands.fetching(found, messages, now)
    desk = Desk(engine, now, RULES, flow.zone, lambda queue, at: _rings(live.flow, queue, at))
    carrier = Rest(found.account, found.tokens[0], found.api_url, tally)
    board = _board(found, desk, carrier, flow.hotline.number, hotline.hang_up)
    kept, gatekeeper = Keeping(engine, journal.events, flow.zone, now), Gatekeeper(Blocks(engine, now))
    daily = errands.daily(found, kept, lambda: live.flow)
    unwritten = _unwritten(found, hotline, messages, board, worker.wake)
    strays = Strays(carrier, hotline, messages, unwritten, lambda: live.flow, now)
    tending = errands.hourly(found, live, strays, guard)
    return Parts(
        settings=found,
        live=live,
        publishing=publishing,
        yesterday=cache(lambda: _yesterday(engine, found)),
        engine=engine,
        journal=journal,
        messages=messages,
        vault=recordings.vault,
        hotline=hotline,
        jobs=errands.jobs(found, worker, kept, tending, recordings, carrier, daily, desk, lambda: live.flow),
        kept=kept,
        daily=daily,
        desk=desk,
        board=board,
        wallet=wallet,
        unwritten=unwritten,
        shore=shore,
        retaining=lambda: errands.retaining(found, recordings, carrier, live.flow.zone),
        tally=tally,
        gatekeeper=gatekeeper,
    )


def _counting(found: Settings) -> Tally:
    """Return what counts, and tells all of it as traces where somebody wants them."""
    if found.aside.traces is None:
        return Tally()
    from ivr import traces

    try:
        made = traces.traces(*found.aside.traces)
    except ImportError:
        raise StartError(traces.NOT_INSTALLED) from None
    return Tally(heard=made.heard, done=made.close)


def _unwritten(
    found: Settings, hotline: Hotline, messages: Messages, board: Switchboard, wanted: Callable[[], object]
) -> Unwritten:
    desk = board.desk
    clerk = Clerk(hotline, messages, desk, wanted, board.changed, board.rest.parties, Texts(desk.engine))
    return Unwritten(clerk.write, Spool(found.instance / "spool", Cipher(found.secrets)))


def _board(found: Settings, desk: Desk, carrier: Rest, number: str, hang_up: Callable[[str], object]) -> Switchboard:
    rings, allowance = ThreadPoolExecutor(8, "rings"), Allowance(found.callbacks_a_day, desk.callbacks.rung, desk.now)
    made = Switchboard(desk, carrier, number, found.public_url, rings.submit, hang_up, found.prefixes, allowance.spend)
    made.talks.falls.remember(found.instance)
    made.beside.append(desk.presence.tend)
    return made


def _yesterday(engine: Engine, found: Settings) -> "Yesterday":
    """Return what does calls again in other menus; a server of calls does without it."""
    from ivr.editor.yesterday import Yesterday

    return Yesterday(engine, found.secrets)


def _reached(engine: Engine, live: Live, found: Settings, now: Callable[[], datetime]) -> Shore:
    """Return how to reach the database, after a first try; where it is away the menus that answered last stand in."""

    def settle() -> None:
        sealing_keys.prove(engine, found.secrets, now())
        _settle(live, found, now)

    shore = Shore(engine, settle)
    if not shore.reach():
        log.error("the database is away: callers can only leave messages", why=shore.why)
        live.stand_in(folders.copy(found.instance) or folders.menus(found.menus))
    engine.dispose()  # The server forks after this, and no connection may be shared with a child.
    return shore


def _engine(found: Settings) -> Engine:
    cipher = Cipher(found.secrets)
    try:
        return connect(found.database_url, cipher)
    except StoreError as error:  # Callers are not to hear of a setting that is wrong.
        return nowhere(error, cipher)


def _live(library: Library, found: Settings, now: Callable[[], datetime]) -> Live:
    """Return what will answer; each version that does is kept on disk, for starts without the database."""

    def again(files: Mapping[str, str]) -> Flow:
        return _checked(files, here(found), judged=False)

    def switched(version: int, files: Mapping[str, str], flow: Flow) -> None:
        try:
            folders.keep_copy(found.instance, files)
            errands.put_bundle(found, flow, version, now())
        except OSError as error:
            log.error("the lifeboat's files are not those of the live menus", version=version, why=str(error))

    return Live(library, again, switched)


def _settle(live: Live, found: Settings, now: Callable[[], datetime]) -> None:
    """Let answer what was published last, which in a fresh installation is what lies in its folder."""
    library, files = live.library, folders.menus(found.menus)
    if (last := library.live()) is None:
        _checked(files, here(found))
        library.publish(library.keep(files, now()), "", now(), FIRST, None)
        if (last := library.live()) is None:
            raise StartError("the menus could not be published")
    live.switch(last)
    if files not in ({}, library.files(last.version)):
        log.info("the folder holds other menus than those that answer", folder=found.menus.name, version=last.version)


def _rings(flow: Flow, queue: str, at: datetime) -> bool:
    # The call backs of a queue that only an older version of the menus had are the general one's.
    return flow.schedule.rings(queue if queue in flow.queues else flow.hotline.queue, at) == at


def here(found: Settings) -> Here:
    """Return what there is for menus where these settings hold."""
    return Here(folders.prompts(found.recordings), folders.music(found.recordings), found.prefixes)


def _checked(files: Mapping[str, str], where: Here, *, judged: bool = True) -> Flow:
    flow, problems = read(files, where, PARSED, judged=judged)
    if flow is None:
        raise StartError("\n".join(["the menus cannot be used:", *map(str, problems)]))
    for language in flow.hotline.languages:
        speech.voice_of(language).number(12)  # Its tables take a moment to read, which no caller shall wait.
    return flow
