"""Messages are written down by whichever transcriber is set: each once, sealed, shown as text and never as a page."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select, text

from ivr.jobs.transcribing import LONGEST, Http, Transcribing
from ivr.listening import listening
from ivr.settings import SettingsError, read
from ivr.store.messages import Message, Messages
from ivr.store.transcripts import Transcripts, transcripts
from tests.desk_site import Clock, Site, desk_site
from tests.test_inbox_page import entered
from tests.test_jobs_recordings import vault

SAID = "我的退款没有到账 <script>alert(1)</script>"


@dataclass
class Service:
    """A transcriber: its answers in order (the last one for ever), and what it was posted."""

    url: str
    answers: list[tuple[int, bytes]]
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def service(*answers: tuple[int, bytes]) -> Iterator[Service]:
    """Be it for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sound = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append((self.headers["Content-Language"], self.headers["Authorization"], sound))
            status, body = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Service(f"http://127.0.0.1:{server.server_port}/", list(answers))
    with listening(server):
        yield made


def heard(words: str) -> tuple[int, bytes]:
    """Return the answer that this was said."""
    return 200, json.dumps({"text": words}, ensure_ascii=False).encode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock, database: str) -> Iterator[Site]:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock, database)) as made:
        yield made


def left(site: Site) -> Message:
    """Return a message that was left, and is here."""
    found = Messages(site.desk.engine).recorded(site.left_message().recording or "")
    assert found
    return found


def now(site: Site, message: Message) -> Message:
    """Return it as it is by now."""
    found = Messages(site.desk.engine).find(message.id)
    assert found
    return found


def transcribing(site: Site, url: str) -> Transcribing:
    """Return what asks a service at this address."""
    engine = site.desk.engine
    return Transcribing(Transcripts(engine), Messages(engine), vault(site.folder), Http(url, "let us in"), site.clock)


def work(made: Transcribing) -> None:
    """Do what is due."""
    for one in made.due():
        made.take(one)


def test_a_message_is_written_down_once_sealed_and_shown_as_text(site: Site) -> None:
    message = left(site)
    with service(heard(SAID)) as asked:
        for _ in range(2):
            work(transcribing(site, asked.url))
        (language, key, sound) = asked.asked[0]
        assert len(asked.asked) == 1
    assert (language, key, sound[:4], len(sound)) == (message.language, "Bearer let us in", b"RIFF", 32_044)
    assert now(site, message).transcript == SAID
    with site.desk.engine.connect() as connection:
        assert "退款" not in str(connection.scalar(text("SELECT transcript FROM messages")))
    client = entered(site, "alice")
    (place,) = site.desk.inbox.work()
    assert client.post("/desk/inbox/take", json={"place": place.id}).status_code == 204
    page = client.get("/desk/inbox").text
    assert "我的退款没有到账 &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    "answer", [(503, b""), (429, b"slowly"), (200, b"no json"), (200, b'{"words": "x"}'), (200, b'{"text": 5}')]
)
def test_what_fails_is_tried_again(site: Site, clock: Clock, answer: tuple[int, bytes]) -> None:
    message = left(site)
    with service(answer, heard("好")) as asked:
        made = transcribing(site, asked.url)
        work(made)
        assert (made.due(), now(site, message).transcript) == ([], None)
        clock.on(seconds=30)
        work(made)
    assert now(site, message).transcript == "好"


def test_what_the_service_refuses_for_good_is_given_up_and_what_fails_is_after_a_day(site: Site, clock: Clock) -> None:
    message = left(site)
    with service((415, b"")) as asked:
        made = transcribing(site, asked.url)
        work(made)
        clock.on(hours=3)
        assert made.due() == []
        assert len(asked.asked) == 1
    other = left(site)
    with service((500, b"")) as asked:
        made = transcribing(site, asked.url)
        for _ in range(60):
            work(made)
            clock.on(minutes=30)
        assert 20 < len(asked.asked) < 40
    with site.desk.engine.connect() as connection:
        states = dict(connection.execute(select(transcripts.c.message_id, transcripts.c.state)).all())
    assert states == {message.id: "given up", other.id: "given up"}


def test_two_processes_do_not_ask_for_one_message_and_a_dead_ones_is_asked_for_again(site: Site, clock: Clock) -> None:
    message, made = left(site), Transcripts(site.desk.engine)
    assert (made.claim(message.id, clock()), made.claim(message.id, clock())) == (1, None)
    assert made.due(clock()) == []
    clock.on(minutes=5)
    assert made.due(clock()) == [message.id]
    assert made.claim(message.id, clock()) == 2


def test_an_answer_is_no_longer_than_a_page_and_holds_no_control_characters(site: Site) -> None:
    message = left(site)
    with service(heard("\x00\x1b[31m" + "长" * LONGEST)) as asked:
        work(transcribing(site, asked.url))
    assert now(site, message).transcript == "[31m" + "长" * (LONGEST - 4)


def test_a_service_that_is_away_is_no_reason_to_give_up(site: Site, clock: Clock) -> None:
    message, made = left(site), transcribing(site, "http://127.0.0.1:9/")
    work(made)
    clock.on(seconds=30)
    assert made.due() == [message.id]


def test_the_transcriber_is_asked_by_https_only(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"TRANSCRIBE_URL is 'http://example.com': give an https address"):
        read({"TRANSCRIBE_URL": "http://example.com"}, tmp_path)
    assert read({}, tmp_path).aside.transcriber is None
