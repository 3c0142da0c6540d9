"""What is asked of the wallet and what it may answer, in short, without facts of any call; Chinese first."""

from collections.abc import Mapping
from typing import Final

from ivr.flow.questions import QUESTIONS

Both = Mapping[str, str]  # By `zh` and `en`.


def both(zh: str, en: str) -> Both:
    """Return words in both languages."""
    return {"zh": zh, "en": en}


ASKED: Final[Mapping[str, Both]] = {
    "account": both("这是哪个账户", "Which account this is"),
    "check_pin": both("支付密码对不对", "Whether the PIN is right"),
    "send_code": both("发一个验证码", "Send a code"),
    "check_code": both("验证码对不对", "Whether the code is right"),
    "freeze_reason": both("账户为什么被冻结", "Why the account is frozen"),
    "failed_payment": both("最近失败的付款", "The last payments that failed"),
    "payment": both("付款的钱到了哪里", "Where the money of a payment is"),
    "topup": both("充值到账没有", "What became of a top-up"),
    "withdrawal": both("最近一次提现怎么样了", "What became of the last withdrawal"),
    "refund": both("退款怎么样了", "What became of a refund"),
    "cancel": both("撤回还在路上的付款", "Take back a payment that is on its way"),
    "subscription": both("还在扣款的订阅", "The subscriptions that still run"),
    "unsubscribe": both("取消订阅", "End a subscription"),
    "open_case": both("登记这件事", "Open a case"),
    "freeze": both("临时冻结钱包", "Freeze the wallet for a time"),
    "ours": both("号码是不是我们的", "Whether a number is ours"),
}
# What is answered is called so, unless it is called otherwise with its question before it.
ANSWERED: Final[Mapping[str, Both]] = {
    "already": both("早已冻结", "was frozen before"),
    "attempts": both("密码错得太多", "too many wrong passwords"),
    "balance": both("余额不足", "the balance was too low"),
    "breach": both("违反协议", "the terms were broken"),
    "cancelled": both("撤回了", "taken back"),
    "capped": both("冻结次数已到上限", "frozen too often already"),
    "card": both("银行卡被拒", "the card was refused"),
    "channel": both("银行或通道故障", "the bank or the payout system is down"),
    "credited": both("已到账", "has arrived"),
    "ended": both("已取消", "ended"),
    "failed": both("失败了", "failed"),
    "found": both("查到了", "found"),
    "frozen": both("已冻结", "frozen"),
    "held": both("本人申请的临时冻结", "a hold that its holder asked for"),
    "identity": both("还没有实名认证", "the identity is not verified"),
    "inactive": both("账户未激活", "the account is not active"),
    "late": both("来不及了", "it is too late"),
    "limit": both("超过限额", "over the limit"),
    "limited": both("试得太多，没有去问", "tried too often, so it was not asked"),
    "merchant": both("商户的原因", "the merchant's reason"),
    "network": both("网络故障", "the network failed"),
    "no": both("不是", "no"),
    "none": both("没有", "there is none"),
    "open": both("早已登记", "was open before"),
    "opened": both("登记好了", "opened"),
    "over_day": both("超过每日限额", "over the limit of a day"),
    "over_once": both("超过单笔限额", "over the limit of one"),
    "paid": both("已付出", "paid out"),
    "pending": both("还在处理", "still on its way"),
    "refused": both("被拒绝", "refused"),
    "returned": both("已退回", "has come back"),
    "returning": both("正在退回", "on its way back"),
    "right": both("正确", "right"),
    "risk": both("风控冻结", "risk control"),
    "sent": both("发出了", "sent"),
    "slow": both("没有及时回答", "no answer in time"),
    "unavailable": both("问不到", "cannot be asked"),
    "unknown": both("查不到", "not known"),
    "wrong": both("不对", "wrong"),
    "yes": both("是", "yes"),
    "freeze_reason.none": both("没有冻结", "it is not frozen"),
    "failed_payment.none": both("没有失败的付款", "none failed"),
    "withdrawal.none": both("没有提现", "there was no withdrawal"),
    "withdrawal.paid": both("已提现到账", "paid out"),
    "withdrawal.frozen": both("账户被冻结", "the account is frozen"),
    "refund.paid": both("已退款", "refunded"),
    "refund.none": both("没有申请退款", "none was asked for"),
    "subscription.none": both("没有订阅", "no subscription runs"),
    "ours.unknown": both("不能确定：按诈骗处理", "not known: treat it as fraud"),
}


def asked(question: str) -> Both:
    """Return what a question is called; a question that there is not goes by its own name."""
    return ASKED.get(question, both(question, question))


def answered(question: str, outcome: str) -> Both:
    """Return what an outcome of a question is called; one that there is not goes by its own name."""
    return ANSWERED.get(f"{question}.{outcome}", ANSWERED.get(outcome, both(outcome, outcome)))


def rows(question: str) -> list[dict[str, object]]:
    """Return every outcome of a question in its order, each with what it is called, ready for JSON."""
    return [{"value": one, "title": answered(question, one)} for one in QUESTIONS[question].all]
