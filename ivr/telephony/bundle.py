"""The lifeboat as files for another host: TwiML that needs no program, so that callers are helped when we are away.

A host of files answers every request for a file alike. So no document can ask which key was pressed, only whether any
was: any key leads to the report of a theft, none to a message, and everything is said in every language. Hosts refuse
POST, so the carrier is told to GET; the recordings stay at the carrier until we take them in.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from twilio.twiml.voice_response import Gather, VoiceResponse

from ivr.flow import told_hours
from ivr.flow.events import Said
from ivr.flow.flow import Flow
from ivr.telephony.render import Site, speak, take

FIRST: Final = "fallback.xml"
MANIFEST: Final = "manifest.json"
SECONDS: Final = 120
PAUSE: Final = 5
VALID: Final = timedelta(days=told_hours.DAYS)
README: Final = """\
The lifeboat of {number}, version {version} of the menus, made {made}, good until {until}.

Put all of these files into one folder of any host of files that serves .xml as text/xml or application/xml: an object
store, a CDN, another machine; not where the hotline itself runs. Then, at Twilio, for the number:
    Primary handler fails: https://your-host/…/{first}   HTTP GET
Callers hear it when {url} has no answer. Their recordings stay at Twilio; the hotline takes them in once it is back.
    flask --app app lifeboat drill --url https://your-host/…/{first}
says whether it works, is that of the live menus, and which numbers point to it. Put up new files after each publishing,
and before the date above, as the hours are part of the words.
"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle is: of which version of the menus, made when, true until when, and the sha256 of its documents."""

    number: str
    version: int
    made: datetime
    until: datetime
    files: Mapping[str, str]


def bundle(flow: Flow, site: Site, version: int, now: datetime) -> dict[str, str]:
    """Return the bundle's files, name to text: documents, a manifest, and how to host them."""
    texts = documents(flow, site, now)
    made = now.replace(microsecond=0)
    manifest = Manifest(flow.hotline.number, version, made, made + VALID, digests(texts))
    told = asdict(manifest) | {"made": made.isoformat(), "until": manifest.until.isoformat()}
    named = {"number": manifest.number, "version": version, "url": site.url, "first": FIRST}
    readme = README.format(**named, made=f"{made:%Y-%m-%d}", until=f"{manifest.until:%Y-%m-%d}")
    return texts | {MANIFEST: json.dumps(told, indent=1) + "\n", "README.txt": readme}


def read_manifest(text: str) -> Manifest:
    """Return what a manifest says; raise ValueError, KeyError or TypeError for what is none."""
    told = json.loads(text)
    moments = {name: datetime.fromisoformat(told[name]) for name in ("made", "until")}
    return Manifest(told["number"], told["version"], moments["made"], moments["until"], dict(told["files"]))


def documents(flow: Flow, site: Site, now: datetime) -> dict[str, str]:
    """Return the TwiML, by file name."""
    boat = flow.hotline.lifeboat
    thanks = {"thanks.xml": _goodbye(flow, site, "phrases.thanks")}
    if boat is None:
        message = (_said(flow, "phrases.message", one) for one in flow.words)
        return {FIRST: _recorder(message, site, "thanks.xml", "")} | thanks
    theft = (_said(flow, "lifeboat.theft", one) for one in flow.words)
    return thanks | {
        FIRST: _choice(flow, site),
        "message.xml": _recorder(_message(flow, now), site, "thanks.xml", ""),
        "theft.xml": _recorder(theft, site, "reported.xml", boat.matter),
        "reported.xml": _goodbye(flow, site, "lifeboat.reported"),
    }


def digests(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the sha256 of each file."""
    return {name: digest(text.encode()) for name, text in texts.items()}


def digest(content: bytes) -> str:
    """Return the sha256 of a file."""
    return sha256(content).hexdigest()


def _choice(flow: Flow, site: Site) -> str:
    document = VoiceResponse()
    # No key finishes, so that * and # are any key, too.
    gather = Gather(input="dtmf", action="theft.xml", method="GET", num_digits=1, finish_on_key="", timeout=PAUSE)
    speak(
        gather, [_said(flow, f"lifeboat.{name}", one) for one in flow.words for name in ("greeting", "any_key")], site
    )
    document.append(gather)
    document.redirect("message.xml", method="GET")
    return str(document)


def _message(flow: Flow, now: datetime) -> Iterator[Said]:
    today = now.astimezone(flow.zone).date()
    for one, words in flow.words.items():
        yield _said(flow, "lifeboat.hours", one)
        hours = told_hours.told(flow.schedule, flow.hotline.queue, one, today, words["hotline.lifeboat.closed"])
        yield from (Said("hours", told, one) for told in hours)
        yield _said(flow, "lifeboat.message", one)


def _recorder(words: Iterable[Said], site: Site, following: str, matter: str) -> str:
    """Return a recorder that a pause ends, too: to name a key in every language would keep callers from the beep."""
    document = VoiceResponse()
    speak(document, words, site)
    ready = site.callback(f"fallback/recording?matter={matter}" if matter else "fallback/recording")
    take(document, following, ready, SECONDS, PAUSE, "GET")
    return str(document)


def _goodbye(flow: Flow, site: Site, name: str) -> str:
    document = VoiceResponse()
    speak(document, [_said(flow, name, one) for one in flow.words], site)
    document.hangup()
    return str(document)


def _said(flow: Flow, name: str, language: str) -> Said:
    return Said(f"hotline.{name}", flow.words[language][f"hotline.{name}"], language)
