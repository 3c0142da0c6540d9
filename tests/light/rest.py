"""The light carrier's REST: what the hotline asks of it, and what may go wrong with that."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from io import BytesIO
from random import Random
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit
from wave import open as wave

from tests.light.company import Company, Room, Tape
from tests.light.leg import Goal, HungUp, Leg, Moved
from tests.light.wire import HangUp, Message, answer

OVER: Final = ("completed", "busy", "no-answer", "failed", "canceled")
FAULTS: Final = ("429", "500", "500 after", "hangs", "breaks", "breaks after")
HANGS: Final = 4.5  # Seconds; the hotline's clients wait for four.
DOWNLOADS: Final = ("401", "404", "500", "truncated", "cut", "late")  # What may go wrong with a recording's sound.


class RefusedError(Exception):
    """REST says no, by a status and one of Twilio's numbers."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code


@dataclass
class Rest:
    """Answers the hotline for a company; this part of the requests goes wrong.

    `downloads` may say what goes wrong with the sound of a recording, and `raced` is told whose call is moved.
    """

    company: Company
    chance: Random
    part: float = 0.0
    injected: Callable[[str, str], object] = lambda *_: None
    downloads: Callable[[str], str] = lambda _: ""
    raced: Callable[[Leg], object] = lambda _: None
    texts: list[dict[str, Any]] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)

    async def handle(self, asked: Message) -> bytes:
        """Answer as a handler of wire.serve."""
        place = urlsplit(asked.path)
        if place.path.endswith(".wav") and (fault := self.downloads(place.path)):
            return await self._badly(fault, unquote(place.path))
        form = dict(parse_qsl(place.query, keep_blank_values=True)) | dict(parse_qsl(asked.body.decode()))
        fault = self.chance.choice(FAULTS) if self.chance.random() < self.part else ""
        if fault:
            self.tally[fault] += 1
            self.injected(fault, place.path)
        if fault == "429":
            return answer(429, json.dumps({"code": 20429, "message": "Too Many Requests"}).encode(), Retry_After="1")
        if fault == "500":
            return answer(500, b'{"code": 20500}')
        if fault == "breaks":
            raise HangUp
        if fault == "hangs":
            await asyncio.sleep(HANGS)
        done = self._answered(asked.first[0], unquote(place.path), form)
        if fault == "500 after":
            return answer(500, b'{"code": 20500}')
        if fault == "breaks after":
            raise HangUp
        return done

    async def _badly(self, fault: str, path: str) -> bytes:
        if fault.isdigit():
            return answer(int(fault), b"{}")
        if fault == "late":
            await asyncio.sleep(HANGS / 3)
        whole = self._answered("GET", path, {})
        if fault == "cut":
            raise HangUp(whole[: len(whole) // 2])
        head, _, sound = whole.partition(b"\r\n\r\n")
        return answer(200, sound[: len(sound) // 2], "audio/x-wav") if fault == "truncated" and head else whole

    def _answered(self, method: str, path: str, form: dict[str, str]) -> bytes:
        self.tally[method] += 1
        try:
            found = self._done(method, path, form)
        except RefusedError as error:
            return answer(error.status, json.dumps({"code": error.code, "message": str(error)}).encode())
        if isinstance(found, bytes):
            return answer(200, found, "audio/x-wav")
        return answer(201 if method == "POST" else 200, json.dumps(found).encode())

    def _done(self, method: str, path: str, form: dict[str, str]) -> Any:
        path = path.removeprefix(f"/2010-04-01/Accounts/{self.company.account}/").removesuffix(".json")
        match [method, *path.strip("/").split("/")]:
            case ["POST", "Calls"]:
                return self._ring(form)
            case ["POST", "Calls", sid]:
                return self._update(self._leg(sid), form)
            case ["GET", "Calls"]:
                calls = [shape(leg) for leg in reversed(self.company.legs.values())]
                return {"calls": [call for call in calls if _asked_for(call, form)], "next_page_uri": None}
            case ["GET", "Calls", sid]:
                return shape(self._leg(sid))
            case ["GET", "Conferences"]:
                rooms = [room for room in self.company.rooms.values() if _wanted(room, form)]
                return {"conferences": [self._room(room) for room in rooms], "next_page_uri": None}
            case ["POST", "Conferences", sid]:
                room = self._found(sid)
                room.close()
                return self._room(room)
            case ["POST", "Conferences", sid, "Participants", label]:
                return self._participant(self._found(sid), label, form)
            case ["POST", "Conferences", sid, "Recordings", _]:
                return {"sid": (self._found(sid).tape or _no("recording")).sid, "status": form.get("Status")}
            case ["GET", "IncomingPhoneNumbers"]:
                told = {"phone_number": self.company.number, "voice_fallback_url": self.company.fallback}
                return {"incoming_phone_numbers": [told | {"voice_fallback_method": "GET"}], "next_page_uri": None}
            case ["GET", "Recordings"]:
                return {"recordings": [_tape(one) for one in self.company.tapes.values()], "next_page_uri": None}
            case ["GET", "Recordings", name] if name.endswith(".wav"):
                return self._sound(name.removesuffix(".wav"))
            case ["DELETE", "Recordings", _]:
                return {}
            case ["POST", "Messages"]:
                return self._text(form)
            case ["GET", "Messages"]:
                return {"messages": [one for one in reversed(self.texts) if one["to"] == form.get("To")]}
            case [_, "v2", "Services", _, *what]:
                return self._code(method, what, form)
        raise RefusedError(404, 20404, f"{method} {path} was not found")

    def _ring(self, form: dict[str, str]) -> Any:
        leg = self.company.leg(form["From"], form["To"], "outbound-api", self.company.phones(form["To"]))
        leg.status, leg.callback = "queued", form.get("StatusCallback", "")
        leg.fallback = form.get("FallbackUrl", "")
        self.company.background(self._rings(leg, form["Url"], float(form.get("Timeout", "60"))))
        return shape(leg)

    async def _rings(self, leg: Leg, url: str, patience: float) -> None:
        seconds, result = leg.party.picks_up(leg)
        leg.status = "ringing"
        try:
            await leg.rest(min(seconds, patience))
            result = "no-answer" if seconds > patience else result
            if result == "answer":
                await leg.live(Goal(url))
            leg.status = "completed" if result == "answer" else result
        except HungUp:
            leg.status = "canceled"
        finally:
            leg.over = True
        if leg.callback:
            self.company.ended(leg, leg.callback)

    def _update(self, leg: Leg, form: dict[str, str]) -> Any:
        url, status = form.get("Url", ""), form.get("Status", "")
        if leg.over or (url and not leg.answered):
            raise RefusedError(400, 21220, f"Call is not in-progress. Cannot redirect. It is {leg.status}.")
        if url:
            self.raced(leg)
        leg.signal(Moved(Goal(url), form.get("FallbackUrl", "")) if url else HungUp())
        return shape(leg) | ({"status": status} if status else {})

    def _leg(self, sid: str) -> Leg:
        return self.company.legs.get(sid) or _no(f"call {sid}")

    def _found(self, sid: str) -> Room:
        rooms = self.company.rooms.values()
        return next((room for room in rooms if room.sid == sid and not room.over), None) or _no("conference")

    def _room(self, room: Room) -> dict[str, Any]:
        return {"sid": room.sid, "friendly_name": room.name, "status": "completed" if room.over else "in-progress"}

    def _participant(self, room: Room, label: str, form: dict[str, str]) -> dict[str, Any]:
        leg = room.labels.get(label) or _no("participant")
        if leg not in room.legs:
            _no("participant")
        if ends := form.get("EndConferenceOnExit"):
            room.legs[leg] = ends.lower() == "true"
        return {"call_sid": leg.sid, "conference_sid": room.sid}

    def _sound(self, sid: str) -> bytes:
        tape = self.company.tapes.get(sid) or _no("recording")
        return silence(tape.seconds) if tape.status == "completed" else _no("recording")

    def _text(self, form: dict[str, str]) -> dict[str, Any]:
        made = {
            "sid": self.company.sid("SM"),
            "to": form["To"],
            "body": form["Body"],
            "status": "queued",
            "date_created": format_datetime(datetime.now(UTC)),
        }
        self.texts.append(made)
        return made

    def _code(self, method: str, what: list[str], form: dict[str, str]) -> dict[str, Any]:
        match method, what:
            case "POST", ["Verifications"]:
                self.codes[form["To"]] += 1
                return {"sid": self.company.sid("VE"), "status": "pending"}
            case "GET", ["Verifications", to] if self.codes[to]:
                return {"sid": self.company.sid("VE"), "status": "pending"}
            case "POST", ["VerificationCheck"] if self.codes[form["To"]]:
                right = form.get("Code") == "135790"
                return {"sid": self.company.sid("VE"), "status": "approved" if right else "pending"}
        return _no("verification")


def shape(leg: Leg) -> dict[str, Any]:
    """Return a call as JSON has it."""
    made = {"sid": leg.sid, "from": leg.from_, "to": leg.to, "status": leg.status, "direction": leg.direction}
    begun, ended = format_datetime(leg.begun_at), format_datetime(leg.ended_at) if leg.ended_at else None
    return made | {"date_created": begun, "start_time": begun, "end_time": ended}


def silence(seconds: int) -> bytes:
    """Return a WAV file of silence."""
    out = BytesIO()
    with wave(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16000 * seconds))
    return out.getvalue()


def _tape(tape: Tape) -> dict[str, Any]:
    moment = format_datetime(tape.begun)
    made = {"sid": tape.sid, "call_sid": tape.call, "status": tape.status, "source": tape.source}
    return made | {"duration": str(tape.seconds), "start_time": moment, "date_created": moment}


def _wanted(room: Room, form: dict[str, str]) -> bool:
    status = "completed" if room.over else "in-progress"
    return form.get("FriendlyName", room.name) == room.name and form.get("Status", status) == status


def _asked_for(call: dict[str, Any], form: dict[str, str]) -> bool:
    return all(
        form.get(name, call[key]) == call[key] for name, key in (("To", "to"), ("From", "from"), ("Status", "status"))
    )


def _no(what: str) -> Any:
    raise RefusedError(404, 20404, f"{what} was not found")
