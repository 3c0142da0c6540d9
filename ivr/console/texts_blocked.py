"""The words about numbers whose calls are not taken, and about what is done to data by commands."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "blocked_title": "Blocked",
    "blocked_empty": "No number is blocked.",
    "blocked_until": "Until",
    "blocked_ever": "for ever",
    "blocked_by": "Blocked by",
    "blocked_remove": "Let them call again",
    "blocked_add": "Block a number",
    "blocked_number": "Number",
    "blocked_reason": "Reason",
    "blocked_days": "How long",
    "blocked_for": "{days} days",
    "blocked_about": "They hear that we do not take the call, and come into no queue. They can still report a stolen"
    " wallet. Withheld numbers cannot be blocked.",
    "blocked_no_number": "That is no number that can be blocked. Write it like 13800138000 or +8613800138000.",
    "blocked_no_reason": "Write why, for whoever looks at it later.",
    "act_blocked.add": "blocked a number",
    "act_blocked.remove": "let a blocked number call again",
    "act_backup.take": "took a backup",
    "act_backup.restore": "restored a backup",
    "act_keys.rotate": "changed the secret that seals data",
    "act_caller.show": "looked at what is kept of a caller",
    "act_caller.export": "exported a caller's data",
    "act_caller.erase": "erased a caller's data",
}
CHINESE: Final[Mapping[str, str]] = {
    "blocked_title": "黑名单",
    "blocked_empty": "黑名单里没有号码。",
    "blocked_until": "到期",
    "blocked_ever": "永久",
    "blocked_by": "操作人",
    "blocked_remove": "移出黑名单",
    "blocked_add": "加入黑名单",
    "blocked_number": "号码",
    "blocked_reason": "原因",
    "blocked_days": "期限",
    "blocked_for": "{days} 天",
    "blocked_about": "对方会听到暂不接听的提示，进不了任何队列，但仍可报告钱包被盗。隐藏的号码不能加入黑名单。",
    "blocked_no_number": "这个号码不能加入黑名单。请写成 13800138000 或 +8613800138000。",
    "blocked_no_reason": "请写明原因，方便以后查看。",
    "act_blocked.add": "把号码加入黑名单",
    "act_blocked.remove": "把号码移出黑名单",
    "act_backup.take": "做了备份",
    "act_backup.restore": "恢复了备份",
    "act_keys.rotate": "更换了数据密钥",
    "act_caller.show": "查看了来电人的资料",
    "act_caller.export": "导出了来电人的资料",
    "act_caller.erase": "删除了来电人的资料",
}
