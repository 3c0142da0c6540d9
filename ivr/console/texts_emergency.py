"""The words of the bar that says on every page what is on for an emergency, in its two languages."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "emergency_title": "Emergency",
    "emergency_on": "Emergencies that are on",
    "emergency_announce": "Announcement",
    "emergency_close": "Closed",
    "emergency_divert": "Diverted",
    "emergency_by": "by {by}, until {until}",
    "colon": ": ",
    "act_menus.emergency": "declared an emergency",
    "act_menus.emergency.end": "ended an emergency",
}

CHINESE: Final[Mapping[str, str]] = {
    "emergency_title": "紧急",
    "emergency_on": "正在生效的紧急措施",
    "emergency_announce": "公告",
    "emergency_close": "暂停接听",
    "emergency_divert": "转移",
    "emergency_by": "{by} 发布，到 {until} 为止",
    "colon": "：",
    "act_menus.emergency": "发布紧急措施",
    "act_menus.emergency.end": "结束紧急措施",
}
