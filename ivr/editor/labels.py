"""The words of the menus' editor in its two languages, Chinese first."""

from collections.abc import Mapping
from typing import Final

from ivr.console.texts_wallet import ASKED, Both, both

__all__ = ["Both", "both"]

# What the fields of nodes and queues are called; those that are not here go by their names. One that is called
# otherwise in a kind of nodes stands with that before it.
FIELDS: Final[Mapping[str, Both]] = {
    "say": both("播报", "Says"),
    "help": both("帮助（没听懂时再说）", "Help, when not understood"),
    "choices": both("选项", "Choices"),
    "for": both("事项", "What for"),
    "go": both("通往", "Leads to"),
    "then": both("然后", "Then"),
    "missed": both("一直没听懂时", "When never understood"),
    "must": both("必须听完", "Heard to the end"),
    "name": both("名称", "Name"),
    "form": both("号码的形式", "Form of the number"),
    "digits": both("位数", "Digits"),
    "show": both("坐席看到", "What agents see"),
    "seconds": both("秒数", "Seconds"),
    "queue": both("队列", "Queue"),
    "open": both("上班时", "While open"),
    "closed": both("下班时", "While closed"),
    "to": both("语言", "Language"),
    "remark": both("请客户留言", "Asks for a remark"),
    "next": both("轮到下一位时", "When next in line"),
    "ahead": both("前面还有人时", "When others are ahead"),
    "leave": both("留言的说法", "Words for leaving a message"),
    "message": both("留言", "To leave a message"),
    "ring": both("回电的说法", "Words for being rung back"),
    "callback": both("回电", "To be rung back"),
    "waited": both("等太久时", "When waited too long"),
    "full": both("排满时", "When the line is full"),
    "bye": both("通话后的告别", "Goodbye after the talk"),
    "yours": both("读出来电号码", "Reads the caller's number"),
    "this": both("就打这个号码", "This number"),
    "other": both("换一个号码", "Another number"),
    "ask": both("请输入号码", "Asks for the number"),
    "refused": both("打不了的号码", "A number we cannot ring"),
    "soon": both("轮到时回电", "Rung back in turn"),
    "later": both("上班后回电", "Rung back later"),
    "matter": both("事项", "Matter"),
    "limit": both("最多排队人数", "Most callers in line"),
    "longest": both("最长等候（分钟）", "Longest wait (minutes)"),
    "priority": both("优先级（1 最急）", "Priority (1 is first)"),
    "music": both("等候音乐", "Music"),
    "record": both("通话录音", "Talks are recorded"),
    "messages": both("听留言的最低级别", "Least level to hear messages"),
    "service_seconds": both("应在几秒内接听", "To be answered within (s)"),
    "service_percent": both("应及时接听的百分比", "Percent to be answered in time"),
    "short_seconds": both("算作短等的秒数", "Hardly waited (s)"),
    "alarm_wait": both("等候报警（秒）", "Alarm: a wait (s)"),
    "alarm_waiting": both("人数报警", "Alarm: callers waiting"),
    "alarm_service": both("及时率报警（%）", "Alarm: answered in time (%)"),
    "router": both("由谁分配", "Who finds the agent"),
    "workflow": both("工作流程编号", "Workflow"),
    "kind": both("类型", "Kind"),
    "lookup.ask": both("问钱包什么", "What the wallet is asked"),
    "lookup.nth": both("列表中的哪一条", "Which one of the list"),
    "outcomes": both("得到什么回答，通往哪里", "What it answers, and where that leads"),
    "verify.first": both("先用哪种方式", "How it is proven first"),
    "verify.then": both("核实之后", "Once it is proven"),
    "verify.refused": both("核实不了时", "When it cannot be proven"),
    "unavailable": both("问不到钱包时", "When the wallet cannot be asked"),
    "sms.to": both("发给谁", "To whom"),
    "text": both("短信内容", "Text of the SMS"),
    "sms.say": both("发出后播报", "Says once it is sent"),
    "none": both("收不了短信时播报", "Says where none can be received"),
    "note": both("给坐席的提示", "Note for the agents"),
    "freezing": both("先冻结的说法", "Words for freezing first"),
    "freeze": both("先冻结", "To freeze first"),
    "agent.first": both("排在所有人前面", "Before everybody else"),
}

HELP: Final[Mapping[str, Both]] = {
    "digits": both('如 "10"，或 "12-20"', 'As in "10", or "12-20"'),
    "missed": both("不填则转人工", "A person unless given"),
    "queue": both("不填则用所在事项的队列", "The matter's own unless given"),
    "show": both("识别个人身份的号码只显示后四位", "Of numbers that name a person, the last four"),
    "for": both("按键会自动读在后面", "The key is named after it"),
    "lookup.say": both("问之前说的话，可以不填", "Said before it asks; it may be left out"),
    "lookup.ask": both(
        "换一个问题时，仍适用的去处会留下", "When the question is changed, the ways that still fit are kept"
    ),
    "lookup.nth": both("列表最多读五条", "Five of a list are told at most"),
    "verify.first": both("不填则由来电者选择密码或验证码", "Callers choose between PIN and code unless given"),
    "verify.refused": both(
        "试了三次，密码和验证码都不能再试，或一直没输对形式",
        "After three tries, when neither PIN nor code may be tried, or when nothing fitting is keyed in",
    ),
    "sms.to": both(
        "账户的手机号要先核实身份才知道", "The account's phone is only known once the caller has proven who they are"
    ),
    "text": both("整条发出，不会截断", "It goes whole or not at all"),
    "note": both("坐席看得到，来电者听不到", "Agents see it, callers hear nothing of it"),
    "freezing": both("等候时按 3；按键会自动读在后面", "Key 3 while waiting; the key is named after it"),
    "freeze": both("等候时按 3 的去处，要和说法一起填", "Where key 3 leads; it goes with its words"),
    "agent.first": both("不填则按队列的优先级", "As urgent as the queue unless given"),
}

# What can be chosen for a field is called so; where nothing stands here, by its own name.
CALLED: Final[Mapping[str, Mapping[str, Both]]] = {
    "lookup.ask": ASKED,
    "lookup.nth": {"first": both("第一条", "The first"), "next": both("下一条", "The next")},
    "verify.first": {"code": both("直接发验证码", "A code is sent at once")},
    "sms.to": {
        "registered": both("账户的手机", "The account's phone"),
        "caller": both("来电号码", "The number that rings"),
    },
}

# What can happen next in a rehearsal.
PRESS: Final = both("按 {keys}", "Press {keys}")
SILENCE: Final = both("不出声", "Silence")
GONE: Final = both("挂断", "Hangs up")
FAULT: Final = both("我们的系统出故障", "A fault of ours")
WAITS: Final = both(
    "继续等：第 {position} 位，{agents} 位坐席在岗", "Goes on waiting: place {position}, agents on: {agents}"
)
TOO_LONG: Final = both("等到最长时间", "Waits as long as allowed")
WAITING_KEY: Final = both("等候时按 {keys}", "Presses {keys} while waiting")
LEFT: Final[Mapping[str, Both]] = {
    "bridged": both("坐席接听，然后通话结束", "An agent takes the call, and the talk ends"),
    "queue-full": both("队列已满", "The line is full"),
    "error": both("队列出故障", "The line fails"),
    "leave": both("离开队列", "Leaves the line"),
    "lost": both("坐席中途断线", "The agent is lost amid the talk"),
    "redirected": both("坐席接听，通话由别处接着办", "An agent takes the call, and it goes on elsewhere"),
}
SENT: Final = both("坐席转到：{to}", "The agent sends the caller on to: {to}")
SAME_LINE: Final = both("同一队列", "the same line")
DIALLED: Final[Mapping[str, Both]] = {
    "completed": both("外线接通，然后挂断", "The number outside answers, and the talk ends"),
    "no-answer": both("外线没有人接", "The number outside does not answer"),
}
SPEAKS: Final = both("说了 {seconds} 秒", "Speaks for {seconds} s")
SAYS_NOTHING: Final = both("什么也没说", "Says nothing")
CONFIDED: Final = both("输入密码或验证码", "Enters the PIN or the code")
ANSWERS: Final = both("钱包回答：{what}", "The wallet answers: {what}")
BREAKS: Final = both("通话在这里中断：{why}", "The call breaks off here: {why}")
UNFIT: Final = both("这一步在这里不会发生：{what}", "This cannot happen here: {what}")
BROKEN: Final = both("中断", "broken off")
REASONS: Final[Mapping[str, Both]] = {
    "served": both("已由坐席服务", "served"),
    "message": both("留了言", "a message"),
    "callback": both("预约了回电", "to be rung back"),
    "finished": both("办完了", "finished"),
    "hung-up": both("客户挂断", "hung up"),
}
