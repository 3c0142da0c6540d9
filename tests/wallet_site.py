"""A desk whose small menus ask a wallet: callers prove who they are, hear why, and those under attack go first."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivr.desk.keeping import RULES
from ivr.flow.flow import Flow
from ivr.flow.inputs import Found, NotFound, Pressed
from ivr.flow.load import load
from ivr.flow.waits import Lookup
from tests.desk_site import Site, desk_site, hired
from tests.small import ENGLISH, HOTLINE, QUEUES, small

ACCOUNT = "8800000001"
PHONE = "+8613811112222"
PIN = "246810"
WRONG_PIN = "975318"
CODE = "864209"
HOLD = "6200000042"
HOLDER = {"holder": ACCOUNT, "registered": PHONE}
MARK = "正在被骗"
MARK_ENGLISH = "Under attack now"
TO_REASON = ("1", ACCOUNT, "1")  # frozen; who it is; by PIN
TO_FREEZE = ("2", ACCOUNT)  # under attack; who it is, upon which a code is sent
SKILLS = frozenset({"queue:accounts", "queue:fraud", "queue:general", "language:zh-CN", "language:en-US"})

ASKING = {
    "looking": ("请稍候。", "One moment."),
    "who": ("请输入账户号码或手机号。", "Enter your account number or phone."),
    "who_help": ("账户号码十位，手机号十一位。", "Ten digits, or eleven for a phone."),
    "by_pin": ("用 PIN 核实", "To prove it by PIN"),
    "by_code": ("用验证码核实", "To prove it by a code"),
    "pin": ("请输入 PIN。", "Enter your PIN."),
    "sent": ("验证码已发出。", "A code was sent."),
    "code": ("请输入验证码。", "Enter the code."),
    "again": ("重发", "To send it again"),
    "wrong_pin": ("号码或 PIN 不对。", "The number or the PIN is wrong."),
    "wrong_code": ("号码或验证码不对。", "The number or the code is wrong."),
    "pin_limited": ("PIN 现在不能试，改用验证码。", "No PIN now, so a code."),
    "code_limited": ("验证码现在不能试，改用 PIN。", "No code now, so the PIN."),
    "limited": ("现在不能核实。", "That cannot be done now."),
    "proven": ("核实好了。", "That is proven."),
}
MAIN = """start:
  kind: menu
  say: 您好。
  help: 请按一个数字。
  choices: {1: {for: 账户冻结, go: frozen}, 2: {for: 正在被骗, go: fraud}}
"""
FROZEN = """matter: 账户冻结
queue: accounts
start: {kind: verify, say: 先核实身份。, then: why, refused: person, unavailable: person}
why:
  kind: lookup
  ask: freeze_reason
  outcomes: {none: paid, attempts: paid, risk: paid, breach: paid, held: paid, unavailable: person, slow: person}
paid:
  kind: lookup
  ask: failed_payment
  nth: first
  outcomes:
    {balance: told, limit: told, network: told, merchant: told, card: told, none: told, unavailable: told, slow: told}
told: {kind: say, say: "账户{holder:digits}，手机{registered:digits}的情况，由人工说明。", then: person}
"""
FRAUD = """matter: 正在被骗
queue: fraud
start: {kind: mark, note: 正在被骗, then: prove}
prove: {kind: verify, first: code, then: freeze, refused: line, unavailable: line}
freeze:
  kind: lookup
  ask: freeze
  outcomes: {frozen: text, already: text, capped: line, unavailable: line, slow: line}
text:
  kind: sms
  to: registered
  text: "【钱包】账户{holder:plain}已冻结，编号{hold:plain}。"
  then: line
line:
  kind: agent
  first: true
  say: 马上为您转接。
  next: 您是下一位。
  ahead: 前面还有{ahead:counted}位。
  leave: 留言
  message: person.message
  ring: 回电
  callback: person.callback
  waited: person.full
  closed: person.closed
  full: person.full
  then: person.survey
"""
WORDS = {
    "main.start.say": "Hello.",
    "main.start.help": "Press a key.",
    "main.start.choices.frozen": "Account frozen",
    "main.start.choices.fraud": "Somebody is cheating me",
    "frozen.matter": "Account frozen",
    "frozen.start.say": "First, who are you?",
    "frozen.told.say": "A person tells about account {holder:digits}, phone {registered:digits}.",
    "fraud.matter": "Being cheated",
    "fraud.start.note": MARK_ENGLISH,
    "fraud.text.text": "[Wallet] Account {holder:plain} is frozen, number {hold:plain}.",
    "fraud.line.say": "Putting you through at once.",
    "fraud.line.next": "You are next.",
    "fraud.line.ahead": "There are {ahead:counted} ahead of you.",
    "fraud.line.leave": "To leave a message",
    "fraud.line.ring": "To be called back",
    "queues.fraud.name": "Fraud",
} | {f"hotline.wallet.{name}": english for name, (_, english) in ASKING.items()}


def menus(**changed: str) -> dict[str, str]:
    """Return the files of the menus."""
    wallet = "wallet:\n" + "".join(f'  {name}: "{chinese}"\n' for name, (chinese, _) in ASKING.items())
    kept = {place: words for place, words in ENGLISH.items() if not place.startswith(("main.", "frozen."))}
    english = "".join(f'{place}: "{words}"\n' for place, words in (kept | WORDS).items())
    hours = small()["hours.yaml"].replace("queues:\n", 'queues:\n  fraud: {monday-sunday: "00:00-24:00"}\n')
    files = {"hotline": HOTLINE + wallet, "main": MAIN, "frozen": FROZEN, "fraud": FRAUD, "hours": hours}
    files |= {"queues": f"{QUEUES}fraud: {{name: 反诈骗, priority: 1}}\n", "languages/en-US": english}
    return dict(small(**(files | changed)))


@dataclass
class Teller:
    """A wallet that answers at once, as it was told to; None has the caller wait."""

    answers: dict[str, Found | NotFound | None] = field(default_factory=dict)
    asked: list[Lookup] = field(default_factory=list)
    late: Callable[[Found | NotFound], object] = print

    def ask(
        self, call: str, turn: int, lookup: Lookup, caller: str, late: Callable[[Found | NotFound], object]
    ) -> Found | NotFound | None:
        """Answer; a PIN or code is right if it is ours."""
        self.asked.append(lookup)
        self.late = late
        about = dict(lookup.about)
        if lookup.question in self.answers:
            return self.answers[lookup.question]
        match lookup.question:
            case "check_pin" | "check_code" as check:
                secret = about[check.removeprefix("check_")]
                right = getattr(secret, "reveal", str)() in (PIN, CODE)
                return Found(HOLDER, "right") if right else Found({}, "wrong")
            case "send_code":
                return Found({}, "sent")
            case "freeze_reason":
                return Found({"until": "2026-11-24T18:30:00+08:00"}, "attempts")
            case "failed_payment":
                return Found({"paid": "1288050", "paid_on": "2026-11-20"}, "balance")
            case "freeze":
                return Found({"hold": HOLD, "until": "2026-11-24T18:30:00+08:00"}, "frozen")
        return NotFound("unavailable")


def wallet_site(
    folder: Path, url: str, clock: Callable[[], object], teller: Teller, database: str = "", **changed: str
) -> Site:
    """Return a desk whose callers hear these menus."""
    site = desk_site(folder, url, clock, database, RULES)  # type: ignore[arg-type]
    library, files = site.publishing.library, menus(**changed)
    version = library.keep(files, site.clock())
    library.publish(version, "", site.clock(), "wallet", site.publishing.live.now.id)
    site.publishing.live.look()
    assert "fraud.line" in site.publishing.live.flow.nodes
    site.flow = site.publishing.live.flow
    site.hotline = replace(site.hotline, teller=teller)
    return site


def hire(site: Site, name: str = "alice", *roles: str) -> str:
    """Add a person who can serve all of these queues; return the password."""
    return hired(site.app, site.staff, name, *roles, skills=SKILLS)


def keyed(site: Site, call_id: str, *keys: str) -> None:
    """Go on with a call by these keys, one turn each."""
    for key in keys:
        stored = site.hotline.journal.call(call_id)
        assert stored
        site.hotline.hear(call_id, f"turn/{stored.call.turn}", Pressed(key))


def called(site: Site, *keys: str, caller: str = "+8613812345678") -> str:
    """Ring and press these keys; return the call's id."""
    call_id = site.call(caller=caller)
    keyed(site, call_id, *keys)
    return call_id


def flow() -> Flow:
    """Return the menus, read."""
    found, problems = load(menus(), frozenset())
    assert found, problems
    return found
