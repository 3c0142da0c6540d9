"""What is done beside the calls: who fetches, sends, mails and tidies up, put together from the settings."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine

from ivr import folders
from ivr.desk.allowance import Allowance
from ivr.flow.flow import Flow
from ivr.jobs.every import Every
from ivr.jobs.recordings import Recordings, Source
from ivr.jobs.texts import Sending
from ivr.jobs.worker import Worker
from ivr.reports.keeping import Keeping
from ivr.settings import Settings
from ivr.store.guard import Guard
from ivr.store.live import Live
from ivr.store.messages import Messages
from ivr.store.texts import Texts
from ivr.telephony.bundle import MANIFEST, bundle, digest, digests, documents, read_manifest
from ivr.telephony.codes import Codes
from ivr.telephony.proving import Proving
from ivr.telephony.render import Site
from ivr.telephony.rest import Rest
from ivr.telephony.strays import SETTLED, Strays
from ivr.telephony.texting import Texting
from ivr.teller import Teller
from ivr.wallets.port import Wallet

if TYPE_CHECKING:
    from ivr.jobs.daily import Daily

HOUR: Final = timedelta(hours=1)
ASKERS: Final = 32  # Questions to the wallet at once; each takes some seconds at most.


def wallet(found: Settings, now: Callable[[], datetime]) -> Wallet:
    """Return the wallet company's back end: the demo wallet, unless the settings name another; Verify sends codes."""
    asked = _company(found, now)
    if not found.verify_service:
        return asked
    codes = Codes(found.account, found.tokens[0], found.api_url, found.verify_service)
    return Proving(asked, codes)


def _company(found: Settings, now: Callable[[], datetime]) -> Wallet:
    if found.wallet_url:
        from ivr.wallets.http import Http

        return Http(found.wallet_url, found.wallet_secret, now)
    from ivr.wallets.demo import Demo

    return Demo(found.instance, now, found.secrets[0])


def teller(wallet: Wallet, guard: Guard) -> Teller:
    """Return who asks the wallet for calls, within limits."""
    return Teller(wallet, guard, ThreadPoolExecutor(ASKERS, "wallet"))


def fetching(found: Settings, messages: Messages, now: Callable[[], datetime]) -> Worker[str]:
    """Return who fetches messages."""
    source = Source(found.api_url, found.account, found.account, found.tokens[0])
    recordings = Recordings(messages, source, found.recordings / "messages", now)
    return Worker(recordings.fetch, lambda: messages.due(now()))


def texting(found: Settings, engine: Engine, rest: Rest, now: Callable[[], datetime]) -> Worker[str]:
    """Return who sends SMS; where there is no number to send them from, they are given up."""
    texts, carrier = Texts(engine), Texting(rest, found.sms_from) if found.sms_from else None
    allowance = Allowance(found.texts_a_day, texts.gone, now)
    sending = Sending(texts, carrier, now, found.prefixes, allowance=allowance)
    return Worker(sending.send, sending.due)


def daily(found: Settings, kept: Keeping, flow: Callable[[], Flow]) -> "Daily | None":
    """Return who sends the daily mail; nobody where the settings name none."""
    if (mail := found.mail) is None:
        return None
    from ivr.jobs.daily import Daily, Letter
    from ivr.jobs.post import Post
    from ivr.store.mails import Mails

    post = Post(mail.host, mail.port, mail.tls, mail.user, mail.password)
    letter = Letter(mail.sender, mail.to, mail.at, mail.language)
    return Daily(Mails(kept.engine), kept.tallies, flow, kept.now, found.public_url, letter, post)


def hourly(found: Settings, live: Live, strays: Strays, guard: Guard, now: Callable[[], datetime]) -> Worker[datetime]:
    """Return who writes the lifeboat's files anew each day, takes in what they recorded, and forgets old guesses."""

    def tend() -> None:
        put_bundle(found, live.flow, live.version, now())
        strays.take()
        guard.sweep()

    # After a start the carrier first tells by itself what it could not tell before.
    made = Every(tend, now, HOUR, HOUR / 60, SETTLED)
    return Worker(made.do, made.due, threads=1)


def put_bundle(found: Settings, flow: Flow, version: int, now: datetime) -> None:
    """Write the lifeboat's files for another host, unless they are there since today; raise OSError where it cannot."""
    site = site_of(found, flow)
    try:
        made = read_manifest((found.bundles / folders.CURRENT / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        made = None
    today = made and (made.version, made.made.date()) == (version, now.date())
    if made and today and made.files == digests(documents(flow, site, made.made)):
        return
    files = bundle(flow, site, version, now)
    folders.put_whole(found.bundles, f"{version}-{digest(''.join(files.values()).encode())[:8]}", files)


def site_of(found: Settings, flow: Flow) -> Site:
    """Return how the carrier reaches us, and by which voices we speak."""
    return Site(found.public_url, flow.hotline.languages, flow.hotline.number)
