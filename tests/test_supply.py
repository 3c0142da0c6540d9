"""The audit of what we are built on tells holes, and tells where it could not look; it never passes in silence."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests import audit
from tests.audit import NONE, NOT_LOOKED, PINNED, SOME, Kind, judged, kinds
from tests.world import ROOT

PYTHON, PAGES = kinds()
HOLE: Mapping[str, object] = {"id": "PYSEC-2019-132", "fix_versions": ["1.24.2"]}
OLD = {"dependencies": [{"name": "urllib3", "version": "1.24.1", "vulns": [HOLE]}]}
CLEAN = {"dependencies": [{"name": "flask", "version": "3.1.3", "vulns": []}]}
HOLED = {"dependencies": [{"name": "flask", "version": "3.1.3", "vulns": [HOLE]}]}
PASSED = {"dependencies": [{"name": "flask", "skip_reason": "Dependency not found and could not be audited"}]}

CASES: Mapping[str, tuple[Mapping[str, Any] | str, Mapping[str, Any] | str, int]] = {
    "advisories are reached and there are none": (OLD, CLEAN, NONE),
    "there is one": (OLD, HOLED, SOME),
    "no advisories are reached, which pip-audit passes": (PASSED, CLEAN, NOT_LOOKED),
    "a service that knows of nothing": (CLEAN, CLEAN, NOT_LOOKED),
    "nobody answers": ("Failed to resolve 'api.osv.dev'", CLEAN, NOT_LOOKED),
    "it breaks off after the probe": (OLD, "time-out", NOT_LOOKED),
    "some releases are passed over": (OLD, PASSED, NOT_LOOKED),
}


@pytest.mark.parametrize("case", CASES)
def test_holes_and_blindness_are_told_apart(case: str) -> None:
    probe, told, code = CASES[case]

    def ask(_service: str, pins: str) -> Mapping[str, Any] | str:
        return probe if pins == PYTHON.probe else told

    found, lines = judged(replace(PYTHON, ask=ask), "osv")
    assert found == code
    assert lines


def test_blindness_is_told_in_capitals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit, "asked", lambda *_: "Failed to resolve")
    monkeypatch.setattr(audit, "asked_of_pages", lambda *_: "Failed to resolve")
    assert audit.main() == NOT_LOOKED
    told = capsys.readouterr().out
    assert "NOT ALL WAS AUDITED" in told
    assert told.count("Failed to resolve") == 3


def test_what_is_put_into_the_container_is_what_was_tested_and_audited() -> None:
    lines = (ROOT / ".deploy" / "Dockerfile").read_text("utf-8").splitlines()
    installs, pinned = [line for line in lines if "pip install" in line], str(PINNED.relative_to(ROOT))
    assert installs
    assert all(f"--constraint {pinned} " in line for line in installs)
    assert f"COPY {pinned} {pinned}" in lines


def test_holes_count_more_than_blindness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "asked", lambda *_: "Failed to resolve")
    monkeypatch.setattr(audit, "asked_of_pages", lambda *_: HOLED)
    assert audit.main() == SOME


@pytest.mark.parametrize("kind", [PYTHON, PAGES], ids=lambda kind: kind.name)
def test_every_release_is_named_exactly_and_the_probe_is_none_of_them(kind: Kind) -> None:
    pins = kind.pins.split()
    assert len(pins) > 50
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._@/-]+==[0-9A-Za-z.-]+", pin)] == []
    assert kind.probe not in pins


class Advisories(BaseHTTPRequestHandler):
    """As OSV answers, after its documentation: of each query by its place, and what is known of one by its name."""

    def do_POST(self) -> None:
        """Tell the ids of what is known."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        old = {"package": {"name": "lodash", "ecosystem": "npm"}, "version": "4.17.4"}
        self._tell({"results": [{"vulns": [{"id": "GHSA-1", "modified": ""}]} if one == old else {} for one in asked]})

    def do_GET(self) -> None:
        """Tell one whole."""
        ranges = [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.5"}]}]
        mine = {"package": {"name": self.path.endswith("/GHSA-1") and "lodash", "ecosystem": "npm"}, "ranges": ranges}
        other = {"package": {"name": "lodash-es", "ecosystem": "npm"}, "ranges": [{"events": [{"fixed": "9"}]}]}
        self._tell({"id": "GHSA-1", "affected": [other, mine]})

    def _tell(self, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_pages_releases_are_asked_for_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(audit, "OSV", f"http://127.0.0.1:{server.server_port}/v1")
        assert judged(PAGES, "osv") == (
            NONE,
            [f"the pages, osv: {len(PAGES.pins.split())} releases audited, 0 known holes"],
        )
        code, lines = judged(replace(PAGES, pins="react==19.3.1\nlodash==4.17.4"), "osv")
        server.shutdown()
    assert (code, lines[0]) == (SOME, "lodash 4.17.4: GHSA-1, mended in 4.17.5")
    assert judged(PAGES, "osv")[0] == NOT_LOOKED  # Nobody is there any more.
