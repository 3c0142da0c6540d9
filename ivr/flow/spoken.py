"""Which prompts a person has spoken, which wait for one, and which no recording can say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ivr.flow.flow import Flow

# A voice alone says it; a person does; a person said what was changed since; the sound is gone; the prompt is gone;
# its words name what differs from call to call; a key is named after them.
State = Literal["voice", "recorded", "outdated", "lost", "orphan", "gap", "key"]
MENDED: Final = ("outdated", "lost", "orphan")


@dataclass(frozen=True, slots=True)
class Line:
    """A prompt in one language: its words, how it stands, the name of its sound ("" for none), and what that says."""

    language: str
    place: str
    words: str
    state: State
    audio: str = ""
    was: str = ""

    @property
    def name(self) -> str:
        """What prompts.yaml calls it."""
        return f"{self.language}/{self.place}"


def places(flow: Flow) -> list[str]:
    """Return the places of all that callers hear, in the menus' order."""
    agents = {f"hotline.tongues.{language}" for language in flow.hotline.tongues}
    agents |= {f"{name}.matter" for name in flow.matters} | {f"queues.{name}.name" for name in flow.queues}
    agents |= {f"hotline.{'.'.join(path)}" for path, _ in flow.hotline.marked("unspoken")}
    agents |= {place for node in flow.nodes.values() for place in node.prompts("unspoken")}
    return [place for place in flow.words[flow.base] if place not in agents]


def lines(flow: Flow) -> list[Line]:
    """Return all prompts, each in every language; then the recordings of prompts that the menus no longer have."""
    heard, keyed = places(flow), _invitations(flow)
    known = [_line(flow, language, place, place in keyed) for place in heard for language in flow.words]
    return known + list(_orphans(flow, {line.name for line in known}))


def _invitations(flow: Flow) -> frozenset[str]:
    own = {f"hotline.{'.'.join(path)}" for path, _ in flow.hotline.marked("invitation")}
    return frozenset(own.union(*(node.prompts("invitation") for node in flow.nodes.values())))


def _line(flow: Flow, language: str, place: str, keyed: bool) -> Line:
    words, name = flow.words[language][place], f"{language}/{place}"
    spoken, audio = flow.spoken.get(name), flow.audio(language, place)
    if keyed or "{" in words:
        return Line(language, place, words, "key" if keyed else "gap")
    if spoken is None:
        return Line(language, place, words, "recorded" if audio else "voice", audio)
    if spoken.words != words:
        return Line(language, place, words, "outdated", spoken.audio, spoken.words)
    return Line(language, place, words, "recorded" if audio in flow.recorded else "lost", audio, words)


def _orphans(flow: Flow, known: set[str]) -> Iterator[Line]:
    for name, spoken in flow.spoken.items():
        if name not in known:
            language, _, place = name.partition("/")
            yield Line(language, place, "", "orphan", spoken.audio, spoken.words)
