"""The sentences in which differences are told, in two languages."""

from collections.abc import Mapping
from typing import Any, Final

PHRASES: Final[Mapping[str, tuple[str, str]]] = {
    "new": ("新增：{name}（{kind}）", "{name} is new ({kind})"),
    "gone": ("删除：{name}，连同它的译文", "{name} is gone, and its translations with it"),
    "renamed": ("{old} 改名为 {new}", "{old} is now called {new}"),
    "key_leads": ("按 {key} 现在通往 {new}，原来通往 {old}", "key {key} now leads to {new}, before: {old}"),
    "key_new": ("新增按键 {key}：“{words}”，通往 {new}", "key {key} is new: “{words}”, leads to {new}"),
    "key_gone": ("取消按键 {key}：“{words}”，原来通往 {old}", "key {key} is gone: “{words}”, led to {old}"),
    "key_moved": ("“{words}”现在按 {new}，原来按 {old}", "“{words}” is now key {new}, before: {old}"),
    "order": ("{title}的顺序现在是 {new}，原来是 {old}", "{title}: the order is now {new}, before: {old}"),
    "leads": ("{title}：现在通往 {new}，原来通往 {old}", "{title}: now leads to {new}, before: {old}"),
    "answer_leads": (
        "钱包回答“{answer}”时，现在通往 {new}，原来通往 {old}",
        "what the wallet answers as “{answer}” now leads to {new}, before: {old}",
    ),
    "answer_new": (
        "钱包回答“{answer}”时，现在通往 {new}，原来没有去处",
        "what the wallet answers as “{answer}” now leads to {new}, before: nowhere",
    ),
    "answer_gone": (
        "钱包回答“{answer}”时，不再有去处，原来通往 {old}",
        "what the wallet answers as “{answer}” leads nowhere any more, before: {old}",
    ),
    "words": ("原来说“{old}”，现在说“{new}”", "the words were “{old}” and are now “{new}”"),
    "words_in": (
        "{language}（{title}）：原来说“{old}”，现在说“{new}”",
        "{title} in {language}: the words were “{old}” and are now “{new}”",
    ),
    "words_new": ("{language}（{title}）：说“{new}”", "{title} in {language}: says “{new}”"),
    "words_gone": ("{language}（{title}）：不再说“{old}”", "{title} in {language}: no longer says “{old}”"),
    "field": ("{title}：现在是 {new}，原来是 {old}", "{title} is {new} instead of {old}"),
    "field_new": ("{title}：现在是 {new}", "{title} is new: {new}"),
    "field_gone": ("{title}：取消了，原来是 {old}", "{title} is gone, it was {old}"),
    "entry_new": ("{title}：增加 {new}", "{title}: {new} is added"),
    "entry_gone": ("{title}：去掉 {old}", "{title}: {old} is taken out"),
    "queue_holds": (
        "队列 {queue} 现在最多容纳 {new} 人，原来 {old} 人",
        "queue {queue} holds {new} instead of {old}",
    ),
    "queue_longest": (
        "队列 {queue} 现在最长等 {new} 分钟，原来 {old} 分钟",
        "in queue {queue} one waits at most {new} minutes instead of {old}",
    ),
    "hours": ("{queue} {days}的时间：{new}，原来 {old}", "hours of {queue} on {days}: {new}, before: {old}"),
    "comments": ("{file}：只改了注释或排版", "in {file} only comments or the layout changed"),
    "spelled": (
        "{file}：名称随之更改，所通往的和所说的都不变",
        "in {file} names follow; what it leads to and what it says stay the same",
    ),
    "file_new": ("新增文件 {file}", "the file {file} is new"),
    "file_gone": ("删除文件 {file}", "the file {file} is gone"),
    "line_new": ("{file}：增加一行“{line}”", "in {file} this line is new: {line}"),
    "line_gone": ("{file}：删去一行“{line}”", "in {file} this line is gone: {line}"),
}
DAYS: Final = (
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
)
NOTHING: Final = ("休息", "closed")
ALWAYS: Final = ("全天", "day and night")
NONE: Final = ("（没有）", "nothing")
BETWEEN: Final = ("、", ", ")


def phrase(sentence: str, reader: str, /, **gaps: Any) -> str:
    """Return a sentence with its gaps filled."""
    return in_language(PHRASES[sentence], reader).format(**gaps)


def in_language(both: tuple[str, str], language: str) -> str:
    """Return the Chinese or the English of two texts."""
    return both[0 if language == "zh" else 1]
