"""What callers hear: menus that can be used, holidays that are known, and recordings that say what they should."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from ivr import folders
from ivr.flow.spoken import lines
from ivr.operations.doctor.finding import Finding, warning, well, wrong
from ivr.operations.doctor.patient import Patient

AHEAD: Final = 60  # Days.
SHOWN: Final = 5


def menus(patient: Patient) -> Iterator[Finding]:
    """Yield whether the menus can be used, what is wrong with them, and whether their files were changed in vain."""
    flow, problems, files = patient.menus.answer()
    for problem in problems[:SHOWN]:
        do = "mend it at that line; `flask --app app menus check` names all such places"
        yield (warning if flow else wrong)("menus", str(problem), do)
    if flow and not problems:
        yield well("menus", f"{len(flow.nodes)} places, in {', '.join(flow.hotline.languages)}")
    yield from _in_vain(patient, files)


def _in_vain(patient: Patient, live: Mapping[str, str]) -> Iterator[Finding]:
    """Yield whether the folder was changed by somebody who never published: it is read at the first start only."""
    folder = patient.found.menus
    if patient.usable() and patient.database.published() == 1 and folders.menus(folder) not in ({}, live):
        words = f"the files in {folder.name}/ are not those that answer, which were read once, at the first start"
        yield warning("menus", words, "`flask --app app menus publish` lets them answer, `menus diff` says how")


def holidays(patient: Patient) -> Iterator[Finding]:
    """Yield whether the public holidays of the next 60 days are known."""
    if (flow := patient.flow()) is None:
        return
    today = patient.now().astimezone(flow.zone).date()
    if unknown := flow.schedule.unknown(today, AHEAD):
        words = f"the public holidays from {unknown[0]} on are not known yet, so the hotline would be open on them"
        yield warning("holidays", words, "enter them in hours.yaml or at /desk/menus once they are decreed")
    else:
        yield well("holidays", f"known for the next {AHEAD} days")


def prompts(patient: Patient) -> Iterator[Finding]:
    """Yield which prompts have no recording, though others have, or one that says other words."""
    if (flow := patient.flow()) is None:
        return
    states = Counter(line.state for line in lines(flow))
    do = "`flask --app app menus prompts` lists them; they are recorded beside a draft at /desk/menus"
    if states["outdated"]:
        yield warning("prompts", f"{states['outdated']} recordings say other words than the menus", do)
    if states["voice"] and states["recorded"]:
        words = f"{states['voice']} prompts have no recording, so that a synthetic voice speaks between people's"
        yield warning("prompts", words, do)
