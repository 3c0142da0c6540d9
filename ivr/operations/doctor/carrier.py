"""The account at the carrier: whether it lets us in, its clock, whether our number leads to us, who sends codes."""

from collections.abc import Iterator
from typing import Final

from ivr.operations.doctor.finding import Finding, warning, well, wrong
from ivr.operations.doctor.patient import Patient
from ivr.telephony import numbers
from ivr.telephony.codes import Codes
from ivr.telephony.numbers import Number
from ivr.telephony.rest import Rest

APART: Final = 60  # Seconds that two clocks may be apart.
ABOUT: Final = "Twilio"


def account(patient: Patient) -> Iterator[Finding]:
    """Yield whether the account lets us in, by the token and by the key; and how our clock stands."""
    if not patient.live:
        return
    found = patient.found
    rest = Rest(found.account, found.tokens[0], found.api_url)
    try:
        status, at = rest.greet()
    except Exception as error:
        yield wrong(ABOUT, numbers.refusal(error), "see that this machine reaches the internet")
        return
    if status >= 400:
        do = "copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from Twilio's console: nothing works without them"
        yield wrong(ABOUT, f"the account is refused ({status})", do)
    else:
        yield well(ABOUT, "the account lets us in")
    if at is not None:
        yield _clock(patient, (patient.now() - at).total_seconds())
    if found.api_key and (status := rest.greet((found.api_key, found.api_secret))[0]) >= 400:
        do = "make a new one in Twilio's console for TWILIO_API_KEY and TWILIO_API_SECRET: browsers ring by it"
        yield wrong(ABOUT, f"the API key is refused ({status})", do)


def _clock(patient: Patient, ahead: float) -> Finding:
    if abs(ahead) <= APART:
        return well("clock", "it goes as Twilio's does")
    words = f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Twilio's"
    return wrong("clock", words, "have it set by NTP (`timedatectl set-ntp true`): hours, promises and codes go by it")


def lines(patient: Patient) -> Iterator[Finding]:
    """Yield whether the hotline's number leads to us in all three cases."""
    flow = patient.flow() if patient.live and patient.addressed else None
    if flow is None:
        return
    found, own = patient.found, flow.hotline.number
    try:
        known = Rest(found.account, found.tokens[0], found.api_url).numbers()
    except Exception:
        return  # Which the account's own check tells.
    if own not in [one.number for one in known]:
        has = ", ".join(one.number for one in known) or "none"
        do = "write one of them into hotline.yaml, or buy the number: nobody can ring otherwise"
        yield wrong("number", f"the account has no number {own}, which hotline.yaml names: it has {has}", do)
    for one in numbers.ours(known, own, found.public_url):
        yield from _line(one, found.public_url)


def logs(patient: Patient) -> Iterator[Finding]:
    """Yield whether the carrier keeps what callers key, which its logs tell some minutes after a call."""
    flow = patient.flow() if patient.live else None
    if flow is None:
        return
    found = patient.found
    try:
        exposed = Rest(found.account, found.tokens[0], found.api_url).exposed(flow.hotline.number)
    except Exception:
        return  # Which the account's own check tells.
    if exposed:
        do = "switch on PCI mode in its console (Voice, Settings, General); it is for good, as nobody can switch it off"
        yield warning(ABOUT, "its logs show what callers key, their PINs and codes", do)


def _line(one: Number, url: str) -> Iterator[Finding]:
    wrongs = numbers.changes(one, url)
    for change in wrongs:
        words = f"{one.number}: {change.what}: {change.before}, but should be {change.after}"
        # Without the last one no call is lost; it only counts as going on until somebody looks.
        kind = warning if change.what == numbers.WHAT[2] else wrong
        yield kind("number", words, "`flask --app app numbers sync --yes` sets it")
    if one.taken:
        do = "take it away from the number in Twilio's console"
        yield wrong("number", f"{one.number}: {one.taken} takes its calls, whatever is asked", do)
    if not wrongs and not one.taken:
        yield well("number", f"{one.number} leads here")


def codes(patient: Patient) -> Iterator[Finding]:
    """Yield whether the account has the Verify service that sends one-time codes."""
    found, about = patient.found, "TWILIO_VERIFY_SERVICE"
    if not patient.live or not found.verify_service:
        return
    match Codes(found.account, found.tokens[0], found.api_url, found.verify_service).greet():
        case 200:
            yield well(about, "Verify sends codes by it")
        case 404:
            do = "copy its id (VA…) from Twilio's console: until then nobody can prove who they are by a code"
            yield wrong(about, f"the account has no Verify service {found.verify_service}", do)
        case 401 | 403:
            return  # Which the account's own check tells.
        case status:
            do = "see that this machine reaches verify.twilio.com, and look at status.twilio.com"
            yield wrong(about, f"Verify gives no answer ({status})", do)
