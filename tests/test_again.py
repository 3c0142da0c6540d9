"""Of tests that failed in the last run, those that pass twice by themselves hold nothing up; all others do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest
from pathlib import Path

@pytest.mark.parametrize("name", {names})
@pytest.mark.xdist_group("some group")
def test_fails_so_often(name):
    runs = Path(name.replace("/", "-"))
    done = len(runs.read_text()) if runs.exists() else 0
    runs.write_text("." * (done + 1))
    assert done >= {times}
"""


def ran(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a module in this folder."""
    told = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", *command], cwd=folder, env=told, capture_output=True, text=True)


@pytest.mark.parametrize(("failures", "tests", "code"), [(1, 2, 0), (2, 1, 1), (1, 4, 1)])
def test_a_few_that_pass_twice_by_themselves_are_told_of(tmp_path: Path, failures: int, tests: int, code: int) -> None:
    names = [f"a@b {number} [c]/" for number in range(tests)]
    (tmp_path / "test_them.py").write_text(TESTS.format(names=names, times=failures))
    first = ran(tmp_path, "pytest", "-q", "-n1", "--dist", "loadgroup")
    assert first.returncode == 1, first.stdout
    again = ran(tmp_path, "tests.again")
    assert again.returncode == code, again.stdout
    assert again.stdout.count("FLAKY") == (tests if code == 0 else 0)
