"""The audit of what we are built on tells holes, and tells where it could not look; it never passes in silence."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests import audit
from tests.audit import NONE, NOT_LOOKED, PINNED, PROBE, SOME, judged

HOLE = {"id": "PYSEC-2019-132", "fix_versions": ["1.24.2"]}
OLD = {"dependencies": [{"name": PROBE[0], "version": PROBE[1], "vulns": [HOLE]}]}
CLEAN = {"dependencies": [{"name": "flask", "version": "3.1.3", "vulns": []}]}
HOLED = {"dependencies": [{"name": "flask", "version": "3.1.3", "vulns": [HOLE]}]}
PASSED = {"dependencies": [{"name": "flask", "skip_reason": "Dependency not found and could not be audited"}]}

CASES = {
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
        return probe if pins == "==".join(PROBE) else told

    found, lines = judged("osv", ask)
    assert found == code
    assert lines


def test_blindness_is_told_in_capitals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(audit, "asked", lambda *_: "Failed to resolve")
    assert audit.main() == NOT_LOOKED
    told = capsys.readouterr().out
    assert "NOTHING WAS AUDITED" in told
    assert told.count("Failed to resolve") == 2


def test_every_release_is_named_exactly_and_the_probe_is_none_of_them() -> None:
    pins = PINNED.read_text("utf-8").split()
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9A-Za-z.]+", pin)] == []
    assert "==".join(PROBE) not in pins
