"""Alerts are raised by what they are for alone, and reach people: by Debian's Prometheus and Alertmanager."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.processes import awaited
from tests.world import ROOT, free_port

DEPLOY, PLAYED = ROOT / ".deploy", ROOT / "tests" / "alerts.yaml"
MAIL = {
    "ALERT_MAIL_TO": "a@example.com,b@example.com",
    "ALERT_MAIL_FROM": "h@example.com",
    "ALERT_MAIL_SERVER": "m:587",
}
CARRY = 60.0  # Seconds within which a webhook is told; ten of them are Alertmanager's to gather what goes together.


def program(name: str, package: str) -> str:
    """Return where a program is; skip without it, but fail where it must be there."""
    found = shutil.which(name)
    if not found and os.environ.get("CI") == "true":
        pytest.fail(f"{package} is not installed")
    return found or pytest.skip(f"{package} is not installed")


def run(*command: str | Path) -> str:
    """Return what a program says; fail where it ends with an error."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def promtool() -> str:
    return program("promtool", "prometheus")


@pytest.fixture
def amtool() -> str:
    return program("amtool", "prometheus-alertmanager")


@pytest.fixture
def alertmanager(tmp_path: Path) -> Mapping[str, str]:
    """Return the environment in which the script finds Debian's Alertmanager, under the name that it has elsewhere."""
    (tmp_path / "bin").mkdir()
    found = program("prometheus-alertmanager", "prometheus-alertmanager")
    (tmp_path / "bin" / "alertmanager").symlink_to(found)
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}


def written(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Have the script write its configuration and start what does nothing."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / "alertmanager").unlink(missing_ok=True)
    (folder / "bin" / "alertmanager").symlink_to("/bin/true")
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(folder), **given}
    script = ["sh", str(DEPLOY / "alertmanager.sh")]
    return subprocess.run(script, env=environment, capture_output=True, text=True, timeout=20, check=False)


def test_prometheus_takes_the_rules_and_its_configuration(promtool: str) -> None:
    run(promtool, "check", "rules", DEPLOY / "alerts.yaml")
    run(promtool, "check", "config", "--syntax-only", DEPLOY / "prometheus.yaml")


def test_each_alert_is_raised_by_what_it_is_for_and_nothing_else(promtool: str) -> None:
    run(promtool, "test", "rules", PLAYED)


def test_each_alert_is_played() -> None:
    rules = YAML(typ="safe").load(DEPLOY / "alerts.yaml")["groups"][0]["rules"]
    assert {rule["alert"] for rule in rules} == set(re.findall(r'alertname="(\w+)"', PLAYED.read_text("utf-8")))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nobody would be told"),
        ({"ALERT_ALIVE_URL": "https://watch.example.com"}, "nobody would be told"),
        (MAIL | {"ALERT_MAIL_FROM": ""}, "ALERT_MAIL_FROM is missing"),
        (MAIL | {"ALERT_MAIL_SERVER": ""}, "ALERT_MAIL_SERVER is missing"),
    ],
)
def test_it_does_not_start_where_nobody_would_be_told(tmp_path: Path, given: dict[str, str], words: str) -> None:
    ended = written(tmp_path, **given)
    assert (ended.returncode, words in ended.stderr) == (1, True)


@pytest.mark.parametrize(
    "given",
    [
        {"ALERT_WEBHOOK_URL": "https://ours.example.com/x?y='z'"},
        MAIL | {"ALERT_MAIL_USER": "h", "ALERT_MAIL_PASSWORD": r"it's: #\n \"{}"},
        MAIL | {"ALERT_WEBHOOK_URL": "https://ours.example.com", "ALERT_ALIVE_URL": "https://watch.example.com"},
    ],
)
def test_alertmanager_takes_what_is_written_for_it(tmp_path: Path, amtool: str, given: dict[str, str]) -> None:
    assert written(tmp_path, **given).returncode == 0
    file = tmp_path / "alertmanager.yaml"
    run(amtool, "check-config", file)
    assert file.stat().st_mode & 0o077 == 0
    for severity, who in {"page": "people", "look": "people", "alive": "alive"}.items():
        routed = run(amtool, "config", "routes", "test", f"--config.file={file}", f"severity={severity}")
        assert routed.split() == [who]
    people = next(one for one in YAML(typ="safe").load(file)["receivers"] if one["name"] == "people")
    mails = people.get("email_configs", [{}])[0]
    assert mails.get("auth_password", "") == given.get("ALERT_MAIL_PASSWORD", "")
    hooks = people.get("webhook_configs", [{}])[0]
    assert hooks.get("url", "") == given.get("ALERT_WEBHOOK_URL", "")


@pytest.fixture
def webhook() -> Iterator[tuple[str, Queue[Any]]]:
    """Give an address, and what is posted there."""
    told = Queue[Any]()

    class Told(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Told) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()


def test_an_alert_reaches_the_webhook_and_that_all_is_alive_does_not(
    tmp_path: Path, amtool: str, alertmanager: Mapping[str, str], webhook: tuple[str, Queue[Any]]
) -> None:
    url, told = webhook
    here = f"127.0.0.1:{free_port()}"
    flags = [f"--web.listen-address={here}", "--cluster.listen-address=", f"--storage.path={tmp_path}"]
    started = ["sh", str(DEPLOY / "alertmanager.sh"), *flags]
    environment = {**alertmanager, "ALERT_WEBHOOK_URL": url}
    with subprocess.Popen(started, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            add = [amtool, "alert", "add", f"--alertmanager.url=http://{here}"]

            def added(name: str, severity: str) -> bool:
                command = [*add, name, f"severity={severity}"]
                return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0

            awaited(lambda: added("HotlineAlive", "alive"), "it takes alerts")
            assert added("HotlineNoServers", "page")
            posted = told.get(timeout=CARRY)
        finally:
            process.terminate()
    assert [one["labels"]["alertname"] for one in posted["alerts"]] == ["HotlineNoServers"]
    assert told.empty()
