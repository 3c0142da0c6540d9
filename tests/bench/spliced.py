"""Menus that ask the wallet, for servers of the bench, and what is keyed on the way to each question."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ivr.flow.inputs import Found, Pressed
from ivr.flow.load import load
from tests.asking import WORDS, asking
from tests.faults.dead_wallet import ways
from tests.world import OPEN, ROOT

LOOKUP: Final = """
checked:
  kind: lookup
  ask: ours
  outcomes: {yes: noted, no: noted, unknown: noted, unavailable: noted, slow: noted}
"""


def with_lookup(menus: Path) -> Path:
    """Make a folder of the shipped menus; where those do not, have them ask whether a suspicious number is ours."""
    shutil.copytree(ROOT / "menus", menus)
    hotline, matter, english = menus / "hotline.yaml", menus / "verify_call.yaml", menus / "languages" / "en-US.yaml"
    if "wallet:" not in hotline.read_text("utf-8"):
        _add(hotline, "\nwallet:\n" + "".join(f'  {name}: "{zh}"\n' for name, (zh, _) in WORDS.items()))
        _add(english, "".join(f'hotline.wallet.{name}: "{en}"\n' for name, (_, en) in WORDS.items()))
    if "ask: ours" not in matter.read_text("utf-8"):
        matter.write_text(matter.read_text("utf-8").replace("then: noted", "then: checked") + LOOKUP, "utf-8")
    return menus


def with_proof(menus: Path) -> Path:
    """Make a folder of menus in which callers prove who they are: the shipped ones, or small ones else."""
    if any("kind: verify" in file.read_text("utf-8") for file in (ROOT / "menus").glob("*.yaml")):
        return Path(shutil.copytree(ROOT / "menus", menus))
    for name, text in asking().items():
        file = menus / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return menus


def _add(file: Path, text: str) -> None:
    file.write_text(file.read_text("utf-8") + text, "utf-8")


def put(menus: Path) -> Callable[[Path], None]:
    """Return what puts these menus in place of those of a server's folder."""

    def change(folder: Path) -> None:
        shutil.rmtree(folder / "menus")
        shutil.copytree(menus, folder / "menus")

    return change


def way(menus: Path, question: str) -> list[tuple[str, bool]]:
    """Return what is keyed on the way to a question with the fewest others, and after which keys it asks."""
    texts = {str(file.relative_to(menus)): file.read_text("utf-8") for file in menus.rglob("*.yaml")}
    flow, problems = load(texts)
    if flow is None:
        raise ValueError(f"the menus cannot be used: {problems}")
    known = (one for one in ways(flow, OPEN) if one.question == question)
    heard = min(known, key=lambda one: (len(one.answers), len(one.heard))).heard
    after = [*heard[1:], Found({}, "")]
    return [
        (str(one.keys), isinstance(then, Found))
        for one, then in zip(heard, after, strict=True)
        if isinstance(one, Pressed)
    ]
