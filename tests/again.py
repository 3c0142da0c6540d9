"""Run twice more, alone, what failed amid all other tests: `python -m tests.again`.

A test that waits for a browser, a sound or a process may fail once in a thousand runs, and among thousands of tests
one does in every other run. A few such hold no change up if they pass twice by themselves, but are told of, to be
mended. It ends with 1 where one fails again, or where more failed than have bad luck.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

MOST: Final = 3
TIMES: Final = 2
FAILED: Final = Path(".pytest_cache/v/cache/lastfailed")
GROUP: Final = re.compile(r"@[^\]@]*$")  # As pytest-xdist calls a test that has to run on a certain worker.


def failed() -> list[str]:
    """Return the names of the tests that failed in the last run here."""
    return sorted({GROUP.sub("", name) for name in json.loads(FAILED.read_text("utf-8"))})


def main() -> int:
    """Run them, and tell what became of them; return what to end with."""
    names = failed()
    if not 0 < len(names) <= MOST:
        print(f"{len(names)} tests failed: no more than {MOST} are run again")
        return 1
    for _ in range(TIMES):
        if subprocess.run([sys.executable, "-m", "pytest", "-n0", *names]).returncode:
            return 1
    for name in names:
        print(f"FLAKY, TO BE MENDED: {name} failed once, and passed {TIMES} times by itself", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
