"""What is done beside the calls: who fetches, sends, mails and tidies up, put together from the settings."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from ivr import folders
from ivr.desk.allowance import Allowance
from ivr.desk.keeping import Desk
from ivr.flow.flow import Flow
from ivr.jobs.every import Every
from ivr.jobs.keeping import Clearing, Sealing
from ivr.jobs.recordings import Recordings, Source
from ivr.jobs.texts import Sending
from ivr.jobs.worker import Worker
from ivr.reports.keeping import Keeping
from ivr.settings import Mail, Settings
from ivr.store.audit import Trail
from ivr.store.bucket import Bucket
from ivr.store.doors import Doors
from ivr.store.guard import Guard
from ivr.store.live import Live
from ivr.store.messages import Messages
from ivr.store.seals import Seals
from ivr.store.shelf import Folder
from ivr.store.texts import Texts
from ivr.store.vault import Vault
from ivr.tally import Tally
from ivr.telephony.bundle import MANIFEST, bundle, digest, digests, documents, read_manifest
from ivr.telephony.certificate import days_left
from ivr.telephony.codes import Codes
from ivr.telephony.proving import Proving
from ivr.telephony.render import Site
from ivr.telephony.rest import Rest
from ivr.telephony.strays import SETTLED, Strays
from ivr.telephony.texting import Texting
from ivr.teller import Teller
from ivr.wallets.port import Wallet
from ivr.watched import Watched

if TYPE_CHECKING:
    from ivr.jobs.daily import Daily
    from ivr.jobs.post import Post
    from ivr.jobs.retention import Retaining

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)  # Whoever starts has the proxy lead to it by then.
HALF_MINUTE: Final = timedelta(seconds=30)
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


def teller(wallet: Wallet, guard: Guard, tally: Tally) -> Teller:
    """Return who asks the wallet for calls, within limits."""
    return Teller(Watched(wallet, tally), guard, ThreadPoolExecutor(ASKERS, "wallet"))


def vault(found: Settings) -> Vault:
    """Return where recordings are kept: in a folder, or in a bucket after it."""
    folder, seals = Folder(found.recordings), Seals(found.secrets)
    if (bucket := found.aside.bucket) is None:
        return Vault(folder, seals)
    place = (bucket.name, bucket.prefix, bucket.endpoint, bucket.region, bucket.key, bucket.secret)
    return Vault(Bucket(*place), seals, folder)


def fetching(found: Settings, messages: Messages, now: Callable[[], datetime]) -> tuple[Recordings, Worker[str]]:
    """Return how messages are fetched, and who does it."""
    source = Source(found.api_url, found.account, found.account, found.tokens[0])
    made = Recordings(messages, source, vault(found), now)
    return made, Worker(made.fetch, lambda: messages.due(now()), name="recordings")


def jobs(
    found: Settings,
    fetching: Worker[str],
    kept: Keeping,
    hourly: Worker[datetime],
    recordings: Recordings,
    rest: Rest,
    daily: "Daily | None",
    desk: Desk,
    flow: Callable[[], Flow],
) -> tuple[Worker[Any], ...]:
    """Return who does the jobs: fetches messages, digests calls, tidies up, sends texts, keeps recordings, mails."""
    texts = texting(found, kept.engine, rest, kept.now)
    made: tuple[Worker[Any], ...] = (fetching, digesting(kept), hourly, texts, *keeping(recordings, rest))
    made = (*made, *mailing(daily))
    return (
        *made,
        *deleting(found, recordings, rest, flow),
        *certifying(found, rest.tally, kept.now),
        *transcribing(found, recordings),
        *telling(found, desk, flow, {one.name: one for one in made}),
    )


def retaining(found: Settings, recordings: Recordings, rest: Rest, zone: ZoneInfo) -> "Retaining":
    """Return what deletes what is over its time."""
    from ivr.jobs.retention import Retaining
    from ivr.store.audit import Trail
    from ivr.store.retention import Retention

    messages, now = recordings.messages, recordings.now
    retention = Retention(messages.engine, Trail(messages.engine, found.secrets, now), zone)
    return Retaining(retention, messages, recordings.vault, rest.erase, found.aside.days, now)


def deleting(found: Settings, recordings: Recordings, rest: Rest, flow: Callable[[], Flow]) -> tuple[Worker[datetime]]:
    """Return who does so each day."""
    run = Every(lambda: retaining(found, recordings, rest, flow().zone).run(), recordings.now, DAY, HOUR, HOUR)
    return (Worker(run.do, run.due, threads=1, name="retention"),)


def certifying(found: Settings, tally: Tally, now: Callable[[], datetime]) -> tuple[Worker[datetime], ...]:
    """Return who looks how long our certificate lasts; nobody where we have none."""
    if not found.https:
        return ()

    def look() -> None:
        tally.tls_days = days_left(found.public_url, now())

    looks = Every(look, now, HOUR, HOUR, MINUTE)
    return (Worker(looks.do, looks.due, threads=1, name="certificate"),)


def transcribing(found: Settings, recordings: Recordings) -> tuple[Worker[Any], ...]:
    """Return who writes messages down; nobody where the settings name no transcriber."""
    if (told := found.aside.transcriber) is None:
        return ()
    from ivr.jobs.transcribing import Http, Transcribing
    from ivr.store.transcripts import Transcripts

    messages, vault = recordings.messages, recordings.vault
    made = Transcribing(Transcripts(messages.engine), messages, vault, Http(*told), recordings.now)
    return (Worker(made.take, made.due, name="transcripts"),)


def telling(
    found: Settings, desk: Desk, flow: Callable[[], Flow], workers: Mapping[str, Worker[Any]]
) -> tuple[Worker[Any], ...]:
    """Return who looks for what is worth a notice, and who tells it; nobody where the settings name nobody to tell."""
    if (told := found.aside.notices) is None:
        return ()
    from ivr.jobs.notices import Recipients, Telling, Watch
    from ivr.jobs.webhook import Webhook
    from ivr.store.notices import Notices

    notices, recipients = Notices(desk.engine), Recipients(told.mails, bool(told.url))
    watch = Watch(notices, desk, flow, lambda: spooled(found), workers, recipients, found.public_url)
    webhook = Webhook(told.url, told.secret) if told.url else None
    sender, language = (found.mail.sender, found.mail.language) if found.mail else ("", "zh")
    tells = Telling(notices, desk.now, webhook, post(found.mail) if found.mail else None, sender, language)
    looks = Every(watch.look, desk.now, HALF_MINUTE, HALF_MINUTE)
    watching = Worker(looks.do, looks.due, threads=1, name="watch")
    return watching, Worker(tells.tell, tells.due, threads=1, name="notices")


def spooled(found: Settings) -> int:
    """Return how many facts are on this machine that the database does not have yet."""
    return sum(1 for _ in (found.instance / "spool").glob("*.fact"))


def post(mail: Mail) -> "Post":
    """Return the mail server."""
    from ivr.jobs.post import Post

    return Post(mail.host, mail.port, mail.tls, mail.user, mail.password)


def keeping(recordings: Recordings, rest: Rest) -> tuple[Worker[Any], ...]:
    """Return who seals what lies plain, and who deletes the carrier's copies."""
    clearing = Clearing(recordings, rest.erase)
    sealing = Every(Sealing(recordings.messages, recordings.vault, recordings.now).take, recordings.now, DAY, HOUR)
    copies = Worker(clearing.take, clearing.due, threads=1, name="copies")
    return copies, Worker(sealing.do, sealing.due, threads=1, name="sealing")


def texting(found: Settings, engine: Engine, rest: Rest, now: Callable[[], datetime]) -> Worker[str]:
    """Return who sends SMS; where there is no number to send them from, they are given up."""
    texts, carrier = Texts(engine), Texting(rest, found.sms_from) if found.sms_from else None
    allowance = Allowance(found.texts_a_day, texts.gone, now)
    sending = Sending(texts, carrier, now, found.prefixes, allowance=allowance)
    return Worker(sending.send, sending.due, name="texts")


def daily(found: Settings, kept: Keeping, flow: Callable[[], Flow]) -> "Daily | None":
    """Return who sends the daily mail; nobody where the settings name none."""
    if (mail := found.mail) is None:
        return None
    from ivr.jobs.daily import Daily, Letter
    from ivr.store.mails import Mails

    letter = Letter(mail.sender, mail.to, mail.at, mail.language)
    return Daily(Mails(kept.engine), kept.tallies, flow, kept.now, found.public_url, letter, post(mail))


def mailing(daily: "Daily | None") -> list[Worker[str]]:
    """Return who sends the daily mail when it is time, if anybody does."""
    return [Worker(daily.send, daily.due, threads=1, name="mail")] if daily else []


def digesting(kept: Keeping) -> Worker[tuple[str, ...] | str]:
    """Return who writes down what calls came to."""
    return Worker(kept.take, kept.due, threads=1, name="calls")


def hourly(found: Settings, live: Live, strays: Strays, guard: Guard) -> Worker[datetime]:
    """Return who writes the lifeboat's files anew each day, takes in what they recorded, and forgets old guesses."""
    doors, trail = Doors(guard.engine, guard.now), Trail(guard.engine, found.secrets, guard.now)

    def tend() -> None:
        put_bundle(found, live.flow, live.version, strays.now())
        strays.take()
        guard.sweep()
        doors.sweep(trail)

    # After a start the carrier first tells by itself what it could not tell before.
    made = Every(tend, strays.now, HOUR, HOUR / 60, SETTLED)
    return Worker(made.do, made.due, threads=1, name="lifeboat")


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
