"""Metrics for Prometheus; names begin with `quasar_`, times are in seconds.

Labels come from fixed sets only (routes, operations, outcomes), so that no request can create a new
series.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one service, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "quasar_http_requests",
            "Requests answered.",
            ["route", "status"],
            registry=self.registry,
        )
        self._request_s = Histogram(
            "quasar_http_request_seconds",
            "From the request's headers to the end of the answer.",
            ["route"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._orders = Counter(
            "quasar_orders",
            "Requests finished by workers.",
            ["operation", "outcome"],
            registry=self.registry,
        )
        self._order_s = Histogram(
            "quasar_order_seconds",
            "Time of a request with its worker.",
            ["operation"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._refused = Counter(
            "quasar_refused",
            "Requests refused unprocessed.",
            ["reason"],
            registry=self.registry,
        )
        self._workers_ended = Counter(
            "quasar_workers_ended",
            "Workers that ended early: killed for a limit, or lost through no fault of a request.",
            ["why"],
            registry=self.registry,
        )
        self._replayed = Counter(
            "quasar_batch_answers_replayed",
            "Items of batches answered from memory.",
            registry=self.registry,
        )
        self._busy = Gauge("quasar_workers_busy", "Workers at work.", registry=self.registry)
        self._waiting = Gauge(
            "quasar_orders_waiting", "Requests that wait for a worker.", registry=self.registry
        )

    def request(self, route: str, status: int, elapsed_s: float) -> None:
        """An answer has been sent."""
        self._requests.labels(route, str(status)).inc()
        self._request_s.labels(route).observe(elapsed_s)

    def order(self, operation: str, outcome: str, elapsed_s: float) -> None:
        """A worker has finished a request."""
        self._orders.labels(operation, outcome).inc()
        self._order_s.labels(operation).observe(elapsed_s)

    def refused(self, reason: str) -> None:
        """A request was turned away."""
        self._refused.labels(reason).inc()

    def killed(self) -> None:
        """A worker was ended because a request went over a limit."""
        self._workers_ended.labels("limit").inc()

    def lost(self) -> None:
        """A worker ended through no fault of a request."""
        self._workers_ended.labels("lost").inc()

    def replayed(self) -> None:
        """An item was answered from memory."""
        self._replayed.inc()

    def watch_busy(self, count: Callable[[], int]) -> None:
        """Where to read the number of workers at work."""
        self._busy.set_function(count)

    def watch_queue(self, length: Callable[[], int]) -> None:
        """Set the function that tells the queue's length."""
        self._waiting.set_function(length)

    def page(self) -> bytes:
        """The page that Prometheus reads."""
        return generate_latest(self.registry)
