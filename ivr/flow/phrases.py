"""What is said in the same words wherever it is needed: at prompts, in talks, in the lifeboat, around the wallet."""

from ivr.flow.node import Invitation, Piece, Unspoken, Words


class Phrases(Piece):
    """What is said in the same words wherever it is needed.

    Whose agent was lost hears `unreached` in menus without `lost`.
    """

    silence: Words
    wrong: Words
    form: Words
    keyed_digits: Words
    keyed_amount: Words
    keyed_date: Words
    right: Invitation
    redo: Invitation
    finish: Invitation
    point: Invitation
    spoken: Invitation
    reached: Invitation
    person: Invitation
    back: Invitation
    again: Invitation
    apology: Words
    leave: Invitation
    message: Words
    thanks: Words
    take: Invitation
    gone: Words
    recorded: Words
    minutes: Words
    fewer_agents: Words
    urgent: Words
    slower: Words
    closing: Words
    nobody: Words
    queued: Words
    stay: Words
    sending: Words
    unreached: Words
    callback: Words
    called: Words
    connect: Invitation
    missed: Words
    later: Words
    assist: Words
    outside: Words
    watch: Words
    lost: Words | None = None


class Lifeboat(Piece):
    """What callers hear while all else is away, and the matter that goes before everything then: thefts.

    With `freeze` and `held`, who reports one can have the wallet frozen, as long as it can be asked; `text` is the SMS
    that tells its owner.
    """

    matter: str
    greeting: Words
    report: Words
    any_key: Words
    message: Words
    theft: Words
    reported: Words
    hours: Words
    closed: Words
    freeze: Words | None = None
    held: Words | None = None
    text: Unspoken | None = None


class Asking(Piece):
    """What is said around the questions to the wallet: while it is asked, and while callers prove who they are.

    What is `wrong` is said to be neither the number nor the PIN, so that nobody learns which accounts there are.
    What is limited by one way leads to the other, which `pin_limited` and `code_limited` tell, in menus that have
    these words; `limited` tells the end.
    """

    looking: Words
    who: Words
    who_help: Words
    by_pin: Invitation
    by_code: Invitation
    pin: Words
    sent: Words
    code: Words
    again: Invitation
    wrong_pin: Words
    wrong_code: Words
    limited: Words
    proven: Words
    pin_limited: Words | None = None
    code_limited: Words | None = None
