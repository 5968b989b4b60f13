"""The environment without a server, and in a client of this process."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from openenv.core.env_server.exceptions import CallTimeoutError
from openenv.core.env_server.types import Action
from openenv.core.errors import EnvironmentFailureError
from openenv.testing import check_environment
from RLVE_Gym import RlveGymAction, RlveGymEnv, RlveGymState, problems
from RLVE_Gym.server.gym import Gym
from RLVE_Gym.server.RLVE_Gym_environment import RlveGymEnvironment
from RLVE_Gym.server.selection import ConfigurationError
from RLVE_Gym.server.settings import GymSettings

ENDLESS = 10**12


@pytest.fixture(scope="module")
def gym() -> Iterator[Gym]:
    made = Gym(GymSettings(workers=2))
    yield made
    made.close()


@pytest.fixture(scope="module")
def impatient() -> Iterator[Gym]:
    """Its limits are short, for light problems only."""
    made = Gym(GymSettings(workers=2, generation_timeout_s=1.5, verification_timeout_s=1.5))
    yield made
    made.close()


@pytest.fixture
def make(gym: Gym) -> "partial[RlveGymEnvironment]":
    return partial(RlveGymEnvironment, gym=gym)


Make = Any


def right_answer(state: RlveGymState) -> str:
    problem = problems.get(str(state.environment_identifier), **state.arguments)
    reference = problem.reference(problem.generate(state.problem_seed or 0, state.level or 0))
    return f"{state.answer_markers[0]}{reference}{state.answer_markers[1]}"


@pytest.mark.parametrize("identifier", ["Multiplication", "all"])
def test_it_keeps_the_rules_of_every_environment(make: Make, identifier: str) -> None:
    actions = [RlveGymAction(output=output) for output in ("no", "<answer>0</answer>", "")]
    check_environment(partial(make, identifier, 1), actions=actions, action_cls=RlveGymAction)


def test_the_defaults(make: Make) -> None:
    environment = make()
    observation = environment.reset()
    state = environment.state
    assert (state.environment_identifier, state.level, state.problem_seed, state.seed) == ("Multiplication", 0, 0, 1)
    assert observation.problem_input == state.problem_input
    assert observation.problem_input is not None
    assert (observation.reward, observation.verifier_result, observation.success) == (None, None, True)


def test_a_class_without_arguments_is_all_a_trainer_needs() -> None:
    environment = RlveGymEnvironment()
    assert environment.reset().success
    assert environment.step(RlveGymAction(output="?")).reward == -1.0
    environment.close()


def test_any_number_of_steps_on_one_problem(make: Make) -> None:
    environment = make("Sorting", 2, seed=5)
    environment.reset()
    right = right_answer(environment.state)
    steps = [environment.step(RlveGymAction(output=output)) for output in ("no", "<answer>1</answer>", right, right)]
    assert [step.reward for step in steps] == [-1.0, -0.5, 1.0, 1.0]
    assert [step.message for step in steps] == ["wrong format", "wrong", "right", "right"]
    assert [step.verifier_result for step in steps[:2]] == [
        {"reward": -1.0, "accuracy": 0, "format_score": 0},
        {"reward": -0.5, "accuracy": 0, "format_score": 1},
    ]
    assert not any(step.done for step in steps)
    state = environment.state
    assert (state.num_samples, state.sum_accuracy, state.step_count) == (4, 2, 4)
    environment.reset()
    assert (environment.state.num_samples, environment.state.sum_accuracy) == (0, 0)


def test_the_seed_grows_by_one_at_each_reset(make: Make) -> None:
    environment = make("Sorting", 3, seed=10)
    assert environment.state.seed == 10
    used = []
    for arguments in ({}, {}, {"seed": 99}, {}, {"difficulty": 1}, {}):
        environment.reset(**arguments)
        used.append((environment.state.problem_seed, environment.state.seed))
    assert used == [(10, 11), (11, 12), (99, 13), (13, 14), (14, 15), (15, 16)]


def test_the_same_configuration_and_seed_give_the_same_problems(make: Make, gym: Gym) -> None:
    other_gym = Gym(GymSettings(workers=1))
    first, second = make("all", 2, seed=3), RlveGymEnvironment("all", 2, seed=3, gym=other_gym)
    assert [first.reset() for _ in range(6)] == [second.reset() for _ in range(6)]
    other_gym.close()


def test_overrides_hold_for_one_episode(make: Make) -> None:
    environment = make("Sorting", 1)
    environment.reset(
        environment_identifier="Sudoku",
        difficulty=0,
        answer_markers=["[", "]"],
        arguments={"Sudoku": {"wrong_format": 0}},
    )
    state = environment.state
    assert (state.environment_identifier, state.level, state.answer_markers) == ("Sudoku", 0, ("[", "]"))
    assert environment.step(RlveGymAction(output="no")).reward == 0
    assert environment.step(RlveGymAction(output=right_answer(state))).reward == 1.0
    environment.reset()
    state = environment.state
    assert (state.environment_identifier, state.level, state.answer_markers, state.arguments) == (
        "Sorting",
        1,
        ("<answer>", "</answer>"),
        {},
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"environment_identifier": "Sortin"},
        {"difficulty": -1},
        {"seed": -1},
        {"answer_markers": ["a"]},
        {"arguments": {"Sorting": {"x": 1}}},
    ],
)
def test_wrong_overrides_leave_the_session_as_it_was(make: Make, arguments: dict[str, Any]) -> None:
    environment = make("Sorting", 1)
    environment.reset()
    before = environment.state
    with pytest.raises(ConfigurationError):
        environment.reset(**arguments)
    assert environment.state == before
    assert environment.step(RlveGymAction(output=right_answer(before))).reward == 1.0


@pytest.mark.parametrize("arguments", [("Sortin",), ("Sorting", -1), ("Sorting", 0, "ab"), ("Sorting", 0, None, -1)])
def test_wrong_arguments_of_the_constructor(make: Make, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigurationError):
        make(*arguments)


def test_a_step_before_a_problem(make: Make) -> None:
    environment = make()
    observation = environment.step(RlveGymAction(output="<answer>1</answer>"))
    assert (observation.success, observation.reward, observation.verifier_result) == (False, None, None)
    assert "reset()" in observation.message
    assert environment.state.problem_input is None


def test_a_foreign_action(make: Make) -> None:
    environment = make()
    environment.reset()
    with pytest.raises(TypeError, match="RlveGymAction"):
        environment.step(Action())
    assert environment.state.step_count == 0


def test_a_generation_over_its_limit_says_so_and_the_session_goes_on(impatient: Gym) -> None:
    environment = RlveGymEnvironment(gym=impatient)
    observation = environment.reset(difficulty=ENDLESS)
    assert not observation.success
    assert "took over 1.5 s" in observation.message
    assert environment.state.problem_input is None
    step = environment.step(RlveGymAction(output="?"))
    assert (step.success, step.message) == (False, observation.message)
    assert environment.reset().success
    assert environment.state.problem_seed == 1


def test_a_level_too_far_up_says_so(make: Make) -> None:
    observation = make("KnightsAndKnaves").reset(difficulty=1000)
    assert not observation.success
    assert "KnightsAndKnaves, level 1000, seed 0" in observation.message


def test_a_verdict_over_its_limit_is_an_error_and_no_reward(impatient: Gym) -> None:
    environment = RlveGymEnvironment("PolynomialMinimum", gym=impatient)
    environment.reset()
    environment._posed = slow_to_judge(environment._posed)
    with pytest.raises(CallTimeoutError, match="judging the output did not finish"):
        environment.step(RlveGymAction(output="<answer>0.1234567</answer>"))
    assert (environment.state.num_samples, environment.state.step_count) == (0, 0)
    assert environment.step(RlveGymAction(output="no format")).reward == -1.0


def slow_to_judge(posed: Any) -> Any:
    """The same prompt, for an instance whose exact evaluation takes minutes."""
    from RLVE_Gym.problems.batch import Posed, pack

    degree = 20_000
    parameter = {"N": degree, "coeffs": [3] * (degree + 1), "reference_value": 0.0, "reference_answer": "0"}
    return Posed(
        posed.prompt, pack(problems.Instance("PolynomialMinimum", 0, None, parameter), ("<answer>", "</answer>"), {})
    )


def test_the_next_problem_is_prepared_while_the_model_thinks(make: Make, gym: Gym) -> None:
    environment = make("Sorting", 4, seed=1000)
    environment.reset()
    assert environment._ahead is not None
    prepared = environment._ahead.future.result()
    assert environment.reset().problem_input == prepared.prompt
    assert environment._posed is prepared
    environment.reset(seed=5)
    assert environment._ahead is None  # who gives seeds is expected to go on giving them
    environment.close()


def test_no_work_on_the_event_loop() -> None:
    """While a problem is generated, the loop is free; a reset that is given up leaves the session as it was."""
    gym = Gym(GymSettings(workers=2, generation_timeout_s=600.0))

    async def play() -> None:
        slow, quick = RlveGymEnvironment(gym=gym), RlveGymEnvironment("Sorting", gym=gym)
        waiting = asyncio.create_task(slow.reset_async(difficulty=ENDLESS))
        for _ in range(5):
            assert (await quick.reset_async()).success
            assert (await quick.step_async(RlveGymAction(output="?"))).reward == -1.0
        assert not waiting.done()
        before = slow.state
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()
        assert slow.state == before
        assert (await slow.reset_async()).success

    asyncio.run(play())
    gym.close()


def test_a_client_without_a_server(gym: Gym) -> None:
    with RlveGymEnv.local(
        partial(RlveGymEnvironment, "Sorting", 2, gym=gym),
        action_cls=RlveGymAction,
        observation_cls=type(RlveGymEnvironment(gym=gym).reset()),
        state_cls=RlveGymState,
    ) as env:
        with pytest.raises(RuntimeError, match=r"call reset\(\) first"):
            _ = env.problem
        env.reset()
        problem = env.problem
        assert problem is env.problem
        assert env.step(RlveGymAction(output=f"<answer>{problem.parameter['reference_answer']}</answer>")).reward == 1.0
        env.reset()
        assert env.problem is not problem
        with pytest.raises(EnvironmentFailureError, match="did you mean Sorting"):
            env.reset(environment_identifier="Sortin")
        with pytest.raises(RuntimeError, match="verify_many"):
            env.verify_batch([])
