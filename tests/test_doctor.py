"""The doctor on set-ups that are really broken: for each the right sentence, soon, with what to do."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import click
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from click.testing import CliRunner
from moto.server import ThreadedMotoServer

from ivr.carrier.log import Asked
from ivr.carrier.signals import Request
from ivr.carrier.verifications import SERVICE
from ivr.editor.reading import read
from ivr.factory import utc_now
from ivr.operations.doctor import examine, findings
from ivr.operations.doctor.finding import Finding
from ivr.operations.doctor.given import forgiving
from ivr.store.bucket import Bucket
from ivr.store.level import head, known
from ivr.wallets.demo import Demo
from tests.doctor_site import (
    KEY,
    Standing,
    Ward,
    answers,
    changes,
    elsewhere,
    line,
    silent,
    standing,
    tls,
    told,
    waits,
    ward,
    without,
)
from tests.quickest import quickest
from tests.stores import Postgres
from tests.wallet_company import company
from tests.world import CUSTOMER, NUMBER, ROOT, WALLET_SECRET, free_port

SECONDS = 6.0  # For all checks together: each takes four at most, all of them at once.


@dataclass(frozen=True)
class Case:
    """How a set-up is broken, about what something wrong is to be told, and the words of one finding."""

    breaks: Callable[[Ward], object]
    wrong: str
    words: tuple[str, ...]


def settings(**given: str) -> Callable[[Ward], None]:
    """Return what sets these; "" takes one away."""

    def breaks(here: Ward) -> None:
        for name, value in given.items():
            here.environment.pop(name, None)
            here.environment |= {name: value} if value else {}

    return breaks


def proxied(wrapped: Any) -> Callable[[Ward], None]:
    """Return what puts another proxy before it."""
    return lambda here: setattr(here.standing, "proxy", wrapped)


def certified(**about: Any) -> Callable[[Ward], None]:
    """Return what gives the proxy another certificate."""

    def breaks(here: Ward) -> None:
        port, name = free_port(), about.pop("name", "localhost")
        authority = about.pop("authority", here.standing.authority)
        here.stack.enter_context(tls(here.standing, authority.issue_cert(name, **about), port))
        here.environment["PUBLIC_URL"] = f"https://localhost:{port}"

    return breaks


def asking(**changed: Any) -> Callable[[Ward], None]:
    """Return what has our number ask otherwise."""

    def breaks(here: Ward) -> None:
        numbers = here.standing.carrier.numbers
        numbers[NUMBER] = replace(numbers[NUMBER], **changed)

    return breaks


def keyed(digits: str) -> Callable[[Ward], None]:
    """Return what has the carrier keep in its logs that somebody keyed this."""

    def breaks(here: Ward) -> None:
        carrier = here.standing.carrier
        leg = carrier.leg(CUSTOMER, NUMBER, "inbound")
        leg.status = "completed"
        form = (("CallSid", leg.sid), ("Digits", digits))
        url, answer = f"{here.standing.url}/voice/turn/1", ("text/xml", b"<Response/>", "")
        carrier.log.add(Asked(utc_now(), leg.sid, "gather", "POST", url, form, (), 1, 200, *answer))
        here.stack.callback(carrier.legs.pop, leg.sid)

    return breaks


def another_number(here: Ward) -> None:
    here.standing.carrier.numbers.clear()
    here.standing.carrier.number("+8621555", "https://elsewhere.example/")


def executed(statement: str, *values: Any) -> Callable[[Ward], None]:
    """Return what changes the database."""

    def breaks(here: Ward) -> None:
        with closing(sqlite3.connect(here.database)) as connection, connection:
            connection.execute(statement, values)

    return breaks


def no_database(here: Ward) -> None:
    here.database.write_bytes(b"no database" * 1000)


def hanging_database(here: Ward) -> None:
    here.environment["DATABASE_URL"] = f"postgresql://a@127.0.0.1:{here.stack.enter_context(silent())}/b"


def two_processes(here: Ward) -> None:
    for _ in range(2):
        run = [sys.executable, "-c", f"file = open({str(here.database)!r}); print(flush=True); input()"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = here.stack.enter_context(subprocess.Popen(run, **pipes))  # type: ignore[call-overload]
        process.stdout.readline()


def full_disk(here: Ward) -> None:
    folder = here.root / "full"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("nobody may mount here")
    here.stack.callback(subprocess.run, ["umount", "-l", str(folder)], check=True)
    (folder / "music").symlink_to(ROOT / "recordings" / "music")
    with suppress(OSError), (folder / "much").open("wb", buffering=0) as much:
        while much.write(b"x" * 4096):
            pass
    here.environment["RECORDINGS_DIR"] = str(folder)


def file_for_a_folder(here: Ward) -> None:
    (here.root / "file").touch()
    here.environment["RECORDINGS_DIR"] = str(here.root / "file" / "recordings")


def left_waiting(here: Ward) -> None:
    folder = here.root / "instance" / "spool"
    folder.mkdir(parents=True)
    for name, seconds in (("a", 90), ("b", 3600), ("c", 1)):
        (folder / f"{name}.fact").touch()
        at = time.time() - seconds
        os.utime(folder / f"{name}.fact", (at, at))


def set_aside(here: Ward) -> None:
    (here.root / "instance" / "spool").mkdir(parents=True)
    (here.root / "instance" / "spool" / "1.failed").touch()


def hired(*roles: str, one_time: bool) -> Callable[[Ward], None]:
    """Return what adds somebody, without what logins need."""

    def breaks(here: Ward) -> None:
        until = "2999-01-01" if one_time else None
        given = ("admin", "x", 1, "u", 0, until, "2026-01-01")
        columns = "name, password, active, fs_uniquifier, misses, one_time_until, created_at"
        executed(f"INSERT INTO people ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", *given)(here)
        for role in roles:
            statement = "INSERT INTO people_roles SELECT people.id, roles.id FROM people, roles WHERE roles.name = ?"
            executed(statement, role)(here)

    return breaks


def wallet(secret: str) -> Callable[[Ward], None]:
    """Return what asks a wallet company by a secret."""

    def breaks(here: Ward) -> None:
        made = here.stack.enter_context(company(Demo(here.root, utc_now, "secret"), WALLET_SECRET))
        here.environment |= {"WALLET_URL": made.url, "WALLET_SECRET": secret}

    return breaks


def collector(url: str) -> Callable[[Ward], None]:
    """Return what sends traces there."""
    return settings(OTEL_EXPORTER_OTLP_ENDPOINT=url)


def no_collector(here: Ward) -> None:
    """Have traces go to a server that answers nothing of the kind."""
    collector(f"http://127.0.0.1:{here.standing.port}")(here)


def unable(here: Ward) -> None:
    """Have nothing installed that sends traces."""
    collector("http://127.0.0.1:9")(here)
    here.stack.enter_context(patch.dict(sys.modules, {"opentelemetry.exporter.otlp.proto.http.trace_exporter": None}))


def mail(port: int, password: str = "") -> Callable[[Ward], None]:
    """Return what mails by a server there."""

    def breaks(here: Ward) -> None:
        url = f"smtp://boss:{password}@127.0.0.1:{port}" if password else f"smtp://127.0.0.1:{port}"
        here.environment |= {"MAIL_URL": url, "MAIL_FROM": "a@example.com", "MAIL_TO": "b@example.com"}

    return breaks


def refusing_mail(here: Ward) -> None:
    def nobody(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    port = free_port()
    made = Controller(object(), "127.0.0.1", port, authenticator=nobody, auth_require_tls=False)
    made.start()
    here.stack.callback(made.stop)
    mail(port, "secret")(here)


def bucket(there: bool = True, wrapped: Any = None) -> Callable[[Ward], None]:
    """Return what keeps recordings in a bucket of S3, or of something else, which may be there."""

    def breaks(here: Ward) -> None:
        made = here.stack.enter_context(elsewhere(wrapped)) if wrapped else here.stack.enter_context(s3())
        name = "tapes" if there else "none"
        settings(RECORDINGS_URL=f"s3://{name}/calls", RECORDINGS_ENDPOINT=made)(here)
        settings(RECORDINGS_KEY="AK", RECORDINGS_SECRET="a secret")(here)

    return breaks


@contextmanager
def s3() -> Iterator[str]:
    """Give the address of something that speaks as S3 does, with a bucket."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    Bucket("tapes", "", address, key="AK", secret="a secret").client.create_bucket(Bucket="tapes")
    yield address
    server.stop()


def keeps(_: WSGIApplication) -> WSGIApplication:
    """Be a bucket that lets nothing be deleted."""
    kept = dict[str, bytes]()

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path, method, body = environ["PATH_INFO"], environ["REQUEST_METHOD"], b""
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if method == "PUT":
            kept[path] = sent
        elif method == "GET":
            body = kept.get(path, b"<ListBucketResult/>")
        start("403 Forbidden" if method == "DELETE" else "200 OK", [("Content-Length", str(len(body)))])
        return [body]

    return answer


def telling(url: str = "", wrapped: Any = None) -> Callable[[Ward], None]:
    """Return what tells notices there, or to something else."""

    def breaks(here: Ward) -> None:
        made = url or here.stack.enter_context(elsewhere(wrapped))
        settings(NOTICE_URL=f"{made}/notices", NOTICE_SECRET=WALLET_SECRET)(here)

    return breaks


def apart(minutes: int) -> Callable[[Ward], None]:
    """Return what has a call that ended so long ago wait for jobs that are done apart."""

    def breaks(here: Ward) -> None:
        settings(JOBS="apart")(here)
        ended = (utc_now() - timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S.%f")
        executed("UPDATE calls SET ended_at = ?, digested = 0", ended)(here)

    return breaks


def misspelt(here: Ward) -> None:
    (here.root / ".env").write_text("TWILIO_AUTHTOKEN=x\nPUBLICURL=https://hotline.example\n", "utf-8")


def made_here(here: Ward) -> None:
    """Have the key be the one of the first start."""
    settings(SECRET_KEY="")(here)
    (here.root / "instance").mkdir()
    (here.root / "instance" / "secrets").write_text(f"secret key={KEY}\npractice token=x\n", "utf-8")


ELSEWHERE = Request("https://demo.example/voice.xml", "GET")
SOON = timedelta(days=3)
CASES = {
    "three settings at once": Case(
        settings(PORT="many", TWILIO_SMS_FROM="10690", WALLET_SECRET="short"),
        "settings",
        ("PORT is 'many'", "TWILIO_SMS_FROM is '10690'", "WALLET_URL and WALLET_SECRET belong together"),
    ),
    "half of Twilio": Case(settings(TWILIO_AUTH_TOKEN=""), "settings", ("TWILIO_AUTH_TOKEN belong together",)),
    "no address": Case(
        settings(PUBLIC_URL="", TWILIO_API_URL="https://127.0.0.1:9"),
        "settings Twilio",
        ("set it to the https address",),
    ),
    "misspelt settings": Case(misspelt, "", ("TWILIO_AUTHTOKEN, which nothing reads", "write TWILIO_AUTH_TOKEN")),
    "a wrong token": Case(
        settings(TWILIO_AUTH_TOKEN="another"), "PUBLIC_URL Twilio", ("the account is refused (401)", "refuses what is")
    ),
    "a wrong API key": Case(
        settings(TWILIO_API_KEY="SK" + "1" * 32, TWILIO_API_SECRET="x"), "Twilio", ("the API key is refused (401)",)
    ),
    "no carrier": Case(settings(TWILIO_API_URL="http://127.0.0.1:9"), "Twilio", ("Twilio is not reached",)),
    "a proxy that cuts paths": Case(
        proxied(changes("PATH_INFO", lambda path: path.removeprefix("/voice"))),
        "PUBLIC_URL",
        ("is not the hotline (404)", "hand on whole paths"),
    ),
    "a proxy that writes queries anew": Case(
        proxied(changes("QUERY_STRING", lambda query: query.replace("+", "%20"))),
        "PUBLIC_URL",
        ("the query is changed on the way",),
    ),
    "a proxy that keeps the signature": Case(
        proxied(without("HTTP_X_TWILIO_SIGNATURE")), "PUBLIC_URL", ("the request arrives without its signature",)
    ),
    "a proxy that leads on": Case(
        proxied(answers("301 Moved", {"Location": "https://www.hotline.example/"})),
        "PUBLIC_URL",
        ("leads on to https://www.hotline.example/",),
    ),
    "a proxy with nothing behind it": Case(
        proxied(answers("502 Bad Gateway")), "PUBLIC_URL", ("does not reach the hotline (502)",)
    ),
    "a proxy with a login": Case(proxied(answers("403 Forbidden", body=b"login")), "PUBLIC_URL", ("without a login",)),
    "something else": Case(proxied(answers("204 Fine")), "PUBLIC_URL", ("takes what nobody signed (204)",)),
    "a proxy that hangs": Case(proxied(waits(5)), "PUBLIC_URL", ("nobody answers", "time-out")),
    "a proxy that is not believed": Case(lambda _: None, "", ("whose address everybody seems to have", "set it to 1")),
    "a slow proxy": Case(proxied(waits(1.05, times=1)), "", ("callers hear as silence",)),
    "a proxy that shows figures": Case(
        proxied(without("HTTP_X_FORWARDED_FOR")), "metrics", ("anybody can read /metrics", "set METRICS_TOKEN")
    ),
    "a name that leads nowhere": Case(
        settings(PUBLIC_URL="https://hotline.invalid"), "PUBLIC_URL number", ("hotline.invalid is no name that leads",)
    ),
    "nobody at the address": Case(
        lambda here: here.environment.update(PUBLIC_URL=f"https://localhost:{free_port()}"),
        "PUBLIC_URL number",
        ("nobody answers", "refused", "start the hotline"),
    ),
    "a certificate that ends soon": Case(
        lambda here: certified(not_after=utc_now() + SOON)(here), "PUBLIC_URL number", ("ends in 2 days", "renew it")
    ),
    "a certificate that ended": Case(
        lambda here: certified(not_before=utc_now() - 2 * SOON, not_after=utc_now() - SOON)(here),
        "PUBLIC_URL TLS number",
        ("certificate has expired",),
    ),
    "a certificate for another name": Case(
        lambda here: certified(name="other.example")(here), "PUBLIC_URL TLS number", ("Hostname mismatch",)
    ),
    "a certificate that nobody vouches for": Case(
        lambda here: certified(authority=trustme.CA())(here), "PUBLIC_URL TLS number", ("nobody believes",)
    ),
    "an address without TLS": Case(
        lambda here: here.environment.update(PUBLIC_URL=f"https://localhost:{here.standing.port}"),
        "PUBLIC_URL TLS number",
        ("does not speak TLS",),
    ),
    "a number that asks elsewhere": Case(
        asking(voice=ELSEWHERE), "number", ("a call comes in: https://demo.example/voice.xml by GET", "numbers sync")
    ),
    "a number that falls back to nothing": Case(
        asking(fallback=None), "number", ("primary handler fails: nothing", "/voice/fallback by POST")
    ),
    "a number that tells no ends": Case(asking(status_callback=None), "", ("call status changes: nothing",)),
    "a number that an application takes": Case(asking(application="AP" + "1" * 32), "number", ("takes its calls",)),
    "a number that is not ours": Case(another_number, "number", (f"the account has no number {NUMBER}", "+8621555")),
    "logs with what callers key": Case(
        keyed("246810"), "", ("its logs show what callers key", "as nobody can switch it off")
    ),
    "a clock that is ahead": Case(lambda here: here.later(minutes=2), "clock", ("ahead of Twilio's", "NTP")),
    "a clock that is behind": Case(lambda here: here.later(minutes=-2), "clock", ("behind Twilio's",)),
    "no database": Case(no_database, "database", ("file is not a database", "lifeboat")),
    "a database that refuses": Case(
        settings(DATABASE_URL="postgresql://nobody@127.0.0.1:9/none"), "database", ("start PostgreSQL",)
    ),
    "a database that hangs": Case(hanging_database, "database", ("see that PostgreSQL runs",)),
    "a database URL that is none": Case(settings(DATABASE_URL="nonsense"), "database", ("is no database URL",)),
    "a migration behind": Case(
        executed("UPDATE alembic_version SET version_num = ?", known()[-2]),
        "database",
        (f"at migration {known()[-2]}, behind this release ({head()})",),
    ),
    "a newer database": Case(
        executed("UPDATE alembic_version SET version_num = '9999'"), "database", ("9999, newer than this release",)
    ),
    "a database of the next release": Case(
        executed("UPDATE alembic_version SET version_num = '9999', before = ?", head()),
        "",
        ("9999, newer than this release", "end the deployment"),
    ),
    "another key": Case(settings(SECRET_KEY="another"), "SECRET_KEY", ("which another one sealed", "new,old")),
    "no key": Case(settings(SECRET_KEY=""), "SECRET_KEY", ("it is missing", "which another one sealed")),
    "a key that was made here": Case(made_here, "", ("it is missing: the one that was made here", "keep it elsewhere")),
    "two processes on a file": Case(two_processes, "", ("2 processes have the SQLite file open",)),
    "a full disk": Case(full_disk, "disk", ("No space left on device", "make room")),
    "a file for a folder": Case(file_for_a_folder, "disk menus", ("RECORDINGS_DIR", "a file is in its place")),
    "facts set aside": Case(set_aside, "", ("1 facts in", "were set aside")),
    "facts that nobody takes in": Case(
        left_waiting, "", ("2 facts wait in", "move them into another one's instance/spool")
    ),
    "broken menus": Case(
        lambda here: here.menus("main.yaml", "kind: menu", "kind: meun"), "menus", ("main.yaml:", "menus check")
    ),
    "menus changed in vain": Case(
        lambda here: here.menus("hotline.yaml", "+864001234567", "+864007654321", anew=False),
        "",
        ("the files in menus/ are not those that answer", "menus publish"),
    ),
    "holidays nobody knows": Case(lambda here: here.later(days=900), "clock", ("are not known yet",)),
    "a printed password": Case(
        hired("admin", one_time=True), "", ("admin still has the password that was printed", "nobody is agent")
    ),
    "no second factor": Case(hired("admin", "agent", one_time=False), "", ("admin have no second factor",)),
    "nobody who may log in": Case(lambda _: None, "", ("nobody may log in yet",)),
    "the demo wallet": Case(lambda _: None, "", ("the demo wallet answers real callers",)),
    "a wallet that is away": Case(
        settings(WALLET_URL="http://127.0.0.1:9", WALLET_SECRET=WALLET_SECRET), "wallet", ("no answer (unavailable)",)
    ),
    "a wallet that does not believe us": Case(
        wallet("another secret of thirty-two letters"), "wallet", ("does not believe our signature",)
    ),
    "a Verify service that is not there": Case(
        settings(TWILIO_VERIFY_SERVICE=f"VA{'1' * 32}"),
        "TWILIO_VERIFY_SERVICE",
        ("no Verify service VA1", "copy its id"),
    ),
    "a program for notices that is away": Case(
        telling("http://127.0.0.1:9"), "notices", ("127.0.0.1:9 is not reached", "correct NOTICE_URL")
    ),
    "a program for notices that leads on": Case(
        telling(wrapped=answers("301 Moved", {"Location": "https://else.example"})), "notices", ("leads on (301)",)
    ),
    "a program for notices that fails": Case(telling(wrapped=answers("502 Bad Gateway")), "", ("answers 502",)),
    "a transcriber that is away": Case(
        settings(TRANSCRIBE_URL="http://127.0.0.1:9"), "transcripts", ("is not reached", "correct TRANSCRIBE_URL")
    ),
    "nobody who does the jobs": Case(apart(minutes=9), "jobs", ("1 calls wait to be digested", "app jobs")),
    "a bucket that is away": Case(
        settings(RECORDINGS_URL="s3://tapes", RECORDINGS_ENDPOINT="http://127.0.0.1:9"),
        "recordings",
        ("did not answer",),
    ),
    "a bucket that is not there": Case(
        bucket(there=False), "recordings", ("cannot be written to: the bucket answered NoSuchBucket",)
    ),
    "a bucket that lets nothing be deleted": Case(
        bucket(wrapped=keeps), "recordings", ("cannot be deleted from: the bucket answered",)
    ),
    "a mail server that is away": Case(mail(9), "mail", ("127.0.0.1:9 does not answer",)),
    "a collector that is away": Case(
        collector("http://127.0.0.1:9"), "", ("WARNING  traces: http://127.0.0.1:9 does not",)
    ),
    "no collector there": Case(no_collector, "", ("refuses them (404)",)),
    "traces without what sends them": Case(unable, "traces", ("pip install -e '.[traces]'",)),
    "a wrong mail password": Case(refusing_mail, "mail", ("refuses the name or the password",)),
}


@pytest.fixture(scope="module")
def hotline() -> Iterator[Standing]:
    folder = Path(mkdtemp(prefix="doctor"))
    with standing(folder) as made:
        yield made
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def durable(real_pragmas: Callable[[Any, object], None]) -> Iterator[None]:
    """Have commits be as durable as they are in earnest, since the doctor looks at that."""
    with patch("ivr.store.engine._pragmas", real_pragmas):
        yield


@pytest.fixture
def here(hotline: Standing, tmp_path: Path) -> Iterator[Ward]:
    with ward(hotline, tmp_path / "root") as made:
        yield made


def test_a_hotline_that_is_well_has_nothing_wrong(here: Ward) -> None:
    wallet(WALLET_SECRET)(here)
    telling(wrapped=answers("405 Method Not Allowed"))(here)
    settings(TRANSCRIBE_URL=here.environment["NOTICE_URL"], TWILIO_VERIFY_SERVICE=SERVICE)(here)
    bucket()(here)
    apart(minutes=2)(here)
    found = here.examined()
    assert told(found, "wrong") == set(), line(found)
    assert "menus" not in told(found, "warning")
    good = {"TWILIO_VERIFY_SERVICE", "notices", "transcripts", "jobs", "recordings"}
    assert good <= told(found, "well")
    good = {"settings", "server", "TLS", "Twilio", "clock", "number", "database", "SECRET_KEY", "disk", "menus"}
    assert good <= told(found, "well")
    assert {"PUBLIC_URL", "wallet"} <= told(found, "well") | told(found, "warning"), "where this machine has much to do"


@pytest.mark.parametrize("digits", ["1", "", "[Redacted]", "xxxxxx"])
def test_a_choice_in_a_menu_and_what_was_made_unreadable_are_no_secrets(here: Ward, digits: str) -> None:
    keyed(digits)(here)
    assert not any("its logs" in one.words for one in here.examined())


@pytest.mark.parametrize("name", CASES)
def test_what_is_broken_is_told_with_what_to_do(name: str, here: Ward) -> None:
    case = CASES[name]
    case.breaks(here)
    found = list[Finding]()

    def seconds() -> float:
        begun = time.monotonic()
        found[:] = here.examined()
        late = told(found, "wrong") != set(case.wrong.split())  # On a machine that stands still a check may be.
        return SECONDS if late else time.monotonic() - begun

    took = quickest(seconds, SECONDS)
    said = "\n".join(map(str, found))
    print(f"{name:<38} {line(found)[:300]}")
    assert [words for words in case.words if words not in said] == [], said
    assert told(found, "wrong") == set(case.wrong.split()), said
    assert all(one.do for one in found if one.level != "well")
    assert "could not be looked at" not in said
    assert "Traceback" not in said
    assert took < SECONDS


def test_a_postgresql_that_may_lose_commits_is_told(here: Ward, postgres: Postgres) -> None:
    url = postgres.fresh("ready")
    postgres.run(f"ALTER DATABASE {url.rpartition('/')[2].partition('?')[0]} SET synchronous_commit = off")
    here.environment["DATABASE_URL"] = url
    said = "\n".join(str(one) for one in here.examined() if one.level == "wrong")
    assert "synchronous_commit is off, so the last commits can be lost" in said
    assert "fsync is off" in said, "as tests have it"


def test_a_postgresql_too_old_for_what_we_ask_of_it_is_told(here: Ward, postgres: Postgres) -> None:
    here.environment["DATABASE_URL"] = postgres.fresh("ready")
    with patch.dict("ivr.store.in_time.SERVERS", no_setting_of_any_release=1):
        said = "\n".join(str(one) for one in here.examined() if one.about == "database")
    assert 'unrecognized configuration parameter "no_setting_of_any_release"' in said
    assert "update PostgreSQL to 14 or newer" in said


def test_files_that_differ_are_no_fault_once_somebody_has_published(here: Ward) -> None:
    here.menus("hotline.yaml", "+864001234567", "+864007654321", anew=False)
    executed("INSERT INTO publications SELECT 2, version, at, 'anna', 'ours' FROM publications")(here)
    assert "menus" not in told(here.examined(), "warning")


def test_menus_that_take_long_to_be_read_are_no_fault(here: Ward) -> None:
    def slowly(files: Mapping[str, str], *more: object) -> object:
        time.sleep(1.0)
        return read(files, *more)

    with patch("ivr.operations.doctor.SECONDS", 0.5), patch("ivr.operations.doctor.patient.read", slowly):
        found = here.examined()
    assert "menus" not in told(found, "wrong"), "\n".join(map(str, found))
    assert "menus" in told(found, "well")


def test_a_folder_that_is_no_hotline_at_all_does_not_make_the_doctor_fail(tmp_path: Path) -> None:
    found = findings(forgiving({"DATABASE_URL": "sqlite:////proc/none/x.db"}, tmp_path), tmp_path, utc_now)
    assert {"database", "disk", "menus"} <= told(found, "wrong")


def test_the_command_needs_no_application_and_ends_with_one_where_something_must_be_mended(here: Ward) -> None:
    for name in ("app.py", "ivr"):
        (here.root / name).symlink_to(ROOT / name)
    given = {**os.environ, **here.environment, "PYTHONPATH": str(here.root), "PORT": "many"}

    run = [sys.executable, "-m", "flask", "--app", "app", "doctor"]
    broken = subprocess.run(run, cwd=here.root, env=given, capture_output=True, text=True, timeout=120, check=False)
    assert broken.returncode == 1
    assert "WRONG    settings: PORT is 'many'" in broken.stdout
    assert "1 to be mended" in broken.stdout, broken.stdout  # Whole, as it is long: which other one?
    command = click.Command("doctor", callback=lambda: examine(here.environment, here.root, utc_now))
    good = CliRunner().invoke(command)
    assert good.exit_code == 0, good.output
    assert "0 to be mended" in good.output
