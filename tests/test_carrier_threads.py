"""The practice carrier over real HTTP and from many threads: nothing waits for anything it need not wait for."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from flask import Flask, Response, make_response, request
from werkzeug.serving import make_server

from ivr.carrier.caller import Caller
from ivr.carrier.clock import SimulatedClock
from ivr.carrier.company import Carrier
from ivr.carrier.cues import Saying, Talking
from ivr.carrier.leg import Leg
from ivr.carrier.signals import Moved, Request
from ivr.carrier.web import BrokenOffError, http_sender
from tests.carrier_site import ACCOUNT, AGENT, CUSTOMER, HOTLINE, START, TOKEN, company, texts

PATIENCE = 60.0


class Server:
    """A web site on loopback whose pages are functions."""

    def __init__(self) -> None:
        self.app = Flask(__name__)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def page(self, path: str, answer: Callable[[], str]) -> None:
        def view() -> Response:
            return Response(f"<Response>{answer()}</Response>", content_type="text/xml")

        self.app.add_url_rule(path, path, view, methods=["GET", "POST"])

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


def real(server: Server, pool: ThreadPoolExecutor | None = None) -> Carrier:
    background = None if pool is None else lambda job: pool.submit(job) and None
    carrier = Carrier(ACCOUNT, TOKEN, SimulatedClock(START), background=background)
    carrier.number(HOTLINE, f"{server.base}/in")
    return carrier


def until(leg: Leg, there: Callable[[], bool]) -> None:
    """Wait for a leg to come to something, in real time."""
    while not there():
        assert leg.wait_beyond(leg.turn, PATIENCE) or there()


def test_a_form_with_every_kind_of_letter_arrives_as_it_was_sent(server: Server) -> None:
    seen: list[dict[str, str]] = []
    server.page("/in", lambda: seen.append(request.form.to_dict()) or "<Say>hi</Say>")
    extra = {"FromState": "Köln", "CallerName": "王小明 & söhne + 1", "Empty": ""}
    caller = Caller(real(server), CUSTOMER, HOTLINE, extra)
    assert texts(caller.listen()) == ["hi"]
    assert {name: seen[0][name] for name in extra} == extra


def test_the_sender_keeps_several_cookies_and_follows_no_redirect(server: Server) -> None:
    def view() -> Response:
        answer = make_response("", 302)
        answer.headers["Location"] = "/elsewhere"
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    server.app.add_url_rule("/move", "move", view, methods=["POST"])
    answer = http_sender()(f"{server.base}/move", [("x", "y")], {}, (1, 1))
    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")
    assert [line.partition(";")[0] for line in answer.headers["set-cookie"].splitlines()] == ["a=1", "b=2"]


def raw(answer: bytes) -> tuple[str, threading.Thread]:
    """A server that takes one request, sends `answer` and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", thread


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", TimeoutError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<Resp", BrokenOffError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<Re", BrokenOffError),
    ],
)
def test_a_server_that_dies_is_told_from_one_that_cannot_be_reached(answer: bytes, failure: type[OSError]) -> None:
    url, thread = raw(answer)
    with pytest.raises(failure):
        http_sender()(url, [], {}, (1, 2))
    thread.join()


def test_nobody_there_and_nobody_answering_are_two_things(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        with pytest.raises(TimeoutError):
            http_sender()(f"http://127.0.0.1:{port}/", None, {}, (0.2, 0.2))
    with pytest.raises(ConnectionError):
        http_sender()(f"http://127.0.0.1:{port}/", None, {}, (1, 1))


def test_a_hang_up_during_a_fetch_returns_at_once_and_counts_afterwards(
    server: Server, pool: ThreadPoolExecutor
) -> None:
    asked, let_go = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        assert let_go.wait(PATIENCE)
        return "<Say>too late</Say>"

    server.page("/in", lambda: '<Gather numDigits="1" action="/slow"/>')
    server.page("/slow", slow)
    caller = Caller(real(server), CUSTOMER, HOTLINE)
    pressing = pool.submit(caller.leg.press, "1")
    assert asked.wait(PATIENCE)
    caller.leg.hang_up()
    assert not caller.over, "the document is still on its way"
    assert not caller.leg.press("2"), "a key is lost while a document is being fetched"
    let_go.set()
    assert pressing.result(PATIENCE)
    assert caller.over
    assert caller.status == "completed"


def test_the_hotline_may_use_rest_while_it_answers_the_same_call(server: Server, pool: ThreadPoolExecutor) -> None:
    server.page("/out", lambda: "<Say>moved</Say>")
    carrier = real(server, pool)

    def first() -> str:
        leg = carrier.legs[request.form["CallSid"]]
        carrier.background(lambda: leg.signal(Moved(Request(f"{server.base}/out"))))
        return '<Say>before</Say><Pause length="60"/>'

    server.page("/in", first)
    caller = Caller(carrier, CUSTOMER, HOTLINE)
    until(caller.leg, lambda: isinstance(caller.cue, Saying) and caller.cue.text == "moved")


def test_slow_callers_do_not_hold_up_others(server: Server, pool: ThreadPoolExecutor) -> None:
    together = threading.Barrier(8)

    def meet() -> str:
        together.wait(PATIENCE)
        return "<Say>hi</Say>"

    server.page("/in", meet)
    carrier = real(server)
    callers = [pool.submit(Caller, carrier, f"+861390000{number:04}", HOTLINE) for number in range(8)]
    assert all(texts(one.result(PATIENCE).listen()) == ["hi"] for one in callers)


def race(pool: ThreadPoolExecutor, *acts: Callable[[], object]) -> None:
    """Do all of it at once."""
    together = threading.Barrier(len(acts))

    def act(one: Callable[[], object]) -> None:
        together.wait(PATIENCE)
        one()

    done, undone = wait([pool.submit(act, one) for one in acts], PATIENCE)
    assert not undone
    for one in done:
        one.result()


PAGES = {
    "/in": lambda form: (
        '<Dial action="/dialled"><Queue url="/hello">q</Queue></Dial>'
        if form["From"] == AGENT
        else '<Enqueue action="/turn" waitUrl="/wait">q</Enqueue>'
    ),
    "/wait": '<Gather numDigits="1" action="/leave"><Say>wait</Say></Gather>',
    "/leave": "<Leave/>",
    "/hello": "<Say>hello</Say>",
    "/turn": "<Say>after</Say>",
    "/dialled": "<Say>next</Say>",
}


@pytest.mark.parametrize("way", ["leaves", "hangs up", "is moved"])
def test_a_caller_goes_as_an_agent_takes_the_call(way: str, pool: ThreadPoolExecutor) -> None:
    chance = random.Random(way)
    for _ in range(60):
        carrier, site = company(PAGES)
        caller = Caller(carrier, CUSTOMER, HOTLINE)
        go = {
            "leaves": lambda leg=caller.leg: leg.press("1"),
            "hangs up": caller.leg.hang_up,
            "is moved": lambda leg=caller.leg: leg.signal(Moved(Request("http://hotline.example/leave"))),
        }[way]
        acts = [go, lambda carrier=carrier: Caller(carrier, AGENT, HOTLINE)]
        race(pool, *chance.sample(acts, 2))
        agent = next(leg for leg in carrier.legs.values() if leg.from_ == AGENT)
        results = [form["QueueResult"] for form in site.asked("/turn")]
        assert len(results) <= 1
        assert carrier.queues["q"].members == []
        caller.listen()
        together = isinstance(caller.cue, Talking)
        assert together == isinstance(agent.cue, Talking), (caller.cue, agent.cue, results)
        if not together:
            assert len(results) == 1
        agent.hang_up()
        assert len(site.asked("/turn")) == 1


def test_two_phones_answered_at_once_give_the_call_to_one(pool: ThreadPoolExecutor) -> None:
    numbers = [f"+861390000010{number}" for number in range(4)]
    nouns = "".join(f"<Number>{number}</Number>" for number in numbers)
    for _ in range(60):
        carrier, site = company({"/in": f'<Dial action="/turn">{nouns}</Dial>', "/turn": "<Pause/>"})
        caller = Caller(carrier, CUSTOMER, HOTLINE)
        legs = [carrier.phone(number).ringing for number in numbers]
        race(pool, *(leg.pick_up for leg in legs if leg is not None))
        talking = [leg for leg in legs if leg is not None and isinstance(leg.cue, Talking)]
        assert len(talking) == 1
        assert caller.cue == Talking(talking[0].to, 14400)
        race(pool, caller.leg.hang_up, talking[0].hang_up)
        assert caller.over
        assert all(leg is not None and leg.over for leg in legs)
        assert len(site.asked("/turn")) == 1


def test_a_crowd_of_callers_and_agents_all_meet(pool: ThreadPoolExecutor) -> None:
    carrier, _ = company({**PAGES, "/in": lambda form: (
        "<Dial><Queue>q</Queue></Dial>" if form["From"].startswith("+8615") else PAGES["/in"](form)
    )})  # fmt: skip
    carrier.queue("q")
    people = [f"+861{kind}0000{number:04}" for number in range(40) for kind in "35"]
    random.Random(7).shuffle(people)
    legs = list(pool.map(lambda number: carrier.dial(number, HOTLINE), people))
    assert all(isinstance(leg.cue, Talking) for leg in legs), [leg.cue for leg in legs]
    list(pool.map(Leg.hang_up, legs))
    assert all(leg.over for leg in legs)


def test_two_parties_of_a_conference_leave_at_once(pool: ThreadPoolExecutor) -> None:
    for _ in range(60):
        carrier, site = company(
            {"/in": '<Dial action="/turn"><Conference statusCallback="/callback">c</Conference></Dial>', "/turn": ""}
        )
        one, other = Caller(carrier, CUSTOMER, HOTLINE), Caller(carrier, AGENT, HOTLINE)
        race(pool, one.leg.hang_up, other.leg.hang_up)
        assert one.over
        assert other.over
        ends = [form for form in site.asked("/callback") if form["StatusCallbackEvent"] == "conference-end"]
        assert len(ends) == 1


def test_an_agent_takes_a_caller_whom_rest_has_just_moved(pool: ThreadPoolExecutor) -> None:
    agents: list[Caller] = []

    def waiting(form: dict[str, str]) -> str:
        leg = carrier.legs[form["CallSid"]]
        leg.signal(Moved(Request("http://hotline.example/turn")))
        agents.append(pool.submit(Caller, carrier, AGENT, HOTLINE).result(PATIENCE))
        return "<Say>wait</Say>"

    carrier, site = company({**PAGES, "/wait": waiting})
    caller = Caller(carrier, CUSTOMER, HOTLINE)
    assert texts(caller.listen())[-1] == "after", "the caller is where REST has sent it"
    assert [form.get("QueueResult") for form in site.asked("/turn")] == ["redirected", None]
    assert texts(agents[0].listen()) == ["next"]
    assert site.asked("/dialled")[0]["DialBridged"] == "false"
