"""Ten seconds after the click every process answers by an emergency, and the call that was there before goes on."""

import os
import re
from pathlib import Path
from time import monotonic
from typing import Final

import requests
from twilio.request_validator import RequestValidator

from ivr import settings
from ivr.factory import create_app, utc_now
from tests.desk_site import hired, token
from tests.processes import Server, awaited, servers
from tests.stores import Postgres, new_call_id
from tests.world import ACCOUNT, CUSTOMER, NUMBER, TOKEN

WORDS: Final = {"zh-CN": "支付渠道故障，正在抢修。", "en-US": "Card payments are down."}
SOON: Final = 10.0  # seconds
PATIENCE: Final = 60
STILL: Final = 5.0  # Seconds for which a busy machine may let a process stand.
PAGE: Final = "/desk/menus/emergency"


def ring(server: Server, path: str, call: str, **more: str) -> str:
    """Return what the carrier is answered."""
    form = {"CallSid": call, "AccountSid": ACCOUNT, "From": CUSTOMER, "To": NUMBER, **more}
    public = f"{server.environment['PUBLIC_URL']}{path}"
    headers = {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(public, form)}
    answer = requests.post(f"http://127.0.0.1:{server.port}{path}", data=form, headers=headers, timeout=PATIENCE)
    assert answer.status_code == 200
    return answer.text


def logged_in(server: Server) -> requests.Session:
    """Return the browser of somebody in operations."""
    app = create_app(settings.read({**server.environment, "PORT": str(server.port)}, server.project), utc_now)
    pages, staff = app.extensions["pages"].made()
    password = hired(pages, staff, "sam", "operations")
    app.extensions["hotline"].close()
    session, url = requests.Session(), f"{server.environment['PUBLIC_URL']}/desk/login?lang=en"
    form = {"name": "sam", "password": password, "csrf_token": token(session.get(url, timeout=PATIENCE).text)}
    assert session.post(url, data=form, timeout=PATIENCE).status_code == 200
    return session


def until(server: Server, says: bool) -> float:
    """Wait until a call that begins there is told of it, or is not; return when that was."""

    def so() -> bool:
        return (WORDS["en-US"] in ring(server, "/voice/incoming", new_call_id())) == says

    awaited(so, f"the server on port {server.port} says it: {says}")
    return monotonic()


def test_every_process_has_it_within_ten_seconds_and_loses_it_as_soon(postgres: Postgres, tmp_path: Path) -> None:
    with servers(tmp_path, postgres.fresh("ready"), 2, patient=True) as both:
        session, url = logged_in(both[0]), both[0].environment["PUBLIC_URL"] + PAGE
        before = new_call_id()
        assert WORDS["en-US"] not in ring(both[1], "/voice/incoming", before)
        form = {"kind": "announce", "until": "1h", **{f"words.{name}": text for name, text in WORDS.items()}}
        form["csrf_token"] = token(session.get(url, timeout=PATIENCE).text)
        begun = monotonic()
        said = session.post(f"{url}/declare", data=form, timeout=PATIENCE)
        answered = monotonic() - begun
        declared = [until(server, True) - begun for server in both]
        shown = session.get(url, timeout=PATIENCE).text
        (key,) = re.findall(r'name="key" value="(\w+)"', shown) or [""]
        assert key, f"{said.status_code} after {answered:.1f} s: {said.text}\nand then: {shown}"
        assert WORDS["en-US"] not in ring(both[1], "/voice/turn/1?language=zh-CN", before, Digits="9"), "it goes on"
        begun = monotonic()
        ended = session.post(f"{url}/end", data={"key": key, "csrf_token": token(shown)}, timeout=PATIENCE)
        assert ended.status_code == 200
        gone = [until(server, False) - begun for server in both]
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # Others have their share of the processors.
    told = f"proven after {answered:.1f} s, heard after {max(declared):.1f} s, gone after {max(gone):.1f} s"
    print(f"{told}, among {crowd:.1f}")
    assert max(*declared, *gone) < SOON * crowd, told
    assert max(declared) - answered < 2 * crowd + STILL, told
