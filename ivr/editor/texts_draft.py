"""The words of a draft's page and of what stands against its acts, in its two languages."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "draft_tab_picture": "Menus",
    "draft_tab_hours": "Hours",
    "draft_tab_settings": "Queues and settings",
    "draft_tab_prompts": "Recordings",
    "draft_tab_yesterday": "Yesterday's calls",
    "draft_field": "{where}: {why}",
    "draft_problem": "{file}:{line}: {words}",
    "draft_refused": "This was not taken: {why}",
    "draft_same": "Nothing was different, so nothing was saved.",
    "draft_not_mine": "This draft is {owner}'s: you can look, and change it once you have taken it over.",
    "draft_closed": "This draft is closed: you can only look.",
    "draft_stale": "{by} changed this draft meanwhile.",
    "draft_unread": "These menus cannot be rehearsed before their problems are solved.",
    "draft_unnamed": "Give the rehearsal a name, please.",
    "draft_no_input": "This cannot be rehearsed: {why}",
    "draft_rehearsal": "The rehearsal “{title}” goes differently now.",
}

CHINESE: Final[Mapping[str, str]] = {
    "draft_tab_picture": "菜单图",
    "draft_tab_hours": "营业时间",
    "draft_tab_settings": "队列与设置",
    "draft_tab_prompts": "录音",
    "draft_tab_yesterday": "昨日来电",
    "draft_field": "{where}：{why}",
    "draft_problem": "{file} 第 {line} 行：{words}",
    "draft_refused": "未保存：{why}",
    "draft_same": "没有任何改动，无需保存。",
    "draft_not_mine": "这份草稿是 {owner} 的：您可以查看，接管之后才能修改。",
    "draft_closed": "这份草稿已关闭，只能查看。",
    "draft_stale": "{by} 在这期间改过这份草稿。",
    "draft_unread": "这份菜单还有问题，解决之后才能排练。",
    "draft_unnamed": "请给这次排练起个名称。",
    "draft_no_input": "这一步无法排练：{why}",
    "draft_rehearsal": "排练“{title}”现在走得不一样了。",
}
