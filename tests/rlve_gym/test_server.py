"""A server of RLVE_Gym in a real process, played by real clients."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from openenv.core.errors import EnvConnectionError, EnvironmentFailureError, InvalidRequestError, ServerError
from RLVE_Gym import RlveGymAction, RlveGymEnv, problems
from RLVE_Gym.models import RlveGymBatchItem

DIRECTORY = Path(__file__).parents[2] / "envs" / "RLVE_Gym"
ENDLESS = 10**12


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    variables = {"RLVE_GYM_WORKERS": "2", "RLVE_GYM_MAX_BATCH_OUTPUTS": "500"}
    with RlveGymEnv.from_process(DIRECTORY, env_vars=variables) as owner:
        yield owner.base_url


@pytest.fixture(scope="module")
def impatient() -> Iterator[str]:
    """A server whose limits are short, for light problems only."""
    variables = {
        "RLVE_GYM_WORKERS": "2",
        "RLVE_GYM_GENERATION_TIMEOUT_S": "1.5",
        "RLVE_GYM_VERIFICATION_TIMEOUT_S": "1.5",
    }
    with RlveGymEnv.from_process(DIRECTORY, env_vars=variables) as owner:
        yield owner.base_url


@pytest.fixture
def env(url: str) -> Iterator[RlveGymEnv]:
    with RlveGymEnv(base_url=url) as client:
        yield client


def right(env: RlveGymEnv) -> str:
    parameter = env.problem.parameter
    assert parameter is not None
    return f"{env.problem.answer_markers[0]}{parameter['reference_answer']}{env.problem.answer_markers[1]}"


def test_quick_start(env: RlveGymEnv) -> None:
    result = env.reset()
    assert (result.reward, result.done, result.observation.success) == (None, False, True)
    assert env.state().problem_input == result.observation.problem_input == "\n".join(multiplication_prompt())
    outputs = ("Wrong Format", "<answer>0</answer>", right(env))
    verdicts = [env.step(RlveGymAction(output=output)).observation.verifier_result for output in outputs]
    assert verdicts == [
        {"reward": -1.0, "accuracy": 0, "format_score": 0},
        {"reward": 0.0, "accuracy": 0, "format_score": 1},
        {"reward": 1.0, "accuracy": 1, "format_score": 1},
    ]
    state = env.state()
    assert (state.seed, state.num_samples, state.sum_accuracy, state.step_count) == (1, 3, 1, 3)


def multiplication_prompt() -> list[str]:
    problem = problems.get("Multiplication")
    return problem.prompt(problem.generate(0, 0)).split("\n")


@pytest.mark.parametrize("entry", problems.find(), ids=lambda entry: entry.identifier)
def test_every_problem_is_posed_and_judged(env: RlveGymEnv, entry: problems.Entry) -> None:
    assert env.reset(environment_identifier=entry.identifier, difficulty=1, seed=2).observation.success
    problem = env.problem
    for output in ("no", right(env)):
        assert env.step(RlveGymAction(output=output)).observation.verifier_result == problem.verifier(output)
    assert env.state().sum_accuracy == 1


def test_the_answer_does_not_travel(url: str) -> None:
    for identifier in ("Sudoku", "MinimumSpanningTree", "KnightsAndKnaves"):
        with RlveGymEnv(base_url=url) as env:
            env.reset(environment_identifier=identifier, difficulty=2, seed=1)
            parameter = env.problem.parameter
            assert parameter is not None
            state = env.state().model_dump(mode="json")
        assert "reference_answer" not in json.dumps(state)
        assert set(state) == {
            "episode_id",
            "step_count",
            "seed",
            "problem_input",
            "num_samples",
            "sum_accuracy",
            "environment_identifier",
            "level",
            "problem_seed",
            "answer_markers",
            "arguments",
        }
        assert parameter["reference_answer"] not in str(state["problem_input"])


def test_two_sessions_with_the_same_configuration_and_seed_get_the_same_problems(url: str) -> None:
    def play() -> list[str | None]:
        with RlveGymEnv(base_url=url) as env:
            plan: list[dict[str, Any]] = [{"environment_identifier": "Sorting=2,Sudoku", "difficulty": 2}] * 5
            plan += [{"environment_identifier": ["Knapsack", "Sorting"], "seed": 40 + i} for i in range(5)]
            return [env.reset(**arguments).observation.problem_input for arguments in plan]

    with ThreadPoolExecutor(4) as threads:
        first, *others = [future.result() for future in [threads.submit(play) for _ in range(4)]]
    assert None not in first
    assert others == [first] * 3
    assert len(set(first)) > 5


def test_markers_and_arguments_reach_the_client(env: RlveGymEnv) -> None:
    env.reset(
        environment_identifier="Sorting",
        difficulty=1,
        answer_markers=("\\boxed{", "}"),
        arguments={"Sorting": {"wrong_format": -0.25}},
    )
    assert right(env).startswith("\\boxed{")
    assert env.step(RlveGymAction(output=right(env))).reward == 1.0
    assert env.step(RlveGymAction(output="<answer>1</answer>")).reward == -0.25
    assert env.problem.verifier("none")["reward"] == -0.25


def test_a_wrong_reset_is_told_and_the_session_goes_on(env: RlveGymEnv) -> None:
    env.reset(environment_identifier="Sorting")
    before = env.state()
    for arguments, words in (
        ({"environment_identifier": "Sortin"}, "did you mean Sorting"),
        ({"difficulty": "hard"}, "integer >= 0 or 'adaptive'"),
        ({"answer_markers": 3}, "two non-empty strings"),
        ({"arguments": {"Sorting": {"x": 1}}}, "no argument 'x'"),
    ):
        with pytest.raises(EnvironmentFailureError, match=words):
            env.reset(**arguments)
    with pytest.raises(InvalidRequestError):
        env.reset(seed=-1)
    assert env.state() == before
    assert env.step(RlveGymAction(output=right(env))).reward == 1.0


def test_an_endless_problem_is_stopped_and_delays_nobody(impatient: str) -> None:
    async def play() -> None:
        async with RlveGymEnv(base_url=impatient) as slow, RlveGymEnv(base_url=impatient) as quick:
            endless = asyncio.create_task(slow.reset(difficulty=ENDLESS))
            for _ in range(5):
                assert (await quick.reset(environment_identifier="Sorting")).observation.success
                assert (await quick.step(RlveGymAction(output="?"))).reward == -1.0
            observation = (await endless).observation
            assert not observation.success
            assert "took over 1.5 s" in observation.message
            assert (await slow.state()).problem_input is None
            step = await slow.step(RlveGymAction(output="?"))
            assert (step.reward, step.observation.success) == (None, False)
            assert (await slow.reset()).observation.success

    asyncio.run(play())


def test_all_styles_of_the_client_reach_the_problem(url: str) -> None:
    async def play() -> None:
        async with RlveGymEnv(base_url=url) as env:
            await env.reset(environment_identifier="Sorting")
            assert (await env.step(RlveGymAction(output=right(env)))).reward == 1.0
            results = await env.verify_batch([item("Sorting", outputs=["?"])])  # type: ignore[misc]
            assert [verdict.reward for verdict in results[0].verifier_results] == [-1.0]
            assert env.verify_batch([item("Sorting", outputs=["?"])]) == results  # without await, as a notebook does

    asyncio.run(play())
    with RlveGymEnv(base_url=url).sync() as env:
        env.reset(environment_identifier="Sorting")
        assert env.problem.parameter["N"] == 3
        assert env.verify_batch([item("Sorting", outputs=["?"])])[0].error is None


# The batch route


def item(identifier: str, seed: int = 0, level: int = 0, **fields: Any) -> dict[str, Any]:
    return {"environment_identifier": identifier, "seed": seed, "level": level, **fields}


def test_batch_judges_as_sessions_do(env: RlveGymEnv) -> None:
    items, expected = [], []
    for identifier in ("Sorting", "Knapsack", "Sudoku"):
        problem = problems.get(identifier)
        for seed in range(4):
            instance = problem.generate(seed, 2)
            outputs = ["no", "<answer>1</answer>", f"<answer>{problem.reference(instance)}</answer>"] * 20
            items.append(item(identifier, seed, 2, outputs=outputs[:40]))
            expected.append([problem.verify(instance, output).to_dict() for output in outputs[:40]])
    results = env.verify_batch(items)
    assert [[verdict.model_dump() for verdict in result.verifier_results] for result in results] == expected


def test_batch_takes_instances_markers_and_arguments(env: RlveGymEnv) -> None:
    problem = problems.get("Sorting", weight_multiple=1)
    instance = problem.generate(3, 1)
    reference = problem.reference(instance)
    given = RlveGymBatchItem(
        environment_identifier="Sorting",
        parameter=instance.parameter,
        answer_markers=("[", "]"),
        arguments={"wrong_format": 0.5},
        outputs=[f"[{reference}]", "no"],
    )
    drawn = item("Sorting", 3, 1, arguments={"weight_multiple": 1}, outputs=[f"<answer>{reference}</answer>"])
    first, second = env.verify_batch([given, drawn])
    assert [verdict.reward for verdict in first.verifier_results] == [1.0, 0.5]
    assert [verdict.accuracy for verdict in second.verifier_results] == [1]


def test_batch_says_what_fails_in_its_place(env: RlveGymEnv) -> None:
    results = env.verify_batch(
        [
            item("Sortin", outputs=["a"]),
            item("Sorting", outputs=["a"], arguments={"x": 1}),
            item("Sorting", outputs=["a"], answer_markers=["", "x"]),
            {"environment_identifier": "Sorting", "parameter": {"M": 3}, "outputs": ["<answer>1</answer>", "no"]},
            item("Sorting", outputs=["no"]),
            item("Sorting", outputs=[]),
        ]
    )
    errors = [None if result.error is None else (result.error.code, result.error.message) for result in results]
    assert [None if error is None else error[0] for error in errors] == [
        "VALIDATION_ERROR",
        "VALIDATION_ERROR",
        "VALIDATION_ERROR",
        None,
        None,
        None,
    ]
    assert "did you mean Sorting" in str(errors[0])
    malformed = results[3].verifier_results
    assert [getattr(verdict, "code", None) for verdict in malformed] == ["VALIDATION_ERROR", None]
    assert "KeyError" in malformed[0].message
    assert [verdict.reward for verdict in results[4].verifier_results] == [-1.0]
    assert results[5].verifier_results == []


def test_batch_stops_what_is_endless_alone(impatient: str) -> None:
    degree = 20_000
    parameter = {"N": degree, "coeffs": [3] * (degree + 1), "reference_value": 0.0, "reference_answer": "0"}
    outputs = ["no", "<answer>0.1234567</answer>", "no"]
    slow = {"environment_identifier": "PolynomialMinimum", "parameter": parameter, "outputs": outputs}
    endless = item("Multiplication", level=ENDLESS, outputs=["no"])
    client = RlveGymEnv(base_url=impatient)
    slow_result, endless_result, quick_result = client.verify_batch([slow, endless, item("Sorting", outputs=["no"])])
    assert [getattr(verdict, "code", None) for verdict in slow_result.verifier_results] == [None, "TIMEOUT", None]
    assert endless_result.error is not None
    assert endless_result.error.code == "TIMEOUT"
    assert [verdict.reward for verdict in quick_result.verifier_results] == [-1.0]


def test_batch_has_a_bound(env: RlveGymEnv) -> None:
    with pytest.raises(ServerError, match="501 outputs in one request; at most 500"):
        env.verify_batch([item("Sorting", outputs=["no"] * 501)])
    assert len(env.verify_batch([item("Sorting", outputs=["no"] * 500)])[0].verifier_results) == 500


def test_batch_refuses_what_is_no_batch(env: RlveGymEnv, url: str) -> None:
    with pytest.raises(ValidationError, match="seed and level, or parameter"):
        env.verify_batch([{"environment_identifier": "Sorting", "outputs": []}])
    reply = httpx.post(f"{url}/verify_batch", json={"items": [{"environment_identifier": "Sorting"}]}, trust_env=False)
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "items", 0, "outputs"]


def test_batch_without_a_server(env: RlveGymEnv) -> None:
    with pytest.raises(EnvConnectionError):
        RlveGymEnv(base_url="http://127.0.0.1:1").verify_batch([])


# What the server tells about itself


def test_routes_tell_about_themselves(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as http:
        told = {name: http.get(f"/{name}").json() for name in ("health", "metadata", "schema", "openapi.json")}
    assert told["health"] == {"status": "healthy"}
    assert told["metadata"]["name"] == "RLVE_Gym"
    assert told["schema"]["action"]["required"] == ["output"]
    assert {"/verify_batch", "/curriculum", "/reset", "/step", "/state"} <= set(told["openapi.json"]["paths"])


def test_over_http(url: str) -> None:
    reply = httpx.post(f"{url}/reset", json={"environment_identifier": "Sorting", "seed": 4}, trust_env=False)
    assert reply.json()["observation"]["message"] == "Sorting, level 0, seed 4"
    reply = httpx.post(f"{url}/reset", json={"environment_identifier": "Sortin"}, trust_env=False)
    assert reply.status_code == 500
    assert "did you mean Sorting" in reply.json()["detail"]
