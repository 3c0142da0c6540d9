"""What stands before the application: calls, what callers are played, and pages do not wait for one another."""

import asyncio
from collections.abc import MutableMapping
from threading import Event
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from app import PAGES, THREADS
from ivr.store.engine import opened
from ivr.store.errors import StoreError
from ivr.store.writer import LATE, Writer
from ivr.telephony.front import Front
from ivr.telephony.unwritten import Unwritten
from tests.test_webhooks import ASKED, URL, Site, site
from tests.world import TOKEN

__all__ = ["site"]
CROWD = 40


async def asked(front: Front, path: str, form: dict[str, str] | None = None) -> int:
    """Ask for a page, or tell a signed form; return the status."""
    body, told = urlencode(form or {}).encode(), list[MutableMapping[str, Any]]()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/x-www-form-urlencoded")]
    if form:
        headers.append((b"x-twilio-signature", RequestValidator(TOKEN).compute_signature(URL + path, form).encode()))
    scope = {"type": "http", "http_version": "1.1", "method": "POST" if form else "GET", "path": path}
    scope |= {"query_string": b"", "headers": headers, "client": ("127.0.0.1", 9)}

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    await front(scope, receive, send)
    return int(told[0]["status"])


def test_however_many_read_pages_callers_find_connections_and_hear_their_music(site: Site) -> None:
    done, engine = Event(), site.parts.engine

    def slow() -> str:
        with opened(engine) as connection:
            connection.scalar(select(1))
            done.wait(10)
        return ""

    site.app.add_url_rule("/slow", "slow", slow)  # type: ignore[attr-defined]
    front: Front = site.app.extensions["front"](THREADS, PAGES)  # type: ignore[attr-defined]

    async def crowded() -> tuple[int, int]:
        crowd = [asyncio.create_task(asked(front, "/slow")) for _ in range(CROWD)]
        while engine.pool.checkedout() < PAGES:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
        try:
            return await asyncio.wait_for(asked(front, "/audio/music/hold.wav"), 5), engine.pool.checkedout()  # type: ignore[attr-defined]
        finally:
            done.set()
            await asyncio.gather(*crowd)

    status, held = asyncio.run(crowded())
    assert status == 200
    assert held == PAGES <= 18 // 2


def test_a_hang_up_that_the_database_has_no_time_for_waits_for_it_in_no_thread(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    front: Front = site.app.extensions["front"](THREADS, PAGES)  # type: ignore[attr-defined]
    assert asyncio.run(asked(front, "/voice/incoming", ASKED)) == 200
    tried, wrote = list[object](), Writer.write

    async def late(*_: object) -> bool:
        raise StoreError(LATE)

    monkeypatch.setattr(Writer, "written", late)
    monkeypatch.setattr(Unwritten, "_go_on", lambda _: None)
    monkeypatch.setattr(Writer, "write", lambda *told: tried.append(told) or wrote(*told))
    assert asyncio.run(asked(front, "/voice/status", ASKED | {"CallStatus": "completed"})) == 204
    assert not tried
    site.parts.unwritten.close()
    (call,) = (site.parts.journal.fresh(ASKED["CallSid"]),)
    assert call
    assert call.call.ended == "hung-up"
