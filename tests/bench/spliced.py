"""The shipped menus of a copy, so changed that callers who have a suspicious number checked ask the wallet."""

import shutil
from pathlib import Path
from typing import Final

from tests.asking import WORDS, asking

# The way to a look-up that needs no proof: what is keyed at each turn, and then the wallet is asked.
WAY: Final = ("5", "1", "2", "1069012345", "1")
# And the way to where callers prove who they are, in small menus of the tests.
PROVE: Final = ("2",)
LOOKUP: Final = """
checked:
  kind: lookup
  ask: ours
  outcomes: {yes: noted, no: noted, unknown: noted, unavailable: noted, slow: noted}
"""


def ask(folder: Path) -> None:
    """Change the menus below this folder."""
    menus = folder / "menus"
    hotline, matter, english = menus / "hotline.yaml", menus / "verify_call.yaml", menus / "languages" / "en-US.yaml"
    words = "".join(f'  {name}: "{zh}"\n' for name, (zh, _) in WORDS.items())
    _add(hotline, f"\nwallet:\n{words}")
    _add(english, "".join(f'hotline.wallet.{name}: "{en}"\n' for name, (_, en) in WORDS.items()))
    matter.write_text(matter.read_text("utf-8").replace("then: noted", "then: checked") + LOOKUP, "utf-8")


def prove(folder: Path) -> None:
    """Put small menus in which callers prove who they are in place of those below this folder."""
    shutil.rmtree(folder / "menus")
    for name, text in asking().items():
        file = folder / "menus" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _add(file: Path, text: str) -> None:
    file.write_text(file.read_text("utf-8") + text, "utf-8")
