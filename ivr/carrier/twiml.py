"""Parses and checks what a web hook answered, as Twilio does: verb records, and a numbered problem per deviation."""

from dataclasses import dataclass
from xml.etree import ElementTree  # nosec B405

from ivr.carrier import schema
from ivr.carrier.reader import Element, Reader
from ivr.carrier.reading import read_verb
from ivr.carrier.verbs import Hangup, Play, Say, Verb

MOST_BYTES = 64 * 1024
_XML = ("text/xml", "application/xml", "text/html")


@dataclass(frozen=True, slots=True)
class Problem:
    """One deviation: Twilio's number and level (`error` or `warning`), and words."""

    level: str
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that can be run, with what was amiss in it."""

    verbs: tuple[Verb, ...]
    problems: tuple[Problem, ...]


class Unusable(Exception):  # noqa: N818
    """The answer cannot be run; `code` is Twilio's number."""

    def __init__(self, code: int, text: str, url: str = "") -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.url = url
        self.noted = False


def check_answer(status: int, content_type: str, body: bytes, context: str, url: str) -> Document:
    """The document in an HTTP answer of `url`.

    Raises Unusable: 11200 for a status of 400 and over, 11750 too large, 11770 empty, 12300 no usable content
    type, and what `parse` raises. Text that is no TwiML is read aloud, and sound is played, then the call ends.
    """
    if not 200 <= status < 300:
        raise Unusable(11200, f"HTTP status {status}")
    if len(body) > MOST_BYTES:
        raise Unusable(11750, f"{len(body)} bytes are more than 64 kB")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("audio/"):
        return Document((Play(url, "", 1), Hangup()), ())
    if not body:
        raise Unusable(11770, "the body is empty")
    if kind == "text/plain":
        return _plain(body, context)
    if kind not in _XML:
        raise Unusable(12300, f"content type {content_type or '(none)'} is no TwiML")
    return parse(body, context)


def _plain(body: bytes, context: str) -> Document:
    try:
        return parse(body, context)
    except Unusable:
        text = body.decode("utf-8", "replace").strip()
        return Document((Say(text, "en-US", "man", 1), Hangup()), ())


def parse(body: bytes | str, context: str) -> Document:
    """The document in `body`, checked for `context` (one of schema's).

    Raises Unusable: 12100 ill-formed, 12102 wrong root, 13238 or 14202 a verb that its context forbids.
    """
    try:
        # Expat limits how far entities may grow, and reads none from outside.
        root = ElementTree.fromstring(body)  # nosec B314
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unusable(12100, f"not well-formed: {error}") from error
    if root.tag != "Response":
        raise Unusable(12102, f"the root element is <{root.tag}>, not <Response>")
    problems: list[Problem] = []
    reader = Reader(lambda level, code, text: problems.append(Problem(level, code, text)))
    reader.check_shape(root)
    verbs = [_allowed(reader, element, context, first=place == 0) for place, element in enumerate(root)]
    return Document(tuple(verb for verb in verbs if verb is not None), tuple(problems))


def _allowed(reader: Reader, element: Element, context: str, *, first: bool) -> Verb | None:
    name = element.tag
    if name not in schema.VERBS:
        offered = "is not offered by the practice carrier" if name in schema.NOT_OFFERED else "is no verb"
        reader.warn(12200, f"<{name}> {offered}")
        return None
    if name not in schema.ALLOWED[context]:
        _forbidden(reader, name, context)
        return None
    if name in schema.UNDOCUMENTED.get(context, ()):
        reader.warn(12200, f"<{name}> is undocumented in a {context} document")
    if name == "Reject" and not first:
        reader.warn(12200, "<Reject> is not the first verb, so the call was answered before")
    return read_verb(reader, element)


def _forbidden(reader: Reader, name: str, context: str) -> None:
    if context in schema.FATAL:
        raise Unusable(schema.FATAL[context], f"<{name}> is not allowed in a {context} document")
    if name == "Dial":
        reader.fail(13201, f"<Dial> is not allowed in a {context} document")
    else:
        reader.warn(12200, f"<{name}> is not allowed in a {context} document")
