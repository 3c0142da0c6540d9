"""A small hotline whose menus use every kind, for tests of the engine and the loader."""

from collections.abc import Mapping

PHRASES = {
    "silence": ("没有听到您的按键。", "I did not hear a key."),
    "wrong": ("没有这个选项。", "That is not one of the choices."),
    "form": ("号码的位数不对。", "That number has the wrong length."),
    "keyed_digits": ("您输入的是：{keyed:digits}。", "You entered: {keyed:digits}."),
    "keyed_amount": ("您输入的是：{keyed:amount}。", "You entered: {keyed:amount}."),
    "keyed_date": ("您输入的是：{keyed:date}。", "You entered: {keyed:date}."),
    "right": ("正确", "If that is right"),
    "redo": ("重新输入", "To enter it again"),
    "finish": ("输完后", "When you are done"),
    "point": ("小数点", "For the point"),
    "spoken": ("说完后", "When you have spoken"),
    "reached": ("接到电话后", "When we call"),
    "person": ("转人工", "For a person"),
    "back": ("返回", "To go back"),
    "again": ("重听", "To hear this again"),
    "apology": (
        "抱歉，系统出了问题，正在为您转接人工。",
        "We are sorry, something went wrong. You will be put through.",
    ),
    "leave": ("留言", "To leave a message"),
    "message": ("请在提示音后留言，留言会被录音。", "Please speak after the tone. Your message is recorded."),
    "thanks": ("谢谢，再见。", "Thank you. Goodbye."),
    "take": ("接听", "To take the call"),
    "gone": ("来电的人挂断了。", "The caller has hung up."),
    "recorded": ("通话将被录音。", "Your call is recorded."),
    "minutes": ("预计还要等{wait:minutes}。", "You wait {wait:minutes}."),
    "fewer_agents": ("接听的同事少了。", "Fewer of us answer."),
    "urgent": ("有更紧急的来电。", "More urgent callers came."),
    "slower": ("通话比平常长。", "Talks take longer."),
    "closing": ("已经下班，{opening:moment}再上班。", "We have closed until {opening:moment}."),
    "nobody": ("没有人在岗。", "Nobody is on."),
    "queued": ("您已经在排队。", "You are in line."),
    "stay": ("不能返回。", "You cannot go back."),
    "sending": ("正在转接。", "Transferring you."),
    "unreached": ("没有接通。", "Nobody was reached."),
    "callback": ("回电。", "A call back."),
    "called": ("这是回电。", "This is your call back."),
    "connect": ("接通", "To be connected"),
    "missed": ("没有人接。", "Nobody answered."),
    "later": ("我们会再打来。", "We will call again."),
    "assist": ("请帮忙。", "Please help."),
    "outside": ("请加入通话。", "Please join a call."),
    "watch": ("要进入的通话：", "The call is:"),
}

HOTLINE = """name: 小热线
number: "+864001234567"
zone: Asia/Shanghai
languages: {zh-CN: Polly.Zhiyu-Neural, en-US: Polly.Joanna-Neural}
tongues: {zh-CN: 普通话, en-US: 英语}
start: main
person: person
queue: general
keys: {person: "0", back: "*", again: "9"}
limits: {misses: 3, turns: 30, then: person.enough}
phrases:
""" + "".join(f'  {name}: "{zh}"\n' for name, (zh, _) in PHRASES.items())

MAIN = """start:
  kind: menu
  say: 您好。
  help: 请在键盘上按一个数字。
  choices:
    1: {for: 账户冻结, go: frozen}
    8: {for: 英语服务, go: english}
english: {kind: language, to: en-US, then: start}
"""

FROZEN = """matter: 账户冻结
queue: accounts
start:
  kind: collect
  name: account
  say: 请输入账户号码。
  help: 账户号码是十位数字。
  digits: "10"
  then: advice
advice:
  kind: say
  say: 账户{account:digits}的情况由人工告知。
  must: true
  then: amount
amount: {kind: collect, name: paid, form: amount, say: 请输入金额。, help: 以元为单位。, then: paid_on}
paid_on: {kind: collect, name: paid_on, form: date, say: 请输入日期。, help: 月和日各两位。, then: phone}
phone: {kind: collect, name: phone, form: phone, say: 请输入手机号。, help: 十一位。, then: person}
"""

PERSON = """start: {kind: hours, open: line, closed: closed}
line:
  kind: agent
  say: 正在转接。
  next: 您是下一位。
  ahead: 前面还有{ahead:counted}位。
  leave: 留言
  message: message
  ring: 回电
  callback: callback
  waited: full
  closed: closed
  full: full
  then: survey
closed: {kind: say, say: "现在休息，{opening:moment}开始服务。", then: choice}
choice: {kind: menu, say: 您可以留言。, choices: {1: {for: 留言, go: message}}, missed: message}
full:
  kind: menu
  say: 现在很忙。
  choices: {1: {for: 留言, go: message}, 2: {for: 回电, go: callback}}
  missed: message
callback:
  kind: callback
  say: 我们给您回电。
  yours: 您的号码是{keyed:digits}。
  this: 这个号码
  other: 另一个号码
  ask: 请输入号码。
  help: 固定电话加区号。
  refused: 这个号码打不了。
  soon: 轮到您时打给您。
  later: "{opening:moment}打给您。"
  then: goodbye
survey: {kind: survey, say: 请打分。, remark: 请在提示音后讲，会被录音。, then: goodbye}
message: {kind: voicemail, say: 请在提示音后留言，本次留言会被录音。, then: goodbye}
goodbye: {kind: hangup, say: 再见。}
enough: {kind: hours, open: line, closed: message}
"""

ENGLISH = {
    "main.start.say": "Hello.",
    "main.start.help": "Press a key.",
    "main.start.choices.frozen": "Account frozen",
    "main.start.choices.english": "For English",
    "frozen.matter": "Account frozen",
    "frozen.start.say": "Enter your account number.",
    "frozen.start.help": "It has ten digits.",
    "frozen.advice.say": "A person tells about account {account:digits}.",
    "frozen.amount.say": "Enter the amount.",
    "frozen.amount.help": "In yuan.",
    "frozen.paid_on.say": "Enter the date.",
    "frozen.paid_on.help": "Month and day.",
    "frozen.phone.say": "Enter your mobile number.",
    "frozen.phone.help": "Eleven digits.",
    "person.line.say": "Putting you through.",
    "person.line.next": "You are next.",
    "person.line.ahead": "There are {ahead:counted} ahead of you.",
    "person.line.leave": "To leave a message",
    "person.line.ring": "To be called back",
    "person.full.choices.message": "To leave a message",
    "person.full.choices.callback": "To be called back",
    "person.callback.say": "We call you back.",
    "person.callback.yours": "Your number is {keyed:digits}.",
    "person.callback.this": "This number",
    "person.callback.other": "Another number",
    "person.callback.ask": "Enter the number.",
    "person.callback.help": "With the area code.",
    "person.callback.refused": "We cannot call that number.",
    "person.callback.soon": "We call in turn.",
    "person.callback.later": "We call {opening:moment}.",
    "person.survey.say": "Press one to five.",
    "person.survey.remark": "Speak after the tone. It is recorded.",
    "queues.general.name": "General",
    "queues.accounts.name": "Accounts",
    "person.closed.say": "We are closed. We open {opening:moment}.",
    "person.choice.say": "You can leave a message.",
    "person.choice.choices.message": "To leave a message",
    "person.full.say": "We are very busy.",
    "person.message.say": "Speak after the tone. Your message is recorded.",
    "person.goodbye.say": "Goodbye.",
    "hotline.tongues.zh-CN": "Mandarin",
    "hotline.tongues.en-US": "English",
} | {f"hotline.phrases.{name}": en for name, (_, en) in PHRASES.items()}

HOURS = """queues:
  general: {monday-friday: "09:00-18:00"}
  accounts: {monday-friday: "09:00-18:00"}
holidays: CN
workday: monday
"""

QUEUES = """general: {name: 综合}
accounts: {name: 账户, limit: 2, longest: 2}
"""


def small(**changed: str) -> Mapping[str, str]:
    """Return the small hotline's files, some of them changed: `small(main="...")` for main.yaml."""
    files = {"hotline": HOTLINE, "main": MAIN, "frozen": FROZEN, "person": PERSON, "hours": HOURS, "queues": QUEUES}
    files["languages/en-US"] = "".join(f'{place}: "{words}"\n' for place, words in ENGLISH.items())
    return {f"{name}.yaml": text for name, text in (files | changed).items()}
