"""Fetches what a call needs: its documents, with cookies, redirects and the fallback URL; sounds; and callbacks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ivr.carrier import schema, sounds
from ivr.carrier.log import Asked, Fault
from ivr.carrier.parameters import ordered, standard
from ivr.carrier.signals import Form, Goal, Inline, Request
from ivr.carrier.twiml import Document, Unusable, check_answer, parse
from ivr.carrier.verbs import Verb
from ivr.carrier.web import BrokenOffError, Pairs, Response, attempts, retries, signature, with_query, without_fragment

if TYPE_CHECKING:
    from ivr.carrier.company import Carrier
    from ivr.carrier.leg import Leg

MOST_HOPS = 10


@dataclass(frozen=True, slots=True)
class Page:
    """A document with the address that its relative addresses are resolved against."""

    url: str
    verbs: tuple[Verb, ...]

    def request(self, url: str, method: str, form: Form = ()) -> Request:
        """The request for an address in this document; "" is the document itself.

        Raises Unusable 11100 for a relative address in a document that came without an address, by REST.
        """
        whole = urljoin(self.url, url) if url else self.url
        if urlsplit(whole).scheme not in ("http", "https"):
            raise Unusable(11100, f'"{url}" is no absolute URL')
        return Request(whole, method, form)


def obtain(leg: Leg, goal: Goal) -> Page:
    """The next document of the call, from the fallback URL when the goal cannot be had; notes of faults in the log.

    Raises Unusable when neither can be had.
    """
    try:
        return document(leg, goal, schema.CALL)
    except Unusable as fault:
        if leg.fallback is None or leg.hops > MOST_HOPS:
            raise
        form = (("ErrorCode", str(fault.code)), ("ErrorUrl", fault.url))
        return document(leg, Request(leg.fallback.url, leg.fallback.method, form), schema.CALL)
    finally:
        after, leg.after_fetch[:] = leg.after_fetch[:], []
        for job in after:
            job()


def document(leg: Leg, goal: Goal, context: str) -> Page:
    """The document of `goal`, checked for `context`; its deviations go to the log.

    Raises Unusable, also logged: what `ask` and `check_answer` raise, and 11215 after ten without anything to hear.
    """
    url = ""
    leg.hops += 1
    try:
        if leg.hops > MOST_HOPS:
            raise Unusable(11215, "ten documents without anything to hear")
        if isinstance(goal, Inline):
            found = parse(goal.twiml, context)
        else:
            url, answer = ask(leg.carrier, leg, goal, context)
            found = check_answer(answer.status, answer.headers.get("content-type", ""), answer.body, context, url)
    except Unusable as fault:
        fault.url = fault.url or url or (without_fragment(goal.url) if isinstance(goal, Request) else "")
        raise noted(leg, fault) from fault
    return Page(url, _report(leg, found, url))


def _report(leg: Leg, found: Document, url: str) -> tuple[Verb, ...]:
    log, now = leg.carrier.log, leg.carrier.clock()
    for problem in found.problems:
        log.add(Fault(now, leg.sid, problem.level, problem.code, problem.text, url))
    return found.verbs


def noted(leg: Leg, fault: Unusable) -> Unusable:
    """The fault, put into the log once."""
    if fault.noted:
        return fault
    fault.noted = True
    leg.carrier.log.add(Fault(leg.carrier.clock(), leg.sid, "error", fault.code, fault.text, fault.url))
    return fault


def ask(carrier: Carrier, leg: Leg, request: Request, context: str) -> tuple[str, Response]:
    """The answer to a request with the call's standard parameters, and its URL after redirects (at most ten)."""
    form = ordered([*standard(leg).items(), *request.form])
    url, method = request.url, request.method
    for _ in range(MOST_HOPS + 1):
        answer = once(carrier, leg, url, method, form, context)
        if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
            return without_fragment(url), answer
        url, method = urljoin(without_fragment(url), answer.headers["location"]), "GET"
        form = ordered(standard(leg).items())
    raise Unusable(11215, "more than ten redirects", without_fragment(request.url))


def once(carrier: Carrier, leg: Leg | None, url: str, method: str, form: Pairs, context: str) -> Response:
    """One signed request with its retries, logged attempt by attempt. Raises Unusable 11200, 11205, 11206, 11210."""
    if "_" in (urlsplit(url).hostname or "_"):
        raise Unusable(11210, "a host's name cannot have an underscore", url)
    target = with_query(url, form) if method == "GET" else url
    body = None if method == "GET" else form
    jar = {} if leg is None else leg.cookies.setdefault(urlsplit(url).netloc, {})
    headers = _headers(signature(carrier.auth_token, target, body or ()), body, jar)

    def note(attempt: int, answer: Response | None, failure: str) -> None:
        kind = answer.headers.get("content-type", "") if answer else ""
        status, content = (answer.status, answer.body) if answer else (None, b"")
        sid = leg.sid if leg else dict(form).get("CallSid", "")
        carrier.log.add(
            Asked(carrier.clock(), sid, context, method, without_fragment(target), tuple(form),
                  tuple(headers.items()), attempt, status, kind, content, failure)
        )  # fmt: skip

    try:
        answer = attempts(carrier.send, target, body, headers, note)
    except BrokenOffError as error:
        raise Unusable(11206, f"the answer broke off: {error}", without_fragment(url)) from error
    except TimeoutError as error:
        wait = retries(target)
        raise Unusable(11200, f"no answer in {wait.read} s: {error}", without_fragment(url)) from error
    except ConnectionError as error:
        raise Unusable(11205, f"no connection: {error}", without_fragment(url)) from error
    _keep_cookies(jar, answer.headers.get("set-cookie", ""))
    return answer


def _headers(signed: str, body: Pairs | None, jar: dict[str, str]) -> dict[str, str]:
    headers = {
        "X-Twilio-Signature": signed,
        "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
    }
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
    if jar:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
    return headers


def _keep_cookies(jar: dict[str, str], lines: str) -> None:
    for line in filter(None, lines.splitlines()):
        pair, _, attributes = line.partition(";")
        name, _, value = pair.strip().partition("=")
        if not value or "max-age=0" in attributes.replace(" ", "").lower():
            jar.pop(name, None)
        else:
            jar[name] = value


def notify(carrier: Carrier, leg: Leg | None, request: Request, form: Form, context: str = "callback") -> None:
    """Tell a callback URL; what it answers is ignored, a failure is a warning (15003) in the log."""
    try:
        answer = once(carrier, leg, request.url, request.method, ordered([*form, *request.form]), context)
        if answer.status >= 400:
            raise Unusable(15003, f"HTTP status {answer.status}", request.url)
    except Unusable as fault:
        sid = dict(form).get("CallSid", "")
        carrier.log.add(Fault(carrier.clock(), sid, "warning", 15003, f"{fault.code} {fault.text}", request.url))


def tell(leg: Leg, request: Request) -> None:
    """A request about the call whose answer is ignored, made before anything else happens."""
    notify(leg.carrier, leg, request, tuple(standard(leg).items()), "ignored")


def sound_seconds(leg: Leg, url: str) -> float | None:
    """Seconds that the sound at `url` plays; None (and an error 13420 or 112xx in the log) when it cannot be had.

    A sound is fetched once: Twilio caches what it GETs.
    """
    carrier = leg.carrier
    if url not in carrier.sounds:
        try:
            answer = once(carrier, leg, url, "GET", (), "media")
            kind = answer.headers.get("content-type", "")
            if answer.status >= 400:
                raise Unusable(11200, f"HTTP status {answer.status}", url)
            if not kind.startswith("audio/"):
                raise Unusable(13420, f"content type {kind} is no sound", url)
        except Unusable as fault:
            noted(leg, fault)
            return None
        carrier.sounds[url] = sounds.length(answer.body) or max(0.5, len(answer.body) / 8000)
    return carrier.sounds[url]
