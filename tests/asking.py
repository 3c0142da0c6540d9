"""Small menus that ask the wallet, and a wallet that a test answers for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event

from ivr.flow.inputs import Found, NotFound
from ivr.flow.questions import answers
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from tests.small import ENGLISH, HOTLINE, MAIN, small

WORDS = {
    "looking": ("请稍候。", "One moment, please."),
    "who": ("请输入账户号码或注册手机号。", "Enter your account number or registered phone."),
    "who_help": ("账户号码是十位数字。", "An account number has ten digits."),
    "by_pin": ("用支付密码", "To use your PIN"),
    "by_code": ("收短信验证码", "To get a code"),
    "pin": ("请输入六位支付密码。", "Enter your PIN of six digits."),
    "sent": ("验证码已经发出。", "A code is on its way."),
    "code": ("请输入六位验证码。", "Enter the code of six digits."),
    "again": ("再发一次", "To get another code"),
    "wrong_pin": ("号码或密码不对。", "The number or the PIN is not right."),
    "wrong_code": ("号码或验证码不对。", "The number or the code is not right."),
    "pin_limited": ("密码现在不能试，改用验证码。", "PINs cannot be tried now, so by a code."),
    "code_limited": ("验证码现在不能试，改用密码。", "Codes cannot be tried now, so by your PIN."),
    "limited": ("试的次数太多了。", "That was tried too often."),
    "proven": ("核实好了。", "Thank you, that is right."),
}
MONEY = """matter: 提现失败
queue: accounts
start: {kind: verify, then: last, refused: person, unavailable: person}
last:
  kind: lookup
  ask: withdrawal
  outcomes:
    paid: paid
    pending: paid
    identity: paid
    over_once: over
    over_day: over
    frozen: paid
    inactive: paid
    channel: paid
    none: paid
    unavailable: person
    slow: person
paid: {kind: say, say: 提现已经到账。, then: next}
over: {kind: say, say: "您要提{asked:amount}，单笔最多{once:amount}。", then: next}
next:
  kind: menu
  say: 还要做什么？
  choices: {1: {for: 冻结, go: hold}, 2: {for: 再查一次, go: last}}
hold:
  kind: lookup
  ask: freeze
  outcomes: {frozen: held, already: held, capped: person, unavailable: person, slow: person}
held: {kind: say, say: "已登记，受理编号{hold:digits}。", then: texted}
texted:
  kind: sms
  to: registered
  text: "【钱包】受理编号{hold:plain}"
  say: 短信已发。
  none: 发不了短信。
  then: next
"""
MONEY_EN = {
    "money.matter": "Withdrawal failed",
    "money.paid.say": "It was paid.",
    "money.over.say": "You asked for {asked:amount}, at most {once:amount} at once.",
    "money.next.say": "What next?",
    "money.next.choices.hold": "To freeze",
    "money.next.choices.last": "To look again",
    "money.held.say": "Noted, your receipt is {hold:digits}.",
    "money.texted.text": "[Wallet] receipt {hold:plain}",
    "money.texted.say": "A message was sent.",
    "money.texted.none": "No message can be sent.",
    "main.start.choices.money": "Withdrawal failed",
} | {f"hotline.wallet.{name}": en for name, (_, en) in WORDS.items()}


def asking(money: str = MONEY) -> Mapping[str, str]:
    """Return the files of a small hotline with a matter about which the wallet is asked."""
    wallet = "".join(f'  {name}: "{zh}"\n' for name, (zh, _) in WORDS.items())
    return small(
        hotline=f"{HOTLINE}wallet:\n{wallet}",
        main=MAIN.replace("    8:", "    2: {for: 提现失败, go: money}\n    8:"),
        money=money,
        **{"languages/en-US": "".join(f'{place}: "{words}"\n' for place, words in (ENGLISH | MONEY_EN).items())},
    )


@dataclass
class Wallet:
    """Answers as a test says (by question: an outcome), once it may; keeps what it was asked, secrets revealed."""

    says: dict[str, str] = field(default_factory=dict)
    may: Event = field(default_factory=Event)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)  # what happens before it answers a question

    def __post_init__(self) -> None:
        """Answer at once, unless a test clears that."""
        self.may.set()

    def answer(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        """Return the outcome that the test wants, the question's first unless it says."""
        about = {name: one.reveal() if isinstance(one, Secret) else one for name, one in lookup.about}
        self.asked.append((lookup.question, about, request_id))
        self.may.wait(60)
        self.before.get(lookup.question, bool)()
        known = {_named(one): one for one in answers(lookup.question)}
        return known[self.says.get(lookup.question, next(iter(known)))]


def _named(answer: Found | NotFound) -> str:
    return answer.outcome if isinstance(answer, Found) else answer.why


class Nobody:
    """Lets everybody try everything."""

    def allowed(self, question: str, who: str, caller: str, request_id: str) -> bool:
        """Return that it may be tried."""
        return True

    def before(self, request_id: str) -> None:
        """Return that everything is tried for the first time."""

    def told(self, request_id: str, outcome: str, facts: Mapping[str, str]) -> None:
        """Note nothing."""
