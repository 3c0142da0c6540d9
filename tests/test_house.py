"""House rules that no linter knows: lengths, Twilio's slow client, stubs."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([ROOT / "app.py", *(file for file in (ROOT / "ivr").rglob("*.py") if "node_modules" not in file.parts)])
LONGEST_FILE, LONGEST_FUNCTION = 300, 40


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, lines) of every function in a file."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_stay_short(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST_FILE
    assert [name for name, lines in functions(file) if lines >= LONGEST_FUNCTION] == []


def test_the_carriers_slow_client_is_imported_where_it_is_used() -> None:
    for file in FILES:
        for node in ast.parse(file.read_text("utf-8")).body:
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith("twilio.rest") for name in names), file


def test_every_module_says_what_lives_there() -> None:
    missing = [file for file in FILES if not ast.get_docstring(ast.parse(file.read_text("utf-8")))]
    assert [file for file in missing if "versions" not in file.parts] == []


if __name__ == "__main__":
    lengths = sorted(((lines, name, file) for file in FILES for name, lines in functions(file)), reverse=True)
    sizes = sorted(((len(file.read_text("utf-8").splitlines()), file) for file in FILES), reverse=True)
    print("longest function:", *lengths[0][:2], lengths[0][2].relative_to(ROOT))
    print("longest file:", sizes[0][0], sizes[0][1].relative_to(ROOT))


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is but one worker")
@pytest.mark.xdist_group("house")
def test_tests_of_a_group_are_given_to_one_worker(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@house"), "pytest-xdist takes no notice of groups"
