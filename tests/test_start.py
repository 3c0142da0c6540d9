"""Starting: one clear line and exit 1 where it cannot be, and settings that say what is wrong with them."""

import os
import platform
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import requests

from app import HEAPS
from ivr import settings
from ivr.settings import SettingsError
from tests.once import ready_file
from tests.world import ROOT, free_port

HEAP = 64 << 20  # Bytes: glibc's HEAP_MAX_SIZE on 64 bits.
TWILIO = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "token", "SECRET_KEY": "secret"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of what the program needs, so that its instance folder is fresh."""
    for name in ("app.py", "ivr", "menus", "recordings"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def start(project: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Run `python app.py` there, or Python with other arguments."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "DATABASE", "SECRET"))}
    given = {**kept, "PYTHONPATH": str(project), **environment}
    command = [sys.executable, *(arguments or ("app.py",))]
    return subprocess.Popen(command, cwd=project, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def refused(project: Path, *arguments: str, **environment: str) -> str:
    """Return what the program says when it does not start."""
    with start(project, *arguments, **environment) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in errors
    return errors


def test_bad_menus_are_all_told_and_nothing_starts(project: Path) -> None:
    for name in ("main", "frozen"):
        file = project / "menus" / f"{name}.yaml"
        file.write_text(file.read_text("utf-8").replace("kind: menu", "kind: meun", 1), "utf-8")
    errors = refused(project, PORT=str(free_port()))
    assert re.search(r"main.yaml:\d+: .*known kinds are", errors)
    assert re.search(r"frozen.yaml:\d+: .*known kinds are", errors)


def test_a_taken_port_is_told(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        errors = refused(project, PORT=str(port))
    assert errors.strip() == f"hotline: port {port} of 127.0.0.1 is taken: stop what runs there or set PORT"


def test_an_address_of_another_machine_is_told(project: Path) -> None:
    errors = refused(project, HOST="192.0.2.1", PORT=str(free_port()), PUBLIC_URL="https://hotline.example", **TWILIO)
    assert errors.startswith("hotline: HOST is '192.0.2.1', no address of this machine: set it to one")


@pytest.mark.parametrize("arguments", [["app.py"], ["-m", "flask", "--app", "app", "menus", "check"]])
def test_menus_in_another_encoding_are_told_with_file_and_line(project: Path, arguments: list[str]) -> None:
    file = project / "menus" / "fault.yaml"
    file.write_bytes(b"# first\n" + file.read_text("utf-8").encode("gbk"))
    errors = refused(project, *arguments, PORT=str(free_port()))
    assert errors.splitlines()[1:] == [
        "fault.yaml:2: this is not UTF-8: in your editor, save the file with the encoding UTF-8"
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "start PostgreSQL, or correct host and port in DATABASE_URL"),
        ("sqlite:////proc/none/hotline.db", "correct DATABASE_URL or make it yourself"),
        ("nonsense", "DATABASE_URL is no database URL"),
    ],
)
def test_a_database_that_cannot_be_had_is_told_in_one_line_and_callers_are_answered(
    project: Path, url: str, words: str
) -> None:
    port = free_port()
    with start(project, PORT=str(port), DATABASE_URL=url) as process:
        try:
            assert answering(f"http://127.0.0.1:{port}/voice/incoming") == 403
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=60)
    (line,) = [line for line in errors.splitlines() if "level=error" in line]
    assert "the database is away: callers can only leave messages" in line
    assert words in line


def test_a_database_of_a_newer_release_is_told_and_nothing_starts(project: Path) -> None:
    file = project / "ivr.db"
    file.write_bytes(ready_file())
    with closing(sqlite3.connect(file)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    errors = refused(project, PORT=str(free_port()), DATABASE_URL=f"sqlite:///{file}")
    assert errors.startswith("hotline: the database is at 9999, newer than this release")
    assert len(errors.strip().splitlines()) == 1


def test_another_key_than_that_of_the_first_start_is_told_and_nothing_starts(project: Path) -> None:
    assert "/phone" in printed(project)
    for arguments in (["app.py"], ["-m", "flask", "--app", "app", "jobs"]):
        errors = refused(project, *arguments, PORT=str(free_port()), SECRET_KEY="our own")
        assert errors.startswith("hotline: SECRET_KEY does not open what the database holds")
        assert "set SECRET_KEY=new,old" in errors
        assert len(errors.strip().splitlines()) == 1
    kept = dict(line.split("=", 1) for line in (project / "instance" / "secrets").read_text().splitlines())
    assert "/phone" in printed(project, SECRET_KEY=f"our own,{kept['secret key']}")


def test_with_twilio_it_starts_and_lets_nobody_in_unsigned(project: Path) -> None:
    port = free_port()
    with start(project, PORT=str(port), PUBLIC_URL="https://hotline.example", **TWILIO) as process:
        try:
            assert answering(f"http://127.0.0.1:{port}/voice/incoming") == 403
            assert requests.get(f"http://127.0.0.1:{port}/phone", timeout=30).status_code == 404
        finally:
            process.terminate()
            process.wait(60)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has more than one heap")
def test_threads_share_heaps(project: Path) -> None:
    port = free_port()
    with start(project, PORT=str(port)) as process:
        try:
            answering(f"http://127.0.0.1:{port}/voice/incoming")
            worker = max(psutil.Process(process.pid).children(), key=psutil.Process.num_threads)
            assert worker.num_threads() > 8
            assert heaps(worker.pid) < HEAPS
        finally:
            process.terminate()
            process.communicate(timeout=60)


def heaps(pid: int) -> int:
    """Count the heaps but for the first: each begins at a multiple of 64 MB, all of which is kept for it."""
    found = Path(f"/proc/{pid}/maps").read_text().splitlines()
    ends = dict([int(end, 16) for end in row.split()[0].split("-")] for row in found if len(row.split()) == 5)
    return sum(begin % HEAP == 0 and ends.get(end, end) == begin + HEAP for begin, end in ends.items())


def printed(project: Path, **environment: str) -> str:
    """Return what a start prints until it answers."""
    port = free_port()
    with start(project, PORT=str(port), **environment) as process:
        try:
            answering(f"http://127.0.0.1:{port}/voice/incoming")
        finally:
            process.terminate()
            said, _ = process.communicate(timeout=60)
    return said.replace(str(port), "8000")


def test_each_start_says_where_to_call_and_to_answer_and_how_to_get_a_password(project: Path) -> None:
    first, second = printed(project), printed(project)
    for said in (first, second):
        assert "http://127.0.0.1:8000/phone" in said
        assert "http://127.0.0.1:8000/desk" in said
        assert "flask --app app people password alice" in said
    assert "as alice, with the password" in first
    assert "with the password" not in second


def test_a_live_start_says_what_to_tell_the_carrier(project: Path) -> None:
    said = printed(project, PUBLIC_URL="https://hotline.example/", **TWILIO)
    assert "Calls to +864001234567 are answered" in said
    for name in ("incoming", "fallback", "status#rc=3&rp=all"):
        assert f" https://hotline.example/voice/{name}\n" in said
    assert "https://hotline.example/desk as admin, with the password" in said
    assert "set TWILIO_SMS_FROM" in said
    assert "set TWILIO_VERIFY_SERVICE" in said
    texting = {"TWILIO_SMS_FROM": "MG" + "a" * 32, "TWILIO_VERIFY_SERVICE": "VA" + "a" * 32}
    again = printed(project, PUBLIC_URL="https://hotline.example/", **TWILIO, **texting)
    assert "Warning" not in again
    assert "with the password" not in again
    assert "flask --app app people password admin" in again


def answering(url: str) -> int:
    """Return the status of the first answer to a POST."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return requests.post(url, timeout=30).status_code
        except requests.RequestException:
            time.sleep(0.02)
    raise TimeoutError(url)


WALLET = {"WALLET_URL": "https://wallet.example/base/", "WALLET_SECRET": "s" * 32}
OURS = {"PUBLIC_URL": "https://hotline.example"}
WRONG = {
    "half of Twilio": ({"TWILIO_ACCOUNT_SID": "AC1"}, "belong together"),
    "a port": ({"PORT": "many"}, "PORT is 'many'"),
    "a public address": (TWILIO | {"PUBLIC_URL": "hotline"}, "PUBLIC_URL is 'hotline'"),
    "no public address": (TWILIO, "PUBLIC_URL is missing: set it to the https address"),
    "a public address in the clear": (TWILIO | {"PUBLIC_URL": "http://hotline.example"}, "give an https address"),
    "an account": (TWILIO | {"TWILIO_ACCOUNT_SID": "foo"}, "TWILIO_ACCOUNT_SID is 'foo': copy it from Twilio's"),
    "a wallet without a secret": (
        {"WALLET_URL": "https://wallet.example"},
        "WALLET_URL and WALLET_SECRET belong together",
    ),
    "a wallet's secret alone": ({"WALLET_SECRET": "s" * 32}, "WALLET_URL and WALLET_SECRET belong together"),
    "a wallet's short secret": (WALLET | {"WALLET_SECRET": "s" * 31}, "WALLET_SECRET is too short: give at least 32"),
    "a wallet in the clear": (
        WALLET | {"WALLET_URL": "http://wallet.example"},
        "WALLET_URL is 'http://wallet.example': give",
    ),
    "a wallet nowhere": (WALLET | {"WALLET_URL": "wallet"}, "WALLET_URL is 'wallet': give an address"),
    "a sender": (TWILIO | OURS | {"TWILIO_SMS_FROM": "10690"}, "TWILIO_SMS_FROM is '10690': give a number like +86"),
    "a messaging service": (
        TWILIO | OURS | {"TWILIO_SMS_FROM": "MG1"},
        "TWILIO_SMS_FROM is 'MG1': copy it from Twilio's",
    ),
    "a Verify service": (TWILIO | OURS | {"TWILIO_VERIFY_SERVICE": "AC1"}, "TWILIO_VERIFY_SERVICE is 'AC1': copy it"),
    "who does the jobs": ({"JOBS": "nobody"}, "JOBS is 'nobody': give inside, or apart"),
    "how long": ({"RETAIN_CALLS_DAYS": "never"}, "RETAIN_CALLS_DAYS is 'never': give a number of days, or forever"),
    "a bucket": ({"RECORDINGS_URL": "https://bucket"}, "RECORDINGS_URL is 'https://bucket': give s3://"),
    "a bucket in the clear": (
        {"RECORDINGS_URL": "s3://tapes", "RECORDINGS_ENDPOINT": "http://s3.example.com"},
        "RECORDINGS_ENDPOINT is 'http://s3.example.com': give an https",
    ),
    "a bucket's key alone": (
        {"RECORDINGS_URL": "s3://tapes", "RECORDINGS_KEY": "AK"},
        "RECORDINGS_KEY and RECORDINGS_SECRET belong together",
    ),
    "an underscore": (TWILIO | {"PUBLIC_URL": "https://my_host.example"}, "underscore"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_says_what_to_do(name: str, tmp_path: Path) -> None:
    given, words = WRONG[name]
    with pytest.raises(SettingsError, match=re.escape(words)):
        settings.read(given, tmp_path)


def test_the_demo_wallet_answers_unless_another_is_set(tmp_path: Path) -> None:
    assert (settings.read({}, tmp_path).wallet_url, settings.read({}, tmp_path).wallet_secret) == ("", "")
    found = settings.read(WALLET, tmp_path)
    assert (found.wallet_url, found.wallet_secret) == ("https://wallet.example/base", "s" * 32)
    assert "s" * 32 not in repr(found)
    near = settings.read(WALLET | {"WALLET_URL": "http://localhost:9000"}, tmp_path)
    assert near.wallet_url == "http://localhost:9000"


def test_a_carrier_near_by_may_ask_in_the_clear(tmp_path: Path) -> None:
    near = TWILIO | {"TWILIO_API_URL": "http://127.0.0.1:9000"}
    assert settings.read(near, tmp_path).public_url == "http://127.0.0.1:8000"
    assert settings.read(near | {"PUBLIC_URL": "http://10.0.0.5/"}, tmp_path).public_url == "http://10.0.0.5"


def test_without_twilio_the_practice_carrier_is_on_and_only_this_machine_is_heard(tmp_path: Path) -> None:
    found = settings.read({"HOST": "0.0.0.0"}, tmp_path)
    assert found.practice
    assert (found.sms_from, found.verify_service) == ("+861069012345", "VA" + "0" * 32)
    assert found.host == "127.0.0.1"
    again = settings.read({}, tmp_path)
    assert (again.tokens, again.secrets) == (found.tokens, found.secrets)
    assert (tmp_path / "instance" / "secrets").stat().st_mode & 0o077 == 0
