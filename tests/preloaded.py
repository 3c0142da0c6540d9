"""Imported last by the process from which others are forked: what it holds by then is theirs, too, and stays."""

import gc
from functools import lru_cache

from ivr import folders
from ivr.editor import reading
from ivr.flow.load import load
from ivr.flow.text import parse
from tests.once import with_parsed
from tests.world import ROOT

# To parse the texts of the menus is two thirds of a server's start, and a pure function.
parsed = lru_cache(256)(parse)
for reader in (load, reading.read):
    reader.__defaults__ = with_parsed(parsed, reader.__defaults__)
for told in folders.menus(ROOT / "menus").items():
    parsed(*told)

gc.collect()
gc.freeze()  # Else each of them would look through all of it, and so get a copy of all of it.
