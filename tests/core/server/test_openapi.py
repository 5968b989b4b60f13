"""The OpenAPI document says what the server does."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.core.server.processes import Servers

schemathesis = pytest.importorskip("schemathesis")

from schemathesis.specs.openapi import checks

CONFORMANCE = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def quiz(serve: Servers) -> Any:
    server = serve("tasks")
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", wait_for_schema=None)
    schema.config.update(base_url=server.url)
    return schema


schema = schemathesis.pytest.from_fixture("quiz")


@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_route_answers_as_documented(case: Any) -> None:
    if "env_name" in case.path_parameters:
        case.path_parameters["env_name"] = "Quiz"
    response = case.call_and_validate(checks=CONFORMANCE)
    # the one failure of the server that a client can ask for is a deadline of next to nothing
    assert response.status_code < 500 or (response.status_code == 504 and case.body["timeout_s"] < 1)
