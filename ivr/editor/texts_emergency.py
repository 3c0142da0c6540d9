"""The words of the page that declares emergencies, in its two languages."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "emergency_none": "Nothing is declared.",
    "emergency_end": "End now",
    "emergency_from": "From",
    "emergency_hears": "What a caller hears now",
    "emergency_would": "What a caller would hear",
    "emergency_first": "What everybody hears first",
    "emergency_wants": "Whoever wants {queue} now hears:",
    "emergency_would_want": "Whoever wants {queue} would hear:",
    "emergency_waits": "waits in the line {queue}",
    "emergency_rings": "{number} rings",
    "emergency_announce_about": "Every caller hears it first, in each language, before the greeting.",
    "emergency_close_about": "Whoever wants these queues hears why and when they open again, and can leave a message "
    "or ask for a call back. Whoever waits there goes on waiting.",
    "emergency_divert_about": "Whoever wants these queues comes into another, whose "
    "hours then count, or is put through outside; where nobody answers there, into the line. "
    "Whoever waits goes on waiting.",
    "emergency_words": "What callers hear",
    "emergency_why": "Why, as callers hear it",
    "emergency_queues": "Queues",
    "emergency_to": "To",
    "emergency_outside": "a number outside",
    "emergency_number": "Number outside",
    "emergency_until": "Until",
    "emergency_1h": "in an hour",
    "emergency_2h": "in two hours",
    "emergency_closing": "closing time",
    "emergency_moment": "a moment:",
    "emergency_moment_of": "Moment of the end",
    "emergency_preview": "Listen first",
    "emergency_declare": "Declare now",
    "emergency_done": "Done: from now on, every call that begins goes by it.",
    "emergency_wait": "Before it is published it is proven that no caller is trapped, which takes some seconds.",
    "emergency_no_words": "Write the words in every language.",
    "emergency_no_kind": "There is no such kind of emergency.",
    "emergency_no_queue": "Choose a queue.",
    "emergency_no_number": "Write the number outside, with + and the country.",
    "emergency_no_end": "Choose when it ends: later than now, in seven days at most.",
    "emergency_gone": "It has ended meanwhile.",
    "emergency_trap": "It cannot be published, as callers would be trapped:",
    "emergency_wrong": "It cannot be published:",
    "emergency_stale": "Others are publishing, too: try again.",
}

CHINESE: Final[Mapping[str, str]] = {
    "emergency_none": "目前没有紧急措施。",
    "emergency_end": "立即结束",
    "emergency_from": "开始",
    "emergency_hears": "客户现在听到的",
    "emergency_would": "客户将会听到的",
    "emergency_first": "所有客户最先听到的",
    "emergency_wants": "现在要找{queue}的客户听到：",
    "emergency_would_want": "要找{queue}的客户将会听到：",
    "emergency_waits": "在{queue}的队伍里等候",
    "emergency_rings": "拨打 {number}",
    "emergency_announce_about": "每位客户在问候语之前，先用各种语言听到。",
    "emergency_close_about": "要找这些队列的客户会听到原因和恢复时间，可以留言，也可以预约回电。"
    "已经在排队的客户不受影响。",
    "emergency_divert_about": "要找这些队列的客户会进入另一个队列（按那个队列的时间接听），"
    "或者接到外部号码；那边没有接通时再进入队伍。已经在排队的客户不受影响。",
    "emergency_words": "客户听到的话",
    "emergency_why": "原因（客户会听到）",
    "emergency_queues": "队列",
    "emergency_to": "转到",
    "emergency_outside": "外部号码",
    "emergency_number": "外部号码",
    "emergency_until": "到什么时候为止",
    "emergency_1h": "一小时后",
    "emergency_2h": "两小时后",
    "emergency_closing": "今天下班",
    "emergency_moment": "指定时间：",
    "emergency_moment_of": "结束时间",
    "emergency_preview": "先试听",
    "emergency_declare": "立即发布",
    "emergency_done": "已生效：从现在起，新打进来的电话都按此处理。",
    "emergency_wait": "发布之前要先证明没有客户会被困住，需要几秒钟。",
    "emergency_no_words": "请写好每一种语言的话。",
    "emergency_no_kind": "没有这种紧急措施。",
    "emergency_no_queue": "请选队列。",
    "emergency_no_number": "请写外部号码，带 + 和国家代码。",
    "emergency_no_end": "请选结束时间：要晚于现在，最多七天。",
    "emergency_gone": "这一项已经结束了。",
    "emergency_trap": "不能发布，否则会有客户被困住：",
    "emergency_wrong": "不能发布：",
    "emergency_stale": "别人也正在发布，请再试一次。",
}

# What the page proposes to say, by the languages of callers.
ANNOUNCED: Final[Mapping[str, str]] = {
    "zh-CN": "目前系统出现故障，部分业务暂时办不了，我们正在抢修。您的钱是安全的，请稍后再试。",
    "en-US": "We're having a technical problem, and some services don't work right now. Your money is safe. "
    "Please try again later.",
}
CLOSED: Final[Mapping[str, str]] = {
    "zh-CN": "因为突发情况，我们暂时不能接听，非常抱歉。",
    "en-US": "Something unexpected happened, and we can't take calls right now. We're sorry.",
}
