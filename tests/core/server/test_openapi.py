"""The OpenAPI document says what the server does."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks

from tests.core.server.processes import Servers

CONFORMANCE = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def test_every_route_answers_as_documented(serve: Servers) -> None:
    server = serve("tasks")
    document = server.http.get("/openapi.json").json()
    document.pop("servers", None)
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=server.url)
    tried = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def answers(case: Any) -> None:
            if "env_name" in case.path_parameters:
                case.path_parameters["env_name"] = "Quiz"
            response = case.call_and_validate(checks=CONFORMANCE)
            # the one failure of the server that a client can ask for is a deadline of next to nothing
            assert response.status_code < 500 or (response.status_code == 504 and case.body["timeout_s"] < 1)

        answers()
        tried.append(operation.label)
    assert {"POST /reset", "POST /step", "GET /state", "POST /mcp", "POST /{env_name}/task"} <= set(tried)
