"""The page /desk/menus/emergency: what is declared, what callers hear by it, and the forms that declare more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ivr.console import bell, emergencies, office
from ivr.console.audit import audit
from ivr.console.office import Office, me
from ivr.console.rights import needs
from ivr.editor import telling, texts
from ivr.editor.declaring import Declaring, closing
from ivr.editor.emergency import MOMENT, key
from ivr.editor.gate import GateError
from ivr.editor.hearing import Heard, greeted, wanting
from ivr.editor.publishing import RefusedError
from ivr.editor.texts_emergency import ANNOUNCED, CLOSED
from ivr.flow.emergency import KINDS, Declared
from ivr.flow.emergency.reading import LONGEST, MOST
from ivr.flow.flow import Flow
from ivr.flow.names import queue_name
from ivr.store.drafts import StaleError

RIGHT: Final = "menus.emergency"
HOURS: Final = {"1h": 1, "2h": 2}
LOCAL: Final = "%Y-%m-%dT%H:%M"  # How browsers write a moment.
Drawn = str | tuple[str, int]


class FormError(ValueError):
    """Something is missing in a form; its text names the words that say what."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What would be heard: by whoever rings, and by whoever wants each queue that it is about."""

    greeting: Heard
    queues: tuple[tuple[str, Heard], ...]


def emergency_page(given: Office, declaring: Declaring) -> Blueprint:
    """Return the blueprint of `/desk/menus/emergency`; it works without scripts."""
    page = office.formed("emergency", given, __name__, "menus/emergency")

    @page.get("")
    @needs(RIGHT)
    def show() -> str:
        return _drawn(given, declaring, done=request.args.get("done") == "1")

    @page.post("/preview")
    @needs(RIGHT)
    def preview() -> Drawn | Response:
        return _done(given, declaring, lambda: _tried(given, declaring))

    @page.post("/declare")
    @needs(RIGHT)
    def declare() -> Drawn | Response:
        return _done(given, declaring, lambda: _declared(given, declaring))

    @page.post("/end")
    @needs(RIGHT)
    def end() -> Drawn | Response:
        return _done(given, declaring, lambda: _ended(declaring))

    return page


def _tried(given: Office, declaring: Declaring) -> Drawn:
    wanted = _wanted(declaring.flow, given.now())
    flow, problems = declaring.trial(wanted)
    if flow is None:
        return _drawn(
            given, declaring, trouble="emergency_wrong", told=[telling.told(one.words) for one in problems]
        ), 422
    return _drawn(given, declaring, trial=_trial(flow, wanted.queues, given.now()))


def _declared(given: Office, declaring: Declaring) -> Response:
    wanted = _wanted(declaring.flow, given.now())
    end = wanted.end.isoformat(timespec="minutes")
    audit("menus.emergency", wanted.kind, queues=", ".join(wanted.queues), to=wanted.to, until=end)
    declaring.declare(wanted)
    return redirect(url_for("emergency.show", done=1), 303)


def _ended(declaring: Declaring) -> Response:
    wanted = request.form.get("key", "")
    audit("menus.emergency.end", wanted)
    declaring.end(wanted, me())
    return redirect(url_for("emergency.show", done=1), 303)


def _done(given: Office, declaring: Declaring, act: Callable[[], Drawn | Response]) -> Drawn | Response:
    """Do what was asked, or show the page with what stands against it."""
    try:
        return act()
    except FormError as error:
        return _drawn(given, declaring, trouble=str(error)), 422
    except KeyError:
        return _drawn(given, declaring, trouble="emergency_gone"), 409
    except RefusedError as error:
        trouble = "emergency_trap" if error.finding.traps else "emergency_wrong"
        return _drawn(given, declaring, trouble=trouble, told=telling.against(error.finding)), 422
    except GateError as error:
        return _drawn(given, declaring, trouble="emergency_wrong", told=[telling.told(error)]), 503
    except StaleError:
        return _drawn(given, declaring, trouble="emergency_stale"), 409


def _wanted(flow: Flow, now: datetime) -> Declared:
    """Return what the form declares; raise FormError."""
    form = request.form
    kind = next((one for one in KINDS if one == form.get("kind")), None)
    if kind is None:
        abort(400, texts.said("emergency_no_kind"))
    queues = tuple(name for name in flow.queues if name in form.getlist("queues"))
    if kind != "announce" and not queues:
        raise FormError("emergency_no_queue")
    words = {language: " ".join(form.get(f"words.{language}", "").split()) for language in flow.words}
    if kind != "divert" and not all(words.values()):
        raise FormError("emergency_no_words")
    to = form.get("to", "") or form.get("number", "").replace(" ", "")
    if kind == "divert" and not to:
        raise FormError("emergency_no_number")
    end, start = _end(flow, now), now.replace(second=0, microsecond=0)
    if not now < end <= start + LONGEST:
        raise FormError("emergency_no_end")
    if kind == "divert":
        return Declared(kind, 0, start, end, me(), {}, queues, to)
    return Declared(kind, 0, start, end, me(), words, queues if kind == "close" else ())


def _end(flow: Flow, now: datetime) -> datetime:
    chosen = request.form.get("until", "")
    if chosen in HOURS:
        return now.replace(second=0, microsecond=0) + timedelta(hours=HOURS[chosen])
    if chosen == "closing" and (end := closing(flow, now)):
        return end
    try:
        moment = datetime.strptime(request.form.get("moment", ""), LOCAL)  # noqa: DTZ007 -- the hotline's wall clock
    except ValueError:
        raise FormError("emergency_no_end") from None
    return moment.replace(tzinfo=flow.zone)


def _trial(flow: Flow, queues: tuple[str, ...], now: datetime) -> Trial:
    return Trial(greeted(flow, now), tuple((name, wanting(flow, name, now)) for name in queues))


def _drawn(
    given: Office,
    declaring: Declaring,
    *,
    done: bool = False,
    trouble: str = "",
    told: list[str] | None = None,
    trial: Trial | None = None,
) -> str:
    flow, now = declaring.flow, given.now()
    words = texts.words(given)
    spoken = office.spoken(flow)
    standing = declaring.standing()
    about = dict.fromkeys(queue for one in standing if one.on(now) for queue in one.queues)
    rows = [(key(one), one.start.astimezone(flow.zone).strftime(MOMENT), one) for one in standing]
    return render_template(
        "emergency.html",
        rows=[(*row[:2], emergencies.notice(flow, row[2], now, words["language"]), row[2]) for row in rows],
        kinds=KINDS,
        queues={name: queue_name(flow, spoken, name) for name in flow.queues},
        tongues={name: flow.words[spoken].get(f"hotline.tongues.{name}", name) for name in flow.words},
        proposed={"announce": ANNOUNCED, "close": CLOSED},
        closing=(end := closing(flow, now)) and end.astimezone(flow.zone).strftime("%H:%M"),
        least=now.astimezone(flow.zone).strftime(LOCAL),
        most=(now + LONGEST).astimezone(flow.zone).strftime(LOCAL),
        longest=MOST,
        form=request.form,
        trial=trial,
        heard=_trial(flow, tuple(about), now),
        done=done,
        trouble=trouble,
        told=told or [],
        here="emergency",
        bell=bell.bell(given),
        now=now.timestamp(),
        **words,
    )
