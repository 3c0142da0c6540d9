"""How menus are read where they are to answer calls: the carrier must have their voices, and the house their sounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.flow.flow import Flow
from ivr.flow.load import Parse, load
from ivr.flow.problem import Problem
from ivr.flow.text import parse
from ivr.telephony import voices


@dataclass(frozen=True, slots=True)
class Here:
    """What there is where menus are to answer: sounds of prompts that people spoke, and files to wait by.

    `music` is None where nobody looked. `prefixes` are how numbers must begin that may be rung.
    """

    recorded: frozenset[str]
    music: frozenset[str] | None
    prefixes: tuple[str, ...]


def read(
    files: Mapping[str, str], here: Here, parse: Parse = parse, *, judged: bool = True
) -> tuple[Flow | None, list[Problem]]:
    """Return the flow that files make here, or None and every problem; menus that answered before are not `judged`."""
    flow, problems = load(files, here.recorded, here.music, parse, judged=judged)
    if flow is None:
        return None, problems
    wrong = voices.unknown(flow.hotline.languages)
    wrong += [
        f"call backs to {prefix} are offered, which ALLOWED_PREFIXES does not allow"
        for prefix in flow.hotline.callbacks.prefixes
        if not prefix.startswith(here.prefixes)
    ]
    return (None if wrong else flow), [Problem("hotline.yaml", 1, words) for words in wrong]
