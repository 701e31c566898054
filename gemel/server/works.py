"""What jobs do: bring pictures in, write the gallery out, go over to another model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gemel.errors import DataError, GemelError, did_you_mean
from gemel.gallery import Gallery
from gemel.loading import load
from gemel.server.gathered_model import gathered
from gemel.server.jobs import Job, Jobs, Progress, Work
from gemel.server.settings import Settings


def works(gallery: Gallery, settings: Settings, jobs: Jobs) -> dict[str, Work]:
    """Return what does each kind of job; all of them may be begun again after a stop.

    Args:
        gallery: whose work it is.
        settings: which models it may go over to.
        jobs: knows the files that jobs take and give.
    """

    def bring_in(job: Job, progress: Progress) -> Mapping[str, Any]:
        path = jobs.taken(job.id)
        try:
            found = gallery.exchange.import_from(path, progress, who=job.who).to_json()
        except GemelError as error:
            raise DataError(str(error).replace(str(path), "the file")) from error
        gallery.audit.record(job.who, "import", references=found["references"])
        return {**found, "skipped": found["skipped"][:100]}

    def write_out(job: Job, progress: Progress) -> Mapping[str, Any]:
        count = gallery.exchange.export(jobs.given(job.id), progress)
        gallery.audit.record(job.who, "export", references=count)
        return {"references": count}

    def adopt(job: Job, progress: Progress) -> Mapping[str, Any]:
        name = str(job.arguments["model"])
        if name not in settings.models:
            raise DataError(f"There is no model '{name}'.{did_you_mean(name, settings.models)}")
        model = gathered(load(settings.models[name]), settings.patience, settings.processes)
        count = gallery.models.adopt(model, progress)
        gallery.audit.record(job.who, "adopt", model=name, fingerprint=model.fingerprint)
        return {"references": count, "model": model.fingerprint}

    return {"import": bring_in, "export": write_out, "adopt": adopt}
