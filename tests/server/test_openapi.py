"""The service's own description: whole, and true under whatever may be sent by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings

from gemel.server import API

#: What a path that is none is answered with, or a method that it has not.
OTHERS = {404, 405}


def description(client: TestClient) -> dict[str, Any]:
    told: dict[str, Any] = client.get(f"{API}/openapi.json").json()
    return told


def test_it_tells_every_route_with_its_errors(client: TestClient) -> None:
    told = description(client)
    problem = told["components"]["schemas"]["ProblemReply"]
    assert set(problem["properties"]) == {"code", "message", "field"}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert operation["tags"], (method, path)
            assert operation["security"] == [{"APIKeyHeader": []}], (method, path)
            assert {"401", "403", "429"} <= set(operation["responses"]), (method, path)
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ProblemReply"}, (method, path, status)


def test_questions_are_described_with_examples(client: TestClient) -> None:
    told = description(client)
    for path in ("identify", "verify", "search", "embed", "classes/{label}/verify", "classes/{label}/references"):
        content = told["paths"][f"{API}/{path}"]["post"]["requestBody"]["content"]
        assert set(content) == {"multipart/form-data", "application/json"}
        assert content["application/json"]["example"]
    for name in ("Identified", "Verified", "Found", "Enrolled", "Health", "ProblemReply"):
        assert told["components"]["schemas"][name]["example"]
    assert "$defs" not in json.dumps(told)


def answers_to(client: TestClient, chosen: Callable[[str], bool], examples: int) -> int:
    """Send what the description allows, and what it does not; return how many answers there were, none a failure."""
    answers = 0
    for found in schemathesis.openapi.from_dict(description(client)).get_all_operations():
        operation = found.ok()
        if not chosen(operation.path):
            continue
        fitting, wrong = (operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode)

        @settings(max_examples=examples, derandomize=True, database=None, phases=[Phase.generate])
        @given(case=fitting | wrong)
        def is_answered(case: Any) -> None:
            nonlocal answers
            asked = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1:8000")).prepare()
            headers = {**asked.headers, "Host": "127.0.0.1:8000"}
            reply = client.request(asked.method or "", asked.url or "", content=asked.body, headers=headers)
            answers += 1
            assert reply.status_code < 500, (case.as_curl_command(), reply.text)
            if reply.status_code >= 400:
                known = {int(status) for status in case.operation.definition.raw["responses"]} | OTHERS
                assert reply.status_code in known, (case.as_curl_command(), reply.text)
                assert set(reply.json()) == {"code", "message", "field"}

        is_answered()
    return answers


def test_no_question_is_a_failure(client: TestClient) -> None:
    assert answers_to(client, lambda path: path.endswith(("/identify", "/classes/{label}")), examples=3) >= 5


@pytest.mark.slow
def test_nothing_that_may_be_sent_is_a_failure(client: TestClient) -> None:
    assert answers_to(client, lambda path: True, examples=25) > 500
