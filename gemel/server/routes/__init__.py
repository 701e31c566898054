"""The routes, one group a file."""

from gemel.server.routes import (
    attempts,
    audit,
    classes,
    embed,
    health,
    identify,
    jobs,
    metrics,
    models,
    references,
    search,
    thresholds,
    verify,
)

#: In the order in which OpenAPI tells them.
QUESTIONS = (identify, verify, search, embed)
GROUPS = (health, classes, references, *QUESTIONS, attempts, thresholds, jobs, models, audit, metrics)
ROUTERS = tuple(group.router for group in GROUPS)

__all__ = ["ROUTERS"]
