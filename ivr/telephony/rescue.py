"""Answers where we failed, and the way back: into the line as soon as the database answers, or else to a message."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

import structlog
from flask import Blueprint, Response

from ivr.flow.flow import Flow
from ivr.flow.inputs import InLine, Input, LeftQueue, Recorded
from ivr.flow.late import owned
from ivr.flow.phrases import Lifeboat
from ivr.hotline import Hotline
from ivr.replies import Reply
from ivr.store.errors import Refused, StoreError
from ivr.telephony import lifeboat
from ivr.telephony.calls import asked, caller, language, path, told, untried, xml
from ivr.telephony.decode import decode, keys, seconds
from ivr.telephony.facts import Left, Spoken, Told
from ivr.telephony.freezing import Freezing
from ivr.telephony.render import Site, render
from ivr.telephony.unwritten import Unwritten

FAILED: Final = "hotline.failed"  # In the environment of a request in which a turn failed, for whoever counts.
LONGEST: Final = 50  # Characters of what failed, by whose name the journal knows the way back.
ELSEWHERE: Final = ("hangup", "redirected", "redirected-from-bridged", "bridging-in-process")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rescue:
    """Keeps company to callers whom we failed, without the database, and asks for their way back again and again.

    `changed` is told that somebody may have joined the line; a message is `unwritten` until the database takes it.
    `bars` tells whose calls are not taken: they can report a theft, and nothing else.
    """

    hotline: Hotline
    flow: Callable[[], Flow]
    sites: Callable[[], Site]
    changed: Callable[[], None]
    unwritten: Unwritten
    freezing: Freezing | None = None
    bars: Callable[[str], bool] = lambda _: False

    def failed(self, error: Exception, heard: Input | None = None) -> Response:
        """Answer a request that failed with this error, in which we were to hear this."""
        # A database that is away fails every turn, and to tell where each stood takes as long as ten turns.
        where = {"why": str(error)} if isinstance(error, StoreError) else {"exc_info": error}
        log.error("a turn failed", call=told().get("CallSid"), path=asked().path, **where)
        asked().environ[FAILED] = True
        flow, site, spoken = self.flow(), self.sites(), language()
        match heard:
            case InLine(keys=pressed):
                rounds = seconds(asked().args.get("rounds"))
                return xml(lifeboat.waiting(flow, site, spoken, path(), rounds, pressed))
            case LeftQueue("leave"):
                return xml(lifeboat.message(flow, site, spoken))
            case LeftQueue(result) if result in ELSEWHERE:
                return xml(lifeboat.nothing())
            case Recorded(seconds=length) if length > 0:
                return self._thanks(error, heard)
            case _:
                return xml(lifeboat.apology(flow, site, spoken, path()))

    def fell_back(self) -> Response:
        """Answer the carrier where it had no answer of ours, or none that it could use."""
        url = told().get("ErrorUrl", "")
        log.error("the carrier fell back", error=told().get("ErrorCode", ""), url=url[:200])
        split = urlsplit(url)
        before = {name: values[0] for name, values in parse_qs(split.query).items()}
        failed = before.get("failed", split.path.removeprefix("/voice/"))
        return xml(lifeboat.welcome(self.flow(), self.sites(), before.get("language", ""), failed))

    def back(self, rounds: int) -> Response:
        """Get a caller a person, or the message that they ask for; music as long as the database is away.

        What the flow cannot do now it cannot do later: then it is a message, too.
        """
        call, failed = told()["CallSid"], asked().args.get("failed", "")
        pressed, boat = keys(told().get("Digits") or ""), self.flow().hotline.lifeboat
        if boat and lifeboat.THEFT in pressed:
            return self.theft(boat)
        if self.bars(caller().number):
            return xml(lifeboat.goodbye())
        if lifeboat.KEY not in pressed:
            try:
                untried()
                return self._on(self.hotline.rescue(call, failed[:LONGEST], caller()))
            except Refused as error:
                log.error("no way back", call=call, why=str(error))
            except StoreError as error:
                log.warning("the database is away", call=call, why=str(error))
                if rounds < lifeboat.ROUNDS:
                    return xml(lifeboat.adrift(self.flow(), self.sites(), language(), failed, rounds))
            except Exception:
                log.exception("no way back", call=call)
        return xml(lifeboat.message(self.flow(), self.sites(), language()))

    def refused(self) -> Response:
        """Tell a caller that their calls are not taken, but for the report of a theft."""
        log.info("a blocked number rang", call=told()["CallSid"])
        return xml(lifeboat.refusal(self.flow(), self.sites()))

    def theft(self, boat: Lifeboat) -> Response:
        """Have a theft reported, and the wallet frozen before that, where it can be."""
        flow, site = self.flow(), self.sites()
        if self.freezing and boat.freeze and boat.held and flow.hotline.wallet:
            return xml(lifeboat.number(flow, site, language()))
        return xml(lifeboat.theft(flow, site, language(), boat.matter))

    def freeze(self) -> Response:
        """Take the number of the account that is to be frozen, and ask for the code; else take the report."""
        flow, site, boat = self.flow(), self.sites(), self.flow().hotline.lifeboat
        who = keys(told().get("Digits") or "")
        named = self.freezing and len(who) >= lifeboat.ACCOUNT
        token = self.freezing.send(told()["CallSid"], caller().number, who) if self.freezing and named else ""
        if token:
            return xml(lifeboat.code(flow, site, language(), token))
        return xml(lifeboat.theft(flow, site, language(), boat.matter if boat else ""))

    def code(self) -> Response:
        """Take the code and freeze the wallet; then take the report, whether it is frozen or not."""
        flow, site, boat = self.flow(), self.sites(), self.flow().hotline.lifeboat
        call, token, code = told()["CallSid"], asked().args.get("token", ""), keys(told().get("Digits") or "")
        held = self.freezing.hold(call, token, code) if self.freezing and code else None
        matter, hold = boat.matter if boat else "", held.hold if held else ""
        if boat and boat.text and held:
            # Its owner is to hear of a hold, also where somebody else had it made, as soon as the database is there.
            self.unwritten.keep(Told(call, owned(flow, language(), held.hold, held.registered), self.hotline.now()))
        return xml(lifeboat.theft(flow, site, language(), matter, hold))

    def thanks(self) -> Response:
        """Keep the message that was left, and see the caller off."""
        heard = decode(told())
        left = heard if isinstance(heard, Recorded) else Recorded("", 0)
        about = asked().args
        return self._saved(replace(left, matter=about.get("matter", ""), hold=about.get("hold", "")))

    def _thanks(self, error: Exception, heard: Recorded) -> Response:
        """Keep a message that the flow was to take: as soon as the database is there, or else without the flow."""
        if not isinstance(error, StoreError) or isinstance(error, Refused):
            return self._saved(heard)
        self.unwritten.keep(Spoken(told()["CallSid"], path(), heard, self.hotline.now()))
        return xml(lifeboat.thanks(self.flow(), self.sites(), language()))

    def _saved(self, heard: Recorded) -> Response:
        call, rings = told()["CallSid"], caller()
        try:
            untried()
            return self._on(self.hotline.save(call, heard, rings))
        except StoreError as error:
            log.warning("the database is away", call=call, why=str(error))
            self.unwritten.keep(Left(call, rings, heard, self.hotline.now()))
        except Exception:
            log.exception("a message is not work", call=call, recording=heard.sid)
        return xml(lifeboat.thanks(self.flow(), self.sites(), language(), bool(heard.matter)))

    def _on(self, reply: Reply) -> Response:
        self.changed()
        return xml(render(reply.events, self.sites(), reply.language))


def add(paths: Blueprint, rescue: Rescue) -> None:
    """Add `/fallback…` to the carrier's paths."""

    @paths.post("/fallback")
    def fallback() -> Response:
        return rescue.fell_back()

    @paths.post("/fallback/<int:rounds>")
    def back(rounds: int) -> Response:
        return rescue.back(rounds)

    @paths.post("/fallback/freeze")
    def freeze() -> Response:
        return rescue.freeze()

    @paths.post("/fallback/freeze/code")
    def code() -> Response:
        return rescue.code()

    @paths.post("/fallback/thanks")
    def thanks() -> Response:
        return rescue.thanks()
