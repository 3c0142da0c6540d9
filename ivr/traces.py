"""Calls as traces for OpenTelemetry: what is done for a call is one trace, whose number is the call's own."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from secrets import randbits
from typing import TYPE_CHECKING, Any, Final

from ivr.tally import Piece

if TYPE_CHECKING:  # It is installed where somebody wants it.
    from opentelemetry.sdk.resources import Resource

NOT_INSTALLED: Final = "OTEL_EXPORTER_OTLP_ENDPOINT needs what is not installed: pip install -e '.[traces]'"
PATH: Final = "/v1/traces"
SERVICE: Final = "hotline"
CALL: Final = re.compile(r"CA([0-9a-f]{32})")
HALF: Final = (1 << 64) - 1
PATIENCE: Final = 3.0  # Seconds; a process that ends waits for the collector, too.
BAD: Final = ("failed", "unavailable", "no answer", "too many", "its fault", "refused")


@dataclass(frozen=True, slots=True)
class Traces:
    """Hands spans to a `processor`, which sends them some seconds later, many at once, and drops what is too much.

    The span of a whole call is told as it ends; those of its turns and of what was asked for it stand below that.
    """

    processor: Any
    resource: "Resource"

    def heard(self, piece: Piece) -> None:
        """Take in a piece of work that ended just now."""
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

        now = time.time_ns()
        call = CALL.search(piece.about)
        trace = int(call[1], 16) if call else randbits(128)
        whole = SpanContext(trace, trace & HALF or 1, False, TraceFlags(TraceFlags.SAMPLED))
        part = SpanContext(trace, randbits(64) or 1, False, whole.trace_flags)
        kinds = {"call": SpanKind.INTERNAL, "turn": SpanKind.SERVER}
        bad = piece.outcome in BAD or (piece.kind == "turn" and piece.outcome >= "500")
        name = piece.name.partition("/")[0]  # Without the turn's number: what sums spans up does so by their names.
        span = ReadableSpan(
            name=name if piece.kind in kinds else f"{piece.kind} {name}",
            context=whole if piece.kind == "call" else part,
            parent=whole if call and piece.kind != "call" else None,
            resource=self.resource,
            attributes=_told(piece) | ({"hotline.call": call[0]} if call else {}),
            kind=kinds.get(piece.kind, SpanKind.CLIENT),
            status=Status(StatusCode.ERROR, piece.outcome) if bad else Status(),
            start_time=now - int(1e9 * piece.seconds),
            end_time=now,
        )
        self.processor.on_end(span)

    def close(self) -> None:
        """Send what waits, unless that takes too long."""
        self.processor.shutdown()


def _told(piece: Piece) -> dict[str, str | int]:
    if piece.kind == "turn":
        return {"http.response.status_code": int(piece.outcome), "url.path": f"/voice/{piece.name}"}
    return {"hotline.outcome": piece.outcome} if piece.outcome else {}


def installed() -> bool:
    """Return whether what sends traces is there."""
    try:
        import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        return False
    return True


def traces(endpoint: str, headers: Mapping[str, str]) -> Traces:
    """Return what sends traces there, by OTLP over HTTP; raise ImportError where that is not installed.

    Service and attributes are named by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, as everywhere.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(endpoint.rstrip("/") + PATH, headers=dict(headers), timeout=PATIENCE)
    return Traces(
        BatchSpanProcessor(exporter), Resource({"service.name": SERVICE}).merge(OTELResourceDetector().detect())
    )
