"""Serves the page for the tests in a browser: ``python -m tests.pages.serve PORT GALLERY [--runs RUNS]``."""

from __future__ import annotations

import argparse

import uvicorn

import gemel
from gemel.pages import mount
from gemel.server import create_app

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("gallery")
    parser.add_argument("--runs", default="runs")
    given = parser.parse_args()
    model = gemel.load("characters")
    gallery = gemel.Gallery(given.gallery, model)
    app = create_app(model, gallery)
    mount(app, model, gallery, given.runs)
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning")
