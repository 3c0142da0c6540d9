"""What the journal tells of proof, wallet, marks and SMS, in the words of whoever reads it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.console import card, known, office
from ivr.console.known import Asked, Proof
from ivr.console.texts import TEXTS, language
from ivr.flow.events import Ended, Event, Heard, Learned, Texted, Waiting
from ivr.flow.flow import Flow
from ivr.flow.identity import PROVEN, TRIES
from ivr.flow.inputs import Found, NotFound
from ivr.flow.names import mark_name, matter_name
from ivr.flow.nodes.mark import MARK
from ivr.flow.nodes.verify import MOST
from ivr.flow.questions import QUESTIONS, SLOW
from ivr.flow.waits import Lookup

NOTHING = "–"
Told = tuple[str, str]  # Who tells it (wallet, proof, sms, mark), and the words.


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a caller: whether they are `proven` or were `refused`, in words, too; questions with answers.

    `marks` are words for what the caller is in, `texts` the SMS to them, numbers masked.
    """

    proof: str
    proven: bool
    refused: bool
    answers: tuple[tuple[str, str], ...]
    marks: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever reads it: in the page's words, and the words of these menus in the language nearest to the page's.

    `sorts` says what the facts of these menus are, by name, and `hidden` which of them are masked.
    """

    flow: Flow
    t: Mapping[str, str]
    spoken: str
    sorts: Mapping[str, str]
    hidden: frozenset[str]

    def known(self, events: Sequence[Event]) -> Known:
        """Return what is known of the caller; of the proof's own questions only those that went wrong."""
        proof, numbers = known.proof(self.flow, events), _numbers(events)
        return Known(
            proof=self.proof(proof) if proof else "",
            proven=bool(proof and proof.proven),
            refused=bool(proof and proof.refused),
            answers=tuple((self.question(one), self.answer(one)) for one in known.asked(events) if not one.proves),
            marks=tuple(map(self.mark, known.marks(events))),
            texts=tuple(self.sms(one, numbers) for one in known.texts(events)),
        )

    def proof(self, proof: Proof) -> str:
        """Return whether the caller proved who they are, and how."""
        words = self.t[f"proof_{proof.by}"]
        if not proof.wrong or proof.by == "tries":
            return words
        return f"{words} · {self.t['proof_wrong'].format(count=proof.wrong)}"

    def question(self, one: Asked) -> str:
        """Return what was asked; what is masked of what was keyed is masked here, too."""
        asked = self.t.get(f"ask_{one.question}", one.question)
        about = {name: card.shown(self.sorts.get(name, ""), value, self.flow.zone) for name, value in one.about.items()}
        about = {name: card.masked(text) if name in self.hidden else text for name, text in about.items()}
        return _filled(asked, about | {"matter": matter_name(self.flow, self.spoken, one.about.get("matter", ""))})

    def answer(self, one: Asked) -> str:
        """Return what the wallet answered; an outcome that no release knows of by its own name."""
        question = QUESTIONS.get(one.question)
        sorts = question.outcomes.get(one.answer, {}) if question else {}
        own, acts = f"answer_{one.question}_{one.answer}", bool(question and question.acts)
        common = f"answer_{one.answer}{'_act' if acts and one.answer == SLOW else ''}"
        facts = {name: card.shown(sorts.get(name, ""), value, self.flow.zone) for name, value in one.facts.items()}
        return _filled(self.t.get(own) or self.t.get(common, one.answer), facts)

    def mark(self, place: str) -> str:
        """Return the words of a mark, by their place in the menus."""
        return mark_name(self.flow, self.spoken, place) or self.t["mark_none"]

    def sms(self, sent: Texted, numbers: Iterable[str]) -> str:
        """Return to whom an SMS went, and its words; the numbers of accounts and phones are masked in them."""
        words = sent.words
        for number in numbers:
            words = card.covered(words, number, sent.language)
        return self.t["sms_to"].format(number=card.masked(sent.number), words=words)


def reader(flow: Flow) -> Reader:
    """Return who reads the page that is asked for."""
    sorts = {name: sort for node in flow.nodes.values() for name, sort in node.learns().items()}
    return Reader(flow, TEXTS[language()], office.spoken(flow), sorts, card.hidden(flow))


@dataclass
class Aside:
    """Tells, event by event, what a call came to that its caller did not hear."""

    reader: Reader
    before: list[Event] = field(default_factory=list)  # Since the wallet was asked last.
    asked: dict[str, Event] = field(default_factory=dict)  # The last of each question.
    numbers: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> Iterator[Told]:
        """Yield what this event tells, in words."""
        r = self.reader
        match event:
            case Waiting(Lookup(question)):
                self.before = [event]
                self.asked[question] = event
            case Heard(Found(late=question)) if question and self.asked.get(question) not in self.before:
                yield from self._told([self.asked[question], event] if question in self.asked else [event])
            case Heard(Found() | NotFound()) | Ended() if self.before:
                yield from self._answered(event)
            case Learned(name, value) if name == PROVEN and value in ("pin", "code"):
                yield "proof", r.t[f"proof_{value}"]
            case Learned(name, value) if name == TRIES and value == str(MOST):
                yield "proof", r.t["proof_tries"]
            case Learned(name, value) if name == MARK and value:
                yield "mark", r.mark(value)
            case Learned(name, value) if name in card.IDENTITY and value:
                self.numbers.add(value)
            case Texted():
                yield "sms", r.sms(event, self.numbers)

    def _answered(self, event: Event) -> Iterator[Told]:
        """Yield the answer, or that there was none up to the end; it may yet come."""
        yield from self._told([*self.before, event])
        self.before = self.before if isinstance(event, Ended) else []

    def _told(self, events: Iterable[Event]) -> Iterator[Told]:
        r = self.reader
        for one in known.asked(events):
            yield "wallet", f"{r.question(one)}{r.t['colon']}{r.answer(one)}"


def _numbers(events: Iterable[Event]) -> set[str]:
    """Return the numbers by which the caller's account is known."""
    return {
        event.value for event in events if isinstance(event, Learned) and event.name in card.IDENTITY and event.value
    }


def _filled(words: str, facts: Mapping[str, str]) -> str:
    return words.format_map(defaultdict(lambda: NOTHING, facts))
