"""What is counted, in Prometheus's words."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Methods that are counted apart; whoever makes others up must not fill the memory.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

#: Seconds that requests are sorted by.
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gemel_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "gemel_request_seconds", "How long answers took.", ["route"], registry=self.registry, buckets=BUCKETS
        )
        self.inside = Gauge("gemel_requests_inside", "Requests being worked on.", registry=self.registry)
        self.pictures = Gauge("gemel_pictures", "Pictures embedded since the model was taken.", registry=self.registry)
        self.batches = Gauge("gemel_batches", "Batches that they were embedded in.", registry=self.registry)
        self.left_out = Gauge(
            "gemel_attempts_left_out", "Attempts that were not kept: too many came at once.", registry=self.registry
        )
        self.references = Gauge("gemel_references", "References in the gallery.", registry=self.registry)

    def text(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self.registry)


class Measured:
    """Counts the requests to the routes below a prefix."""

    def __init__(self, app: ASGIApp, metrics: Metrics, api: str) -> None:
        self.app, self.metrics, self.api = app, metrics, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.api):
            await self.app(scope, receive, send)
            return
        status, start = 500, time.perf_counter()

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self.metrics.inside.track_inprogress():
            try:
                await self.app(scope, receive, send_noted)
            finally:
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in METHODS else "other"
                self.metrics.requests.labels(method, route, status).inc()
                self.metrics.seconds.labels(route).observe(time.perf_counter() - start)
