"""Small hotlines wired by chance, with and without traps planted in them, for proving the proof."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.load import Reading
from ivr.flow.questions import QUESTIONS
from ivr.flow.text import parse
from tests.asking import WORDS
from tests.small import HOTLINE, QUEUES, small

HOURS: Final = """queues:
  general: {monday-friday: "09:00-18:00"}
  accounts: {monday-friday: "13:00-18:00"}
"""
PERSON: Final = """start: {kind: hours, open: line, closed: closed}
line:
  {kind: agent, say: 正在转接。, next: 您是下一位。, ahead: "{ahead:counted}位。", leave: 留言, message: message,
   ring: 回电, callback: message, waited: closed, closed: closed, full: closed, then: survey}
closed: {kind: menu, say: 现在休息。, choices: {1: {for: 留言, go: message}}, missed: message}
survey: {kind: survey, say: 请打分。, remark: 请讲。, then: goodbye}
message: {kind: voicemail, say: 请留言。, then: goodbye}
goodbye: {kind: hangup, say: 再见。}
enough: {kind: hours, open: line, closed: message}
"""
CALLBACK: Final = """back:
  {kind: callback, say: 回电。, yours: "{keyed:digits}。", this: 是, other: 否, ask: 号码。, help: 加区号。,
   refused: 不行。, soon: 好。, later: 好。, then: goodbye}
"""
FROZEN: Final = "matter: 账户冻结\nqueue: accounts\n"
START: Final = "start: {kind: menu, say: 您好。, choices: {1: {for: 一, go: frozen}, 2: {for: 二, go: more}}}\n"
MORE: Final = "more: {kind: menu, say: 请选。, choices: {1: {for: 一, go: person}, 2: {for: 二, go: frozen}}}\n"
HELPFUL: Final = ("person", "person.message", "person.enough")
ANYWHERE: Final = (*HELPFUL, "person.goodbye", "person.closed", "main.start", "frozen.start")
ONE: Final = HOTLINE.replace(", en-US: Polly.Joanna-Neural", "").replace(", en-US: 英语", "")
WALLET: Final = "wallet:\n" + "".join(f'  {name}: "{zh}"\n' for name, (zh, _) in WORDS.items())
# Who is proven, and what the wallet is asked then: each answer leads somewhere that helps.
PROVE: Final = "start: {kind: verify, then: look, refused: person, unavailable: person}\n"
LOOK: Final = """look:
  kind: lookup
  ask: freeze
  outcomes: {frozen: noted, already: noted, capped: person, unavailable: person, slow: person}
noted: {kind: mark, note: 要小心。, then: texted}
texted: {kind: sms, to: registered, text: 好。, then: person}
"""
Files = dict[str, str]


@dataclass(frozen=True)
class Wired:
    """A hotline made by chance: by which number, with what planted in it, and its files."""

    number: int
    planted: str
    files: Files

    def flow(self) -> Flow:
        """Return the flow, whatever problems `load` would tell of."""
        return unchecked(self.files)


def unchecked(files: Files) -> Flow:
    """Return the flow that files make, good or not; raise ValueError where they make none."""
    reading = Reading({name: parse(name, text)[0] for name, text in files.items()}, [])
    hotline, schedule = reading.hotline, reading.schedule
    if hotline is None or schedule is None:
        raise ValueError(str(reading.problems))
    nodes, matters = reading.nodes(), reading.matters()
    return Flow(hotline, nodes, reading.words(hotline, nodes, matters), schedule, reading.queues, matters)


def wired(number: int) -> Wired:
    """Return the hotline of this number: one of three is as it should be, one has a trap, one is made by chance."""
    chance = Random(number)
    files = _sound(chance)
    if number % 3 == 0:
        return Wired(number, "", files)
    if number % 3 == 1:
        name = [*TRAPS][number // 3 % len(TRAPS)]
        return Wired(number, name, TRAPS[name](files, chance))
    # Few prompts beside these, as whoever tries everything comes by them in every order.
    files["person.yaml"] = files["person.yaml"].replace("open: line, closed: closed", "open: line, closed: message")
    files["frozen.yaml"] = f"{FROZEN}start: {{kind: say, say: 好。, then: person}}\n"
    files["hotline.yaml"] = files["hotline.yaml"].replace("misses: 2", "misses: 1")
    return Wired(number, "by chance", files | {"main.yaml": _any(chance)})


def _sound(chance: Random) -> Files:
    hotline = ONE.replace("misses: 3", f"misses: {chance.choice((1, 1, 1, 2))}") + WALLET
    files = dict(small(hotline=hotline, hours=HOURS, queues=QUEUES, person=PERSON, main=START + MORE, frozen=FROZEN))
    files.pop("languages/en-US.yaml")
    files["frozen.yaml"] += chance.choice(
        (
            "start: {kind: say, say: 好。, then: person}\n",
            "start: {kind: menu, say: 选。, choices: {1: {for: 一, go: person}, 2: {for: 二, go: main}}}\n",
            'start: {kind: collect, name: no, say: 号。, help: 四位。, digits: "4", then: person}\n',
            "start: {kind: hours, open: person, closed: person.message}\n",
            PROVE + LOOK,
        )
    )
    if "verify" in files["frozen.yaml"]:
        # Who proves who they are has many steps of their own, which whoever tries everything takes in every order.
        return _briefly(files)
    if chance.random() < 0.3:
        files["person.yaml"] = files["person.yaml"].replace("callback: message", "callback: back") + CALLBACK
    if chance.random() < 0.3:
        files["person.yaml"] = files["person.yaml"].replace("then: survey", "bye: 再见。").replace("survey:", "unused:")
    if chance.random() < 0.3:
        files["person.yaml"] = files["person.yaml"].replace("then: goodbye}\ngoodbye", "then: main.start}\ngoodbye")
    return files


def _briefly(files: Files) -> Files:
    """Return the files with as few misses as can be, and no survey."""
    person = files["person.yaml"].replace("then: survey", "bye: 再见。").replace("survey:", "unused:")
    hotline = files["hotline.yaml"].replace("misses: 2", "misses: 1")
    return files | {"person.yaml": person, "hotline.yaml": hotline}


def _any(chance: Random) -> str:
    """Return main.yaml by chance: some nodes that lead to one another, to a person and to a goodbye."""
    names = ["start", *(f"n{number}" for number in range(chance.randint(1, 2)))]
    return "".join(f"{name}: {{{_node(name, names, chance)}}}\n" for name in names)


def _node(name: str, names: list[str], chance: Random) -> str:
    def to() -> str:
        return chance.choice([*names, *ANYWHERE] if chance.random() < 0.7 else HELPFUL)

    missed = f", missed: {to()}" if chance.random() < 0.5 else ""
    match (
        "menu"
        if name == "start"
        else chance.choice(("menu", "menu", "say", "hours", "survey", "collect", "lookup", "mark"))
    ):
        case "menu":
            ways = enumerate(sorted({to() for _ in range(chance.randint(1, 3))}), 1)
            return f"kind: menu, say: 请选。, choices: {{{', '.join(_choice(*way) for way in ways)}}}{missed}"
        case "say":
            return f"kind: say, say: 好。, then: {to()}"
        case "hours":
            queue = chance.choice(("", ", queue: accounts"))
            return f"kind: hours, open: {to()}, closed: {to()}{queue}"
        case "lookup":
            ask = chance.choice(("ours", "ours", "account", "refund"))
            ways = ", ".join(f"{one}: {to()}" for one in QUESTIONS[ask].all)
            return f"kind: lookup, ask: {ask}, outcomes: {{{ways}}}"
        case "mark":
            return f"kind: mark, note: 要小心。, then: {to()}"
        case "survey":
            return f"kind: survey, say: 打分。, remark: 请讲。, then: {to()}"
        case _:
            number = chance.choice(("no", "suspect", "suspect"))
            return f'kind: collect, name: {number}, say: 号。, help: 四位。, digits: "4", then: {to()}{missed}'


def _choice(key: int, go: str) -> str:
    return f"{key}: {{for: 第{key}项, go: {go}}}"


def _swap(file: str, *pairs: tuple[str, str]) -> Callable[[Files, Random], Files]:
    """Return what plants a trap by writing one of these words for others, all of which must stand there."""

    def plant(files: Files, chance: Random) -> Files:
        old, new = chance.choice(pairs)
        if old not in files[file]:
            raise ValueError(f"{file} has no {old!r}")
        return files | {file: files[file].replace(old, new, 1)}

    return plant


def _more(*nodes: str) -> Callable[[Files, Random], Files]:
    """Return what plants a trap by having one of these nodes, or some, for the second menu."""

    def plant(files: Files, chance: Random) -> Files:
        return files | {"main.yaml": START + chance.choice(nodes)}

    return plant


# The wallet is asked about a number that is keyed; for what comes of that, ways are planted.
OURS: Final = """more: {kind: collect, name: suspect, say: 号。, help: 四位。, digits: "4", then: ours}
ours: {kind: lookup, ask: ours, outcomes: {yes: person, no: person, unknown: person, unavailable: AWAY, slow: SLOW}}
"""
SAYS: Final = "".join(f"s{number}: {{kind: say, say: 一。, then: s{number + 1}}}\n" for number in range(1, 32))
TRAPS: Final[dict[str, Callable[[Files, Random], Files]]] = {
    "a round of misses": _more(
        MORE.replace("}}}\n", "}}, missed: more}\n"),
        MORE.replace("}}}\n", "}}, missed: other}\n")
        + MORE.replace("more:", "other:").replace("}}}\n", "}}, missed: more}\n"),
    ),
    "a round when closed": _more(
        MORE.replace("}}}\n", "}}, missed: gate}\n") + "gate: {kind: hours, open: person, closed: more}\n",
    ),
    "cut off after misses": _more(
        MORE.replace("}}}\n", "}}, missed: person.goodbye}\n"),
        'more: {kind: collect, name: no, say: 号。, help: 四位。, digits: "4", then: person, missed: person.goodbye}\n',
    ),
    "a survey before any talk": _more("more: {kind: survey, say: 打分。, remark: 请讲。, then: person.goodbye}\n"),
    "missing person": _swap("hotline.yaml", ("person: person\n", "person: person.goodbye\n")),
    "too deep": _swap("hotline.yaml", ("person: person\n", "person: main\n")),
    "full to goodbye": _swap(
        "person.yaml",
        ("full: closed", "full: goodbye"),
        ("waited: closed", "waited: goodbye"),
        ("留言, go: message}}, missed: message", "留言, go: message}}, missed: goodbye"),
    ),
    "closed to nowhere": _swap(
        "person.yaml",
        ("open: line, closed: closed", "open: line, closed: goodbye"),
        ("closed: message}", "closed: goodbye}"),
    ),
    "a choice that is closed to nowhere": _more("more: {kind: hours, open: person, closed: person.goodbye}\n"),
    "too many steps": _more(
        "more: {kind: say, say: 一。, then: s1}\n" + SAYS + "s32: {kind: say, say: 一。, then: person}\n"
    ),
    "a round that asks nothing": _more(
        "more: {kind: say, say: 一。, then: other}\nother: {kind: say, say: 二。, then: more}\n"
    ),
    "a place that is missing": _more("more: {kind: say, say: 一。, then: nowhere}\n"),
    "an outcome that cuts off": _more(
        OURS.replace("AWAY", "person.goodbye").replace("SLOW", "person"),
        OURS.replace("AWAY", "person").replace("SLOW", "person").replace("yes: person", "yes: person.goodbye"),
    ),
    "a missing outcome": _more(OURS.replace("unavailable: AWAY, ", "").replace("SLOW", "person")),
    "a wallet that is asked for ever": _more(
        OURS.replace("AWAY", "ours").replace("SLOW", "person"),
        OURS.replace("AWAY", "person").replace("SLOW", "wait") + "wait: {kind: say, say: 等。, then: ours}\n",
    ),
    "a wallet that leads round": _more(
        OURS.replace("AWAY", "other").replace("SLOW", "person")
        + MORE.replace("more:", "other:").replace("}}}\n", "}}, missed: ours}\n"),
        OURS.replace("AWAY", "more").replace("SLOW", "person").replace("then: ours}", "then: ours, missed: gate}")
        + "gate: {kind: lookup, ask: freeze_reason, outcomes: {unavailable: more}}\n",
    ),
    "nobody proven": lambda files, chance: files | {"frozen.yaml": FROZEN + LOOK.replace("look:", "start:", 1)},
    "nothing to ask about": _more("more: {kind: lookup, ask: ours, outcomes: {unavailable: person, slow: person}}\n"),
    "proven to nowhere": lambda files, chance: (
        _briefly(files | {"person.yaml": PERSON})
        | {"frozen.yaml": FROZEN + PROVE.replace("refused: person", "refused: person.goodbye") + LOOK}
    ),
    "a mark that leads round": _more(
        "more: {kind: mark, note: 好。, then: other}\nother: {kind: sms, text: 好。, then: more}\n"
    ),
    "an urgent matter too deep": lambda files, chance: (
        files
        | {
            "queues.yaml": QUEUES.replace("账户, ", "账户, priority: 1, "),
            "main.yaml": START.replace("go: frozen", "go: person") + MORE,
        }
    ),
}
