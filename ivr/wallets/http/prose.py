"""The words of the OpenAPI document, for a wallet company's engineers."""

from collections.abc import Mapping
from typing import Any, Final

ABOUT: Final = """\
A telephone hotline asks these questions while a customer waits on the phone. Your service answers them over HTTPS.

**Form.** Each question is `POST {server}/v1/{question}` with `{"about": {...}}`, and is answered with status 200 and
`{"outcome": "...", "facts": {...}}`, `Content-Type: application/json`, at most 64 KiB. The outcome is one of those
listed, `facts` holds exactly that outcome's facts (`{}` where it has none), and every fact is a string. Anything else
counts as no answer: the caller is then led to a person, and of what acts, hears that nobody knows whether it was done.
That an account, an order or a code is not known is an
outcome, never an error.

**Time.** The hotline connects within 1 second and waits 2.5 seconds for the whole answer, body included, then hangs
up. Aim for half a second. If connecting fails, the connection breaks, or you answer 502, 503 or 504, it asks once
more within the same 2.5 seconds. After five failures in a row it asks nothing for 5 seconds, then tries with a single
question. Redirects are not followed.

**Once.** `Idempotency-Key` names the request. A second request with the same key is answered as the first one was,
word for word, and nothing is done again, at whatever time and on whichever of your machines it arrives, even while
the first is still under way (wait for it) and after a crash. Commit first, then answer. Keep keys for 30 days at
least. The same key with another body or question is an error of ours: answer 409. This holds for `check_code`, too,
which uses a code up.

**Signature.** Requests are signed by HTTP Message Signatures (RFC 9421) with HMAC-SHA256 and the secret that both of
us know (`WALLET_SECRET`, its UTF-8 bytes). The signature is labelled `sig`; it covers `@method`, `@target-uri`,
`content-type`, `content-digest` and `idempotency-key`, and has the parameters `created`, `keyid="hotline"`,
`alg="hmac-sha256"`, a `nonce` and `tag="hotline-wallet"`. `Content-Digest` (RFC 9530) is by SHA-256. Check that all
of these are covered, the digest against the body, that `created` is at most 5 minutes off, and that no nonce comes
twice in that time; otherwise answer 401. Each try is signed anew. `@target-uri` is the address as the hotline has it,
so give your proxy's public one.

**Confidence.** PINs, one-time codes (`format: password`) are never to be logged or stored. An unknown account is
answered as a wrong PIN or code is, and takes as long. Which number a customer rings from plays no part.
"""
ACTS: Final = (
    "This acts: exactly once under one `Idempotency-Key`, and durably before you answer. Where you cannot do it now "
    "and surely have not, answer 429: only after a 4xx does the caller hear that it was not done."
)
PROVEN: Final = "Asked only about a customer who has proven to be the holder."
GUARDED: Final = (
    "The hotline limits how often this is asked; limits of your own are welcome as long as they answer as `wrong`."
)
PATTERN: Final = "^[0-9]{1,20}$"
WHO: Final = {
    "type": "string",
    "pattern": r"^\+?[0-9]{1,20}$",
    "description": "As it was keyed: an account's number, or a registered phone as it is dialled at home or in E.164.",
}
# What a question may be about: what it is and words for it, or a schema.
ASKED: Final[Mapping[str, str | Mapping[str, Any]]] = {
    "who": WHO,
    "pin": {"type": "string", "pattern": PATTERN, "format": "password", "description": "The PIN, as keyed."},
    "code": {"type": "string", "pattern": PATTERN, "format": "password", "description": "The one-time code, as keyed."},
    "holder": "digits: The number of the account, as you told it.",
    "nth": {"type": "string", "pattern": "^[1-9][0-9]{0,2}$", "description": "Which one, counted from 1."},
    "payment": "digits: The number of a payment, as keyed.",
    "order": "digits: The number of an order, as keyed.",
    "day": "date: The day, in China, as keyed.",
    "amount": "amount: The amount in fen, as keyed.",
    "subscription": "digits: The number of a subscription, as you told it.",
    "language": {
        "type": "string",
        "pattern": "^[A-Za-z0-9-]{2,35}$",
        "description": "What the caller hears and reads, as in RFC 5646: zh, en.",
    },
    "matter": {"type": "string", "minLength": 1, "maxLength": 100, "description": "What the call is about."},
    "suspect": {
        "type": "string",
        "pattern": r"^\+?[0-9]{1,20}$",
        "description": "A phone number, short number or code, as keyed.",
    },
}
HEADERS: Final[Mapping[str, Any]] = {
    name: {"name": name, "in": "header", "required": True, "schema": schema, "description": words}
    for name, schema, words in (
        (
            "Idempotency-Key",
            {"type": "string", "pattern": "^[!-~]{1,200}$"},
            "Names the request: the same key, the same answer, and nothing done twice.",
        ),
        ("Content-Digest", {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"}, "RFC 9530."),
        ("Signature-Input", {"type": "string", "pattern": "^sig=\\("}, "RFC 9421: what is signed, and when."),
        ("Signature", {"type": "string", "pattern": "^sig=:[A-Za-z0-9+/]{43}=:$"}, "RFC 9421: HMAC-SHA256."),
    )
}
PROBLEM: Final = {
    "title": "Problem",
    "description": "RFC 9457, with nothing of a customer's in it.",
    "type": "object",
    "properties": {"title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
    "required": ["title", "status"],
}
ERRORS: Final[Mapping[str, str]] = {
    "400": "The request is against this document.",
    "401": "It is not signed, or not by us, or was sent before.",
    "409": "The `Idempotency-Key` was another request's.",
    "429": "You cannot take this now, and have done nothing.",
    "500": "A fault of yours.",
    "503": "You cannot answer now.",
    "504": "You cannot answer in time.",
}
SIGNATURE: Final = {
    "type": "http",
    "scheme": "signature",
    "description": "HTTP Message Signatures (RFC 9421), hmac-sha256; see above.",
}
QUESTIONS: Final[Mapping[str, str]] = {
    "account": "Whose account it is. The number or phone that a customer keyed.",
    "check_pin": "Whether it is the account's PIN.",
    "send_code": "Send a one-time code by SMS to the account's registered phone. It replaces the one before, and is "
    "good for ten minutes. Nothing is sent for an unknown account, and that is not told.",
    "check_code": "Whether it is the one-time code that was sent. It is right once, and within five checks at most.",
    "freeze_reason": "Whether the account is frozen, and why.",
    "failed_payment": "The nth last payment that failed, 1 being the last, and why.",
    "payment": "Where the money of a payment is.",
    "topup": "What became of a top-up, told by its day and amount.",
    "withdrawal": "What became of the last withdrawal, or why it failed.",
    "refund": "What became of an order's refund.",
    "cancel": "Take back a payment that is still on its way.",
    "subscription": "The nth subscription that still runs. Those that ended are not counted.",
    "unsubscribe": "End a subscription.",
    "open_case": "Open a case for your staff about what the customer rang for. Where one is open about the same, that "
    "one is told.",
    "freeze": "Hold the account for a while, as its holder fears for it. It can be lifted, and ends by itself.",
    "ours": "Whether a number or code that somebody was called or written by is the wallet's own.",
}
PAID: Final = "with `paid`, its amount, and `paid_on`, its day"
OUTCOMES: Final[Mapping[str, Mapping[str, str]]] = {
    "account": {
        "found": "with `holder`, its number, and `registered`, its phone",
        "unknown": "there is no such account",
    },
    "check_pin": {"right": "with the account's number and phone", "wrong": "or the account is unknown"},
    "send_code": {"sent": "or the account is unknown"},
    "check_code": {"right": "with the account's number and phone", "wrong": "or used up, too old, or unknown"},
    "freeze_reason": {
        "none": "it is not frozen",
        "attempts": "too many wrong passwords; `until` when",
        "risk": "by risk control",
        "breach": "for a breach of the terms",
        "held": "by a hold its holder asked for; `until` when",
    },
    "failed_payment": {
        "balance": f"the balance was too low; {PAID}",
        "limit": f"over a limit; {PAID}",
        "network": f"the connection failed; {PAID}",
        "merchant": f"the merchant refused; {PAID}",
        "card": f"the bank refused the card; {PAID}",
        "none": "no more payments failed",
    },
    "payment": {
        "credited": f"with the recipient; {PAID}",
        "pending": f"still on its way; {PAID}",
        "returning": f"on its way back; {PAID}",
        "returned": f"back; {PAID}",
        "unknown": "no payment of this account",
    },
    "topup": {
        "credited": "in the wallet",
        "pending": "still with the bank",
        "returned": "sent back to the card",
        "failed": "it failed, and nothing was taken",
        "unknown": "there is none of this day and amount",
    },
    "withdrawal": {
        "paid": "paid out; `asked` is its amount",
        "pending": "under way; `asked` is its amount",
        "identity": "the holder has not proven who they are",
        "over_once": "over the limit `once` for one; `asked` is its amount, `daily` the limit of a day",
        "over_day": "over the limit `daily` of a day; `asked` is its amount, `once` the limit for one",
        "frozen": "the account is frozen",
        "inactive": "the account is not active",
        "channel": "the bank's channel failed; `asked` is its amount",
        "none": "there was none",
    },
    "refund": {
        "paid": "paid; `refunded` is its amount, `refunded_on` its day",
        "pending": "under way; `refunded` is its amount",
        "refused": "the merchant refused",
        "none": "nobody asked for one",
        "unknown": "no order of this account",
    },
    "cancel": {
        "cancelled": "taken back; `paid` is its amount",
        "late": "it has arrived",
        "unknown": "no order of this account",
    },
    "subscription": {"found": "with its number and its `price`", "none": "no more of them run"},
    "unsubscribe": {"ended": "it has ended, now or before", "unknown": "no subscription of this account"},
    "open_case": {"opened": "with the number of the new case", "open": "with the number of the one that is open"},
    "freeze": {
        "frozen": "with the number of the `hold`, and `until` when",
        "already": "it was held already; with that hold's number and `until` when",
        "capped": "it had too many holds",
    },
    "ours": {"yes": "it is ours", "no": "it is known not to be", "unknown": "neither is known"},
}
