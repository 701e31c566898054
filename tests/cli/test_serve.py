from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from gemel.gallery import Gallery
from gemel.gallery.database import opened
from gemel.gallery.keys import Keys
from gemel.model import Model
from tests.cli.asking import RunCommand


def test_a_key_is_printed_once_and_listed_without(run_command: RunCommand, tmp_path: Path) -> None:
    database = tmp_path / "parts.db"
    status, key, _ = run_command("keys", "create", "--gallery", database, "--scope", "enrol", "--name", "line 3")
    assert (status, key.count("\n")) == (0, 1)
    engine = opened(database)
    assert Keys(engine).who(key.strip()) == ("line 3", "enrol")
    engine.dispose()
    told = json.loads(run_command("keys", "create", "--gallery", database, "--scope", "read", "--json")[1])
    assert (told["name"], told["scope"]) == ("read 2", "read")
    listed = run_command("keys", "list", "--gallery", database)[1]
    assert "line 3: enrol, made " in listed
    assert key.strip() not in listed
    assert run_command("keys", "revoke", "line 3", "--gallery", database)[1] == "1 revoked.\n"
    assert "revoked" in run_command("keys", "list", "--gallery", database)[1]
    assert "error: Unknown scope" in run_command("keys", "create", "--gallery", database, "--scope", "root")[2]


def test_what_cannot_be_served_is_refused(run_command: RunCommand, tmp_path: Path, tiny_model: Model) -> None:
    tiny_model.save(tmp_path / "run")
    arguments = ("serve", tmp_path / "run", "--gallery", tmp_path / "parts.db", "--no-page", "--port", 0)
    status, _, err = run_command(*arguments, "--host", "0.0.0.0")
    assert (status, "no API key is made" in err.replace("\n", " ")) == (2, True)
    status, _, err = run_command(*arguments, "--host", "192.0.2.1")
    assert (status, "cannot be listened on" in err) == (2, True)


def test_a_server_answers_and_ends_when_told(tmp_path: Path, tiny_model: Model, glyph_folder: Path) -> None:
    tiny_model.save(tmp_path / "run")
    with Gallery(tmp_path / "parts.db", tiny_model) as gallery:
        gallery.enrol("ka", glyph_folder / "alphabet00" / "character00" / "writer00.png")
    code = "from gemel.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", str(tmp_path / "run"), "--gallery", str(tmp_path / "parts.db")]
    options = ["--no-page", "--port", "0", "--jobs", str(tmp_path / "jobs")]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split(" at ")[1].split()[0]

        def ask(path: str) -> Any:
            with urllib.request.urlopen(f"{address}/api/v1/{path}", timeout=60) as reply:
                return json.load(reply)

        end = time.monotonic() + 60
        while not ask("health")["ready"] and time.monotonic() < end:
            time.sleep(0.1)
        assert ask("classes")["items"][0]["label"] == "ka"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (0, -signal.SIGTERM)
        assert "Traceback" not in process.stderr.read()
