"""The agent's browser as a telephone: its sound in practice, and what lets it into the carrier's network otherwise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, Protocol

from flask import Blueprint, Response, abort, jsonify, request

from ivr.console.rights import needs
from ivr.desk.agents import BROWSER
from ivr.web import POLICY

# What the carrier's own script reaches: its signals, its figures of how calls went, the ring tones.
CARRIER: Final = (
    "connect-src 'self' wss://voice-js.roaming.twilio.com https://eventgw.twilio.com https://sdk.twilio.com; "
    "media-src 'self' mediastream: blob: https://sdk.twilio.com"
)
A_MINUTE: Final = 6  # Tokens that one person gets: one a page that is opened, and one an hour after that.
MINUTE: Final = 60.0
Token = Callable[[str], str]


class Sounding(Protocol):
    """The practice carrier's part: links an agent's browser with those whom the phone there talks to."""

    def sound(self, address: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return the news; raise ValueError for what no page of ours tells."""


def mode(phone: str, practice: Sounding | None, token: Token | None) -> str:
    """Return how the browser of an agent with this phone sounds: `practice`, `browser`, or "" where it does not."""
    if not phone.startswith(BROWSER):
        return ""
    return "practice" if practice else "browser" if token else ""


def softphone(page: Blueprint, phone: Callable[[], str], practice: Sounding | None, token: Token | None) -> None:
    """Add the paths of the agent's sound; `phone` is that of the agent who asks, `token` makes one for an identity."""
    if practice:
        _sound(page, phone, practice)
    elif token:
        _token(page, phone, token)


@dataclass
class Given:
    """When each person was given tokens of late: who opens pages without end is not given as many."""

    _at: dict[str, list[float]] = field(default_factory=dict)

    def another(self, who: str) -> bool:
        """Note that somebody is given one more, and return True; False where they had too many."""
        now = monotonic()
        lately = [at for at in self._at.get(who, ()) if now - at < MINUTE]
        another = len(lately) < A_MINUTE
        self._at[who] = [*lately, now] if another else lately
        return another


def _sound(page: Blueprint, phone: Callable[[], str], practice: Sounding) -> None:
    @page.post("/sound")
    @needs("desk.work", look=True)
    def sound() -> Response:
        try:
            return jsonify(practice.sound(phone(), request.get_json()))
        except ValueError as error:
            abort(400, str(error))


def _reach(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = f"{POLICY}; {CARRIER}"
    return response


def _token(page: Blueprint, phone: Callable[[], str], token: Token) -> None:
    page.after_request(_reach)
    given = Given()

    @page.post("/token")
    @needs("desk.work", look=True)
    def mine() -> Response:
        address = phone()
        if not address.startswith(BROWSER):
            abort(409, "your phone is no browser")
        identity = address.removeprefix(BROWSER)
        if not given.another(identity):
            abort(429)
        return jsonify(identity=identity, token=token(identity))
