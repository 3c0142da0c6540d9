"""Yesterday on tomorrow: what callers did is done again in other menus, by the meaning of what they pressed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from ivr.flow.events import Heard
from ivr.flow.inputs import Answered, HungUp, InLine, Input, LeftQueue, Pressed, Recorded, Rescued, Silence, Transferred
from ivr.flow.replay.course import Lost, Replayed
from ivr.flow.replay.replay import Between, UnreadableError
from tests.desk_site import real_flow
from tests.small import HOURS, PERSON, QUEUES
from tests.test_prove import ALONE, flow_of
from tests.world import CLOSED, OPEN

CALLER = "+8613800138000"
MAIN = """start: {kind: menu, say: 您好。, choices: {1: {for: 账户, go: money}, 2: {for: 其他, go: other}}}
money: {kind: menu, say: 账户。, choices: {1: {for: 账户冻结, go: frozen}, 2: {for: 费用, go: fees}}}
other: {kind: menu, say: 其他。, choices: {1: {for: 地址, go: address}, 2: {for: 人工, go: person}}}
fees: {kind: menu, say: 免费。, choices: {1: {for: 听懂了, go: bye}, 2: {for: 人工, go: person}}}
address: {kind: say, say: 北京。, then: bye}
bye: {kind: hangup, say: 再见。}
"""
FROZEN = """matter: 账户冻结
queue: accounts
start: {kind: collect, name: account, say: 请输入账户号码。, help: 十位。, digits: "10", then: person}
"""
LINE = (InLine(1, 0, agents=2), LeftQueue("bridged"))
SERVED = (*LINE, Pressed("5"), Recorded("RE1", 4))
ASKED = ("1", "1", "6200123456", "1", *SERVED)


def told(acts: Sequence[str | Input], begin: datetime = OPEN) -> list[tuple[Input, datetime]]:
    """Return what a caller did, one thing each ten seconds; text is keys, and silence where it is empty."""
    does = [(Pressed(act) if act else Silence()) if isinstance(act, str) else act for act in acts]
    return [(one, begin + timedelta(seconds=10 * number)) for number, one in enumerate((Answered(CALLER), *does))]


def replayed(*acts: str | Input, main: str = MAIN, begin: datetime = OPEN, **changed: str) -> Replayed:
    """Return how a call that was made in small menus goes in these."""
    new = flow_of(**{"frozen": FROZEN, "main": main, **changed})
    return Between(flow_of(frozen=FROZEN, main=MAIN), new).replay(told(acts, begin))


def keys(found: Replayed) -> str:
    """Return what the caller keys in the new menus."""
    heard = [event.input for turn in found.now.turns for event in turn if isinstance(event, Heard)]
    return " ".join(str(one.keys) for one in heard if isinstance(one, Pressed))


def main(*changes: tuple[str, str]) -> str:
    """Return the main menus with some words replaced by others."""
    text = MAIN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def without(text: str, *nodes: str) -> str:
    """Return main menus without some nodes."""
    return "".join(line for line in text.splitlines(keepends=True) if line.partition(":")[0] not in nodes)


@pytest.mark.parametrize(
    "acts",
    [
        ASKED,
        ("2", "2", *SERVED),
        ("", "7", "*", "9", "0", *LINE, HungUp()),
        (
            "1",
            "1",
            "62",
            "6200123456",
            "2",
            "6200123457",
            "1",
            InLine(3, 20, "1"),
            LeftQueue("leave"),
            Recorded("R", 3),
        ),
        ("0", InLine(1, 0), LeftQueue("redirected"), Transferred(queue="accounts"), *SERVED),
        ("0", InLine(1, 0, "2"), LeftQueue("leave"), "1"),
        ("1", Rescued(CALLER), *LINE, HungUp()),
        ("1", "2", "1"),
    ],
)
def test_a_call_through_the_same_menus_is_the_same(acts: Sequence[str | Input]) -> None:
    for begin in (OPEN, CLOSED) if "1" in acts[:1] and len(acts) == 3 else (OPEN,):
        found = replayed(*acts, begin=begin)
        assert (found.sort, found.turn, found.lost) == ("same", None, None)
        assert found.before == found.now
        assert found.before.outcome


def test_renumbered_choices_are_followed_by_their_words() -> None:
    text = main(
        ("{1: {for: 账户冻结, go: frozen}, 2: {for: 费用", "{1: {for: 费用"),
        ("go: fees}}", "go: fees}, 3: {for: 账户冻结, go: frozen}}"),
    )
    found = replayed(*ASKED, main=text)
    assert (keys(found), found.sort, found.lost) == ("1 3 6200123456 1 5", "words", None)
    assert (found.turn, found.place, found.now.outcome) == (1, "main.money.choices.frozen", "served")
    assert found.now.keys == found.before.keys == 14
    assert replayed("2", "1", main=text).sort == "same"


def test_a_choice_that_is_worded_anew_is_followed_by_where_it_leads() -> None:
    found = replayed(*ASKED, main=main(("1: {for: 账户冻结", "3: {for: 冻住了")))
    assert (keys(found), found.sort) == ("1 3 6200123456 1 5", "words")


def test_where_words_and_places_are_at_odds_callers_go_by_what_they_hear() -> None:
    swapped = main(
        ("账户冻结, go: frozen", "账户冻结, go: x"), ("费用, go: fees", "费用, go: frozen"), ("go: x", "go: fees")
    )
    found = replayed("1", "2", HungUp(), main=swapped)
    assert (keys(found), found.sort, found.place) == ("1 2", "way", "main.fees.say")


def test_changed_words_alone_are_told_from_another_way() -> None:
    found = replayed("1", "2", "1", main=main(("免费", "一律免费")))
    assert (found.sort, found.turn, found.place) == ("words", 2, "main.fees.say")
    assert found.now.seconds - found.before.seconds == pytest.approx(2 / 4.5)


def test_a_node_that_is_called_otherwise_is_no_difference() -> None:
    assert replayed("2", "1", main=main(("address", "where"))).sort == "same"


def test_a_matter_that_moved_to_another_menu_is_found_there() -> None:
    moved = main(
        (", 2: {for: 费用, go: fees}", ""), ("go: person}}}\nfees", "go: person}, 3: {for: 费用, go: fees}}}\nfees")
    )
    found = replayed("1", "2", "2", *SERVED, main=moved)
    assert (keys(found), found.sort, found.lost) == ("1 * 2 3 2 5", "way", None)
    assert found.now.keys - found.before.keys == 2
    assert found.now.seconds > found.before.seconds


def test_a_matter_that_moved_to_two_menus_is_not_guessed() -> None:
    two = ("2: {for: 其他, go: other}", "2: {for: 其他, go: other}, 3: {for: 更多, go: more}")
    gone = ("2: {for: 费用, go: fees}", "2: {for: 人工, go: person}")
    to = ("人工, go: person}}}\nfees", "人工, go: person}, 3: {for: 费用, go: bye}}}\nfees")
    more = "more: {kind: menu, say: 更多。, choices: {1: {for: 费用, go: fees}, 2: {for: 人工, go: person}}}\n"
    found = replayed("1", "2", "1", main=main(two, gone, to) + more)
    assert found.lost == Lost("several", "main.money", "费用")
    assert (found.sort, found.now.outcome) == ("lost", "")


def test_a_menu_that_was_put_in_between_is_passed() -> None:
    between = "between: {kind: menu, say: 服务。, choices: {1: {for: 资金, go: money}, 2: {for: 人工, go: person}}}\n"
    found = replayed(*ASKED, main=main(("账户, go: money", "账户, go: between")) + between)
    assert (keys(found), found.sort, found.lost) == ("1 1 1 6200123456 1 5", "way", None)


def test_a_menu_that_was_taken_away_is_left_out() -> None:
    flat = "1: {for: 冻结, go: frozen}, 3: {for: 费用, go: fees}"
    text = without(main(("1: {for: 账户, go: money}", flat)), "money")
    found = replayed("1", "", "2", "2", *SERVED, main=text)
    assert (keys(found), found.sort, found.lost) == ("3 2 5", "way", None)
    assert found.now.keys == found.before.keys - 1
    assert "没有听到" not in str(found.now.turns), "there was nothing to be silent at"


def test_who_comes_to_the_line_sooner_is_served_there_as_before() -> None:
    found = replayed(*ASKED, main=main(("账户冻结, go: frozen", "账户冻结, go: person")), frozen="")
    assert (keys(found), found.sort, found.now.outcome, found.lost) == ("1 1 5", "way", "served", None)


def test_who_comes_to_the_line_sooner_may_hang_up_there_as_before() -> None:
    sooner = main(("账户冻结, go: frozen", "账户冻结, go: person"))
    found = replayed("1", "1", "6200123456", "1", HungUp(), main=sooner, frozen="")
    assert (found.sort, found.now.outcome, found.lost) == ("way", "hung-up", None)
    found = replayed("1", "1", "6200123456", HungUp(), main=sooner, frozen="")
    assert found.lost == Lost("answer", "person.line")


def test_nobody_is_led_into_the_line_of_another_queue() -> None:
    urgent = "matter: 紧急\nqueue: accounts\nstart: {kind: menu, say: 紧急。, choices: {1: {for: 人工, go: person}}}\n"
    choice = PERSON.replace(
        "{for: 留言, go: message}}, missed", "{for: 留言, go: message}, 2: {for: 紧急, go: urgent}}, missed"
    )
    hours = HOURS.replace('general: {monday-friday: "09:00-18:00"}', 'general: {monday-friday: "14:00-18:00"}')
    found = replayed("0", *SERVED, hours=hours, person=choice, urgent=urgent)
    assert found.lost == Lost("answer", "person.choice")


def test_a_choice_that_is_gone_is_told_with_its_words() -> None:
    text = main(("2: {for: 费用, go: fees}", "2: {for: 网点, go: branch}"), ("免费", "很多网点"), ("fees:", "branch:"))
    text = text.replace("听懂了", "知道了").replace("go: bye}, 2", "go: bye}, 3")
    found = replayed("1", "2", "2", *SERVED, main=text)
    assert found.lost == Lost("choice", "main.money", "费用")
    assert found.sort == "lost"


def test_a_choice_is_not_looked_for_where_it_stood_before_or_anything_else_leads_the_same_way() -> None:
    fewer = ("2: {for: 人工, go: person}}}\naddress", "3: {for: 听完了, go: bye2}}}\naddress")
    bye = "bye2: {kind: hangup, say: 再会。}\n"
    more = "more: {kind: menu, say: 更多。, choices: {1: {for: 投诉, go: person}, 2: {for: 算了, go: bye}}}\n"
    first = ("2: {for: 其他, go: other}", "2: {for: 其他, go: other}, 3: {for: 更多, go: more}")
    for text in (main(fewer) + bye, main(fewer, first) + bye + more):
        found = replayed("1", "2", "2", *SERVED, main=text)
        assert found.lost == Lost("choice", "main.fees", "人工")


def test_another_queue_is_another_way_though_all_words_are_the_same() -> None:
    found = replayed(*ASKED, frozen=FROZEN.replace("queue: accounts", "queue: general"))
    assert (found.sort, found.place, found.now.outcome) == ("way", "person.line", "served")


def test_a_question_that_the_recording_does_not_answer_ends_the_following() -> None:
    ask = "ask: {kind: collect, name: paid, form: amount, say: 请输入金额。, help: 元。, then: person}\n"
    found = replayed("2", "2", *SERVED, main=main(("人工, go: person", "人工, go: ask")) + ask)
    assert (found.sort, found.lost) == ("lost", Lost("answer", "main.ask"))
    hours = HOURS.replace("09:00-18:00", "14:00-18:00")
    found = replayed("0", *SERVED, hours=hours)
    assert found.lost == Lost("answer", "person.choice")
    assert "现在休息" in str(found.now.turns)


def test_who_waited_longer_than_the_new_queue_lets_them_leaves_it() -> None:
    waits = (InLine(1, 0, agents=1), InLine(1, 70, agents=1), LeftQueue("bridged"), HungUp())
    found = replayed("1", "1", "6200123456", "1", *waits, queues=QUEUES.replace("longest: 2", "longest: 1"))
    assert found.lost == Lost("answer", "person.full")


def test_keys_that_mean_something_everywhere_are_followed_too() -> None:
    hotline = ALONE.replace('person: "0", back: "*", again: "9"', 'person: "8", back: "0", again: "*"')
    found = replayed("1", "*", "9", "0", InLine(1, 0, "9", agents=1), *SERVED, hotline=hotline)
    assert (keys(found), found.sort, found.now.outcome) == ("1 0 * 8 5", "words", "served")
    assert next(turn[0].input.keys for turn in found.now.turns if isinstance(turn[0].input, InLine)) == "*"


def test_who_is_cut_off_is_told_so() -> None:
    rate = "rate: {kind: survey, say: 请打分。, remark: 请讲。, then: bye}\n"
    trap = main(("其他, go: other", "其他, go: rate"), ("2: {for: 费用", "3: {for: 地址, go: address}, 2: {for: 费用"))
    found = replayed("2", "", "", "", *LINE, HungUp(), main=without(trap, "other") + rate)
    assert (found.sort, found.now.cut_off, found.before.cut_off) == ("cut off", True, False)
    assert found.now.outcome == "finished"


def test_who_has_nothing_to_say_is_not_cut_off() -> None:
    rate = "rate: {kind: survey, say: 请打分。, remark: 请讲。, then: bye}\n"
    flow = flow_of(frozen=FROZEN, main=without(main(("其他, go: other", "其他, go: rate")), "other", "address") + rate)
    found = Between(flow, flow).replay(told(("2", "5", Recorded("", 0))))
    assert (found.before.outcome, found.before.cut_off) == ("finished", False)


def test_menus_that_lead_nowhere_cut_off_too() -> None:
    steps = [
        f"s{number}: {{kind: say, say: 一。, then: {f's{number + 1}' if number < 31 else 'person'}}}"
        for number in range(32)
    ]
    text = without(main(("地址, go: address", "地址, go: s0")), "address") + "\n".join(steps)
    found = replayed("2", "1", main=text)
    assert found.lost
    assert (found.sort, found.lost.why) == ("cut off", "breaks")


def test_what_is_no_recording_of_these_menus_is_told() -> None:
    old = flow_of(frozen=FROZEN, main=MAIN)
    with pytest.raises(UnreadableError):
        Between(old, old).replay(told(("2", "1", "1")))


def test_the_shipped_menus_and_english_callers_go_the_same_way() -> None:
    flow = real_flow()
    acts = ("8", "2", "2", "9", "1", *LINE, HungUp())
    assert Between(flow, flow).replay(told(acts)).sort == "same"
