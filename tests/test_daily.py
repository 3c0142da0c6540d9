"""The daily mail: sent each morning once, with yesterday's figures, and again where the mail server did not take it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from ivr.jobs.daily import Daily, Letter
from ivr.jobs.post import Post
from ivr.settings import SettingsError, read
from ivr.store.mails import PAUSES, Mails
from tests.busy import busy
from tests.desk_site import Clock, Site, desk_site
from tests.test_reports_page import kept
from tests.world import OPEN, world

SETTINGS = {
    "MAIL_URL": "smtp://127.0.0.1:2525",
    "MAIL_FROM": "hotline@example.com",
    "MAIL_TO": "a@example.com,b@example.com",
}


@dataclass
class Server:
    """A mail server that keeps what it is given, and refuses so many first."""

    mails: list[EmailMessage] = field(default_factory=list)
    refuses: int = 0
    to: list[str] = field(default_factory=list)

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        """Take a mail."""
        if self.refuses:
            self.refuses -= 1
            return "451 not now"
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.to = envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    made = Server()
    with socket(AF_INET, SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield made, port
    finally:
        controller.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock, database: str) -> Iterator[Site]:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock, database)) as made:
        yield made


def daily(site: Site, clock: Clock, port: int, language: str = "zh") -> Daily:
    """Return who mails at eight."""
    busy(site, clock, 40, 3, OPEN)
    clock.at = OPEN.replace(hour=23)
    tallies = kept(site, clock).tallies
    letter = Letter("hotline@example.com", ("a@example.com", "b@example.com"), time(8), language)
    post = Post("127.0.0.1", port, "none")
    return Daily(
        Mails(site.desk.engine), tallies, lambda: site.flow, clock, "https://hotline.example.com", letter, post
    )


def morning(made: Daily) -> None:
    """Do what is due."""
    for day in made.due():
        made.send(day)


def test_yesterdays_report_is_mailed_once_from_the_hour_on(
    site: Site, clock: Clock, server: tuple[Server, int]
) -> None:
    made = daily(site, clock, server[1])
    clock.at = (OPEN + timedelta(days=1)).replace(hour=7, minute=59)
    morning(made)
    assert server[0].mails == []
    clock.on(minutes=1)
    morning(made)
    morning(made)
    clock.on(hours=5)
    morning(made)
    (mail,) = server[0].mails
    assert server[0].to == ["a@example.com", "b@example.com"]
    day = OPEN.date().isoformat()
    offered = sum(one.sums["offered"] for one in made.tallies.read("queue", OPEN.date(), OPEN.date()))
    assert mail["Subject"].startswith(f"热线日报 {day}：服务水平 ")
    assert f"进线 {offered}，" in mail["Subject"]
    text, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert page
    for part in (text, page):
        assert "支付与资金" in part.get_content()
        assert "alice" in part.get_content()
        assert f"https://hotline.example.com/desk/reports/agents?since={day}" in part.get_content().replace(
            "&amp;", "&"
        )
        assert "+86138" not in part.get_content()


def test_what_the_server_refuses_goes_later_and_is_given_up_in_the_end(
    site: Site, clock: Clock, server: tuple[Server, int]
) -> None:
    made = daily(site, clock, server[1], "en")
    clock.at = (OPEN + timedelta(days=1)).replace(hour=9)
    server[0].refuses = 1
    morning(made)
    morning(made)
    assert server[0].mails == []
    clock.on(seconds=PAUSES[0].total_seconds())
    morning(made)
    assert [mail["Subject"][:10] for mail in server[0].mails] == ["Hotline on"]
    clock.at = (OPEN + timedelta(days=2)).replace(hour=9)
    server[0].refuses = 99
    for pause in (*PAUSES, PAUSES[-1], PAUSES[-1]):
        morning(made)
        clock.on(seconds=pause.total_seconds())
    assert server[0].refuses == 99 - 1 - len(PAUSES)


def test_of_two_processes_one_mails_and_a_dead_one_is_followed(site: Site, clock: Clock) -> None:
    mails = Mails(site.desk.engine)
    assert mails.claim("2026-11-23", clock()) == 1
    assert mails.claim("2026-11-23", clock()) is None
    clock.on(minutes=11)
    assert mails.due("2026-11-23", clock())
    assert mails.claim("2026-11-23", clock()) == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"MAIL_TO": ""}, "MAIL_TO is missing"),
        ({"MAIL_URL": "mail.example.com"}, "smtp://name:password@mail.example.com:587"),
        ({"MAIL_TO": "a@example.com, nobody"}, "'nobody'"),
        ({"MAIL_FROM": "x@example.com\nBcc: y@example.com"}, "MAIL_FROM"),
        ({"MAIL_AT": "8"}, "08:00"),
        ({"MAIL_LANGUAGE": "fr"}, "zh or en"),
    ],
)
def test_wrong_settings_say_what_to_write(tmp_path: Path, wrong: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read(SETTINGS | wrong, tmp_path)


def test_a_mail_server_elsewhere_is_spoken_to_under_tls_only(tmp_path: Path) -> None:
    def tls(url: str) -> tuple[str, int, str]:
        mail = read(SETTINGS | {"MAIL_URL": url}, tmp_path).mail
        assert mail
        return mail.tls, mail.port, mail.password

    assert tls("smtp://u:p%40ss@mail.example.com") == ("starttls", 587, "p@ss")
    assert tls("smtps://mail.example.com") == ("tls", 465, "")
    assert tls("smtp://localhost:25") == ("none", 25, "")


def test_the_command_says_which_settings_it_needs(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        told = here.app.test_cli_runner().invoke(args=["mail", "send", "2026-11-23"])
    assert told.exit_code == 1
    assert "set MAIL_URL, MAIL_FROM and MAIL_TO first" in told.output
