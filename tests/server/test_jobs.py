from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from gemel.errors import DataError
from gemel.files import write_json
from gemel.gallery import Gallery
from gemel.server import API
from gemel.server.jobs import Jobs
from tests.server.conftest import png


def finished(get: Callable[[], Any], seconds: float = 60) -> Any:
    """Return what ``get`` gives once its state is one of the last."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = get()
        state = job["state"] if isinstance(job, dict) else job.state
        if state in ("done", "failed"):
            return job
        time.sleep(0.02)
    raise AssertionError("not finished")


def zipped(names: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_a_zip_of_classes_comes_in_and_an_export_goes_out(client: TestClient, gallery: Gallery) -> None:
    content = zipped({"d3/a.png": png(3), "d3/b.png": png(3, 1), "d4/a.png": png(4), "d4/broken.png": b"x"})
    reply = client.post(f"{API}/jobs/import", files={"file": ("x.zip", content, "application/zip")})
    assert reply.status_code == 202
    job = finished(lambda: client.get(f"{API}/jobs/{reply.json()['id']}").json())
    assert (job["state"], job["result"]["references"], len(job["result"]["skipped"])) == ("done", 3, 1)
    assert gallery.labels() == ["c0", "c1", "c2", "d3", "d4"]
    name = client.post(f"{API}/jobs/export").json()["id"]
    assert finished(lambda: client.get(f"{API}/jobs/{name}").json())["result"] == {"references": 9}
    given = client.get(f"{API}/jobs/{name}/result")
    assert given.headers["content-type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(given.content)).testzip() is None
    assert [job["kind"] for job in client.get(f"{API}/jobs").json()["items"]] == ["export", "import"]
    assert [change["action"] for change in client.get(f"{API}/audit").json()["items"]] == ["export", "import"]


@pytest.mark.parametrize("content", [b"no zip", b"", zipped({"../../out/a.png": png(3)}), zipped({"a.png": b"x"})])
def test_what_is_no_zip_of_pictures_fails_and_is_told_so(client: TestClient, gallery: Gallery, content: bytes) -> None:
    name = client.post(f"{API}/jobs/import", files={"file": ("/etc/x.zip", content, "application/zip")}).json()["id"]
    job = finished(lambda: client.get(f"{API}/jobs/{name}").json())
    assert job["state"] == "failed" or job["result"]["references"] == 0
    assert "/tmp" not in job["message"]
    assert gallery.labels() == ["c0", "c1", "c2"]
    assert client.get(f"{API}/jobs/{name}/result").status_code == 404


def test_imports_want_a_file(client: TestClient) -> None:
    assert client.post(f"{API}/jobs/import", json={}).status_code == 415
    assert client.post(f"{API}/jobs/import", files={"other": b"x"}).status_code == 422
    assert client.post(f"{API}/jobs/adopt", json={"model": "/etc/passwd"}).status_code == 422


def test_the_gallery_goes_over_to_a_known_model(
    serve: Callable[..., TestClient], gallery: Gallery, other_run: Path
) -> None:
    client = serve(models={"other": str(other_run)})
    former = gallery.model.gathering
    before = client.get(f"{API}/health").json()["model"]["fingerprint"]
    name = client.post(f"{API}/jobs/adopt", json={"model": "other"}).json()["id"]
    job = finished(lambda: client.get(f"{API}/jobs/{name}").json())
    assert (job["state"], job["result"].get("references")) == ("done", 6), job
    after = client.get(f"{API}/health").json()["model"]["fingerprint"]
    assert after == job["result"]["model"] != before
    models = client.get(f"{API}/models").json()
    assert [model["fingerprint"] for model in models["items"] if model["active"]] == [after]
    assert client.post(f"{API}/identify", files={"file": ("a.png", png(0), "image/png")}).json()["model"] == after
    assert models["known"] == ["other"]
    former.join(10)
    assert not former.alive
    assert gallery.model.gathering.alive


def test_a_stopped_job_is_gone_on_with_at_the_next_start(tmp_path: Path) -> None:
    begun, turns = threading.Event(), []

    def work(job: Any, progress: Callable[[int, int], None]) -> dict[str, int]:
        turns.append(job.arguments["x"])
        for done in range(1000 if len(turns) == 1 else 3):
            begun.set()
            progress(done, 3)
            time.sleep(0.01)
        return {"x": job.arguments["x"]}

    first = Jobs(tmp_path / "jobs", {"work": work})
    first.start()
    name = first.add(first.new_id(), "work", "me", x=5).id
    waiting = first.add(first.new_id(), "work", "me", x=6).id
    assert begun.wait(10)
    first.close()
    (tmp_path / "jobs" / "broken.json").write_text("{")
    (tmp_path / "jobs" / "0123.zip").write_bytes(b"what came before a kill, its job not taken")
    (tmp_path / "jobs" / f"{waiting}.zip").write_bytes(b"what a job takes")
    second = Jobs(tmp_path / "jobs", {"work": work})
    second.start()
    assert not (tmp_path / "jobs" / "0123.zip").exists()
    assert finished(lambda: second.get(name)).result == {"x": 5}
    assert finished(lambda: second.get(waiting)).result == {"x": 6}
    second.close()
    assert turns == [5, 5, 6]


def test_a_job_that_fails_ends_alone(tmp_path: Path) -> None:
    def work(job: Any, progress: Callable[[int, int], None]) -> dict[str, int]:
        if job.arguments["how"] == "told":
            raise DataError("no such thing")
        return {"x": 1 // job.arguments["how"]}

    jobs = Jobs(None, {"work": work})
    jobs.start()
    names = [jobs.add(jobs.new_id(), "work", "me", how=how).id for how in ("told", 0, 1)]
    told, failed, done = (finished(lambda name=name: jobs.get(name)) for name in names)
    assert (told.state, told.message) == ("failed", "no such thing")
    assert (failed.state, failed.message) == ("failed", "The server failed; its log tells more.")
    assert done.result == {"x": 1}
    jobs.close()
    assert not jobs.folder.exists()


def test_a_job_that_cannot_be_written_down_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(tmp_path / "jobs", {"work": lambda job, progress: {}})
    first, second = jobs.new_id(), jobs.new_id()

    def write(path: Path, content: Any) -> None:
        if path.stem == first and content["state"] != "waiting":
            raise OSError("no space left on device")
        write_json(path, content)

    monkeypatch.setattr("gemel.server.jobs.write_json", write)
    jobs.folder.mkdir()
    for name in (first, second):
        jobs.add(name, "work", "me")
    jobs.start()
    assert finished(lambda: jobs.get(second)).state == "done"
    jobs.close()
