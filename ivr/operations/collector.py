"""Our figures as Prometheus reads them, put together when it asks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from ivr.flow.flow import Flow
from ivr.operations.deadline import Asked, Late
from ivr.parts import Parts
from ivr.reports.standing import Standing, Waits, standing
from ivr.store.errors import StoreError
from ivr.tally import Spread, Tally

SECONDS: Final = 2.0
LASTS: Final = 2.0
STATES: Final = ("offline", "available", "away", "ringing", "talking", "wrapping", "working")
KINDS: Final = ("call", "callback", "message")
OTHER: Final = "other"


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """All that is told at one time; without `database` that does not answer now, and what it would tell is left out."""

    parts: Parts
    now: Callable[[], datetime]
    database: Asked[Standing]

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        with self.parts.tally.still() as tally:
            own = [*_turns(tally), *_asked(tally), *_certificate(tally)]
        yield from own
        yield from self._written()
        yield from self._jobs()
        yield from _stored(self._standing(), self.parts.flow, self.now())

    def describe(self) -> list[Metric]:
        """Name nothing beforehand, as that would have the database asked."""
        return []

    def _standing(self) -> Standing | None:
        try:
            self.parts.shore.demand()
            return self.database.answer()
        except (StoreError, Late):
            return None

    def _written(self) -> Iterator[Metric]:
        journal, writer = self.parts.journal, self.parts.journal.writer
        kept, aside = self.parts.unwritten.spool.lengths()
        yield _gauge("hotline_spool_facts", "Facts on disk that the database has not taken yet.", kept)
        yield _gauge("hotline_spool_failed", "Facts set aside that can never be written.", aside)
        yield _gauge("hotline_write_queue", "Turns that wait to be written.", writer.waiting if writer else 0)
        yield _count("hotline_commits", "Commits of turns.", {(): writer.commits if writer else 0})
        yield _count("hotline_commit_turns", "Turns in them.", {(): writer.turns if writer else 0})
        yield _count("hotline_calls_ended", "Calls that ended here, by outcome.", dict(journal.outcomes), "outcome")

    def _jobs(self) -> Iterator[Metric]:
        done = {worker.name: worker.done for worker in self.parts.jobs}
        yield _count("hotline_jobs_done", "Jobs done here.", done, "kind")
        failed = {worker.name: worker.failed for worker in self.parts.jobs}
        yield _count("hotline_jobs_failed", "Jobs broken off here by an error.", failed, "kind")


def page(parts: Parts, now: Callable[[], datetime]) -> Callable[[], tuple[str, bytes]]:
    """Return what makes the page of figures: its type, and its bytes."""
    figures = CollectorRegistry(auto_describe=False)
    figures.register(Figures(parts, now, Asked(lambda: standing(parts.engine, now()), SECONDS, LASTS)))
    ProcessCollector(registry=figures)
    return lambda: (CONTENT_TYPE_PLAIN_0_0_4, generate_latest(figures))


def _turns(tally: Tally) -> Iterator[Metric]:
    yield _spread("hotline_turn_seconds", "Seconds until the carrier's requests were answered.", tally.turns, "path")
    yield _spread("hotline_place_seconds", "The same, by the menus' file a call came to.", tally.places, "place")
    yield _count("hotline_answers", "Answers to the carrier.", dict(tally.answers), "path", "status")
    yield _count("hotline_refused", "Requests on the carrier's paths that were refused.", dict(tally.refused), "reason")
    yield _count("hotline_stumbled", "Turns not by the quick way, for an error.", dict(tally.stumbled), "error")
    yield _count("hotline_lifeboat", "Answers of the lifeboat.", dict(tally.lifeboat), "why")
    yield _count("hotline_put_off", "Who was to come again, or had the lifeboat.", dict(tally.put_off), "what")
    queue = HistogramMetricFamily("hotline_server_queue_seconds", "Seconds that a request of ours stood in the queue.")
    queue.add_metric([], buckets=tally.queue.buckets(), sum_value=tally.queue.seconds)
    yield queue
    yield _gauge("hotline_turns_under_way", "Requests of the carrier that are being answered.", tally.under_way)


def _certificate(tally: Tally) -> Iterator[Metric]:
    if tally.tls_days is not None:
        words = "For how many days our certificate lasts, 0 where nobody believes it."
        yield _gauge("hotline_tls_days_left", words, tally.tls_days)


def _asked(tally: Tally) -> Iterator[Metric]:
    yield _spread("hotline_carrier_seconds", "Seconds of requests to the carrier's REST.", tally.carrier, "kind")
    errors = dict(tally.carrier_errors)
    yield _count("hotline_carrier_errors", "Requests to the carrier's REST that failed.", errors, "kind", "error")
    yield _spread("hotline_wallet_seconds", "Seconds of questions to the wallet.", tally.wallet, "question")
    answers = dict(tally.wallet_answers)
    yield _count("hotline_wallet_answers", "Questions to the wallet, by what came.", answers, "question", "outcome")


def _stored(found: Standing | None, flow: Flow, at: datetime) -> Iterator[Metric]:
    yield _gauge("hotline_database_up", "Whether the database answers.", float(found is not None))
    if found is None:
        return
    yield _gauge("hotline_calls", "Calls going on, of all servers.", found.calls)
    agents = GaugeMetricFamily("hotline_agents", "Agents by state.", labels=["state"])
    for state in STATES:
        agents.add_metric([state], found.agents.get(state, 0))
    yield agents
    yield from _waits("hotline_line", "in line", _known(found.line, flow), at, "queue", "kind")
    yield from _waits("hotline_work", "of work", found.work, at, "kind")


def _known(line: Mapping[tuple[str, str], Waits], flow: Flow) -> dict[tuple[str, str], Waits]:
    """Return who waits by queues that the menus have: those of older menus go together."""
    found: dict[tuple[str, str], Waits] = {(queue, kind): (0, None) for queue in flow.queues for kind in KINDS}
    for (queue, kind), (many, since) in line.items():
        name = (queue if queue in flow.queues else OTHER, kind if kind in KINDS else OTHER)
        before, first = found.get(name, (0, None))
        found[name] = (before + many, min((one for one in (first, since) if one), default=None))
    return found


def _waits(name: str, what: str, found: Mapping[Any, Waits], at: datetime, *labels: str) -> Iterator[Metric]:
    length = GaugeMetricFamily(f"{name}_waiting", f"How many wait {what}.", labels=labels)
    oldest = GaugeMetricFamily(f"{name}_oldest_seconds", f"How long the longest waits {what}.", labels=labels)
    for one, (many, since) in found.items():
        told = [one] if isinstance(one, str) else one
        length.add_metric(told, many)
        oldest.add_metric(told, max(0.0, (at - since).total_seconds()) if since else 0.0)
    yield from (length, oldest)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _count(name: str, words: str, counts: Mapping[Any, float], *labels: str) -> Metric:
    """Return a count by the values of its labels, which are a tuple where there is not one of them."""
    made = CounterMetricFamily(name, words, labels=labels)
    for told, count in counts.items():
        made.add_metric([told] if isinstance(told, str) else told, count)
    return made


def _spread(name: str, words: str, spreads: Mapping[str, Spread], label: str) -> Metric:
    made = HistogramMetricFamily(name, words, labels=[label])
    for told, spread in spreads.items():
        made.add_metric([told], buckets=spread.buckets(), sum_value=spread.seconds)
    return made
