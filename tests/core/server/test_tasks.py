"""The task API."""

import httpx
import pytest

from tests.core.server.processes import Served, Servers


@pytest.fixture
def quiz(serve: Servers) -> Served:
    return serve("tasks")


def test_splits(quiz: Served) -> None:
    assert quiz.http.get("/Quiz/splits").json() == [
        {"name": "train", "type": "train"},
        {"name": "hard", "type": "validation"},
        {"name": "test", "type": "test"},
    ]


def test_tasks(quiz: Served) -> None:
    tasks = [{"split": "hard", "question": number} for number in range(10)]
    assert quiz.post("/Quiz/tasks", {"split": "hard"}).json() == {"tasks": tasks, "env_name": "Quiz"}
    assert quiz.post("/Quiz/num_tasks", {"split": "hard"}).json() == {"num_tasks": 10}
    assert quiz.post("/Quiz/task", {"split": "hard", "index": 3}).json() == {"task": tasks[3]}
    for bounds, chosen in (
        ({"start": 2, "stop": 4}, tasks[2:4]),
        ({"start": 8}, tasks[8:]),
        ({"stop": 1}, tasks[:1]),
        ({}, tasks),
    ):
        assert quiz.post("/Quiz/task_range", {"split": "hard", **bounds}).json() == {"tasks": chosen}


@pytest.mark.parametrize("name", ["quiz", "QUIZ", "qUIZ"])
def test_the_name_s_case_does_not_matter(quiz: Served, name: str) -> None:
    assert quiz.http.get(f"/{name}/splits").status_code == 200


def asked(server: Served, name: str) -> list[httpx.Response]:
    return [
        server.http.get(f"/{name}/splits"),
        server.post(f"/{name}/tasks", {"split": "train"}),
        server.post(f"/{name}/num_tasks", {"split": "train"}),
        server.post(f"/{name}/task", {"split": "train", "index": 0}),
        server.post(f"/{name}/task_range", {"split": "train"}),
    ]


def test_another_environment_s_name(quiz: Served) -> None:
    for response in asked(quiz, "TaskEnvironment"):
        expected = {"detail": "unknown environment 'TaskEnvironment'"}
        assert (response.status_code, response.json()) == (404, expected)


def test_environments_without_tasks(serve: Servers) -> None:
    methods = ["list_splits", "list_tasks", "num_tasks", "get_task", "get_task_range"]
    for method, response in zip(methods, asked(serve("echo"), "EchoEnvironment"), strict=True):
        expected = {"detail": f"{method} is not supported for this environment"}
        assert (response.status_code, response.json()) == (501, expected)


def test_indices_out_of_range(quiz: Served) -> None:
    response = quiz.post("/Quiz/task", {"split": "hard", "index": 10})
    assert (response.status_code, response.json()) == (400, {"detail": "Invalid task index"})


def test_an_environment_that_fails(quiz: Served) -> None:
    response = quiz.post("/Quiz/num_tasks", {"split": "unknown"})
    assert (response.status_code, response.json()) == (500, {"detail": "'unknown'", "code": "EXECUTION_ERROR"})
    assert quiz.active == 0


@pytest.mark.parametrize(
    ("path", "body", "location"),
    [
        ("tasks", {}, "split"),
        ("num_tasks", {"split": 5}, "split"),
        ("task", {"split": "train"}, "index"),
        ("task", {"split": "train", "index": "first"}, "index"),
        ("task_range", {"split": "train", "start": 1.5}, "start"),
        ("tasks", {"split": "train", "extra": 1}, "extra"),
    ],
)
def test_invalid_bodies(quiz: Served, path: str, body: dict[str, object], location: str) -> None:
    response = quiz.post(f"/Quiz/{path}", body)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", location]
