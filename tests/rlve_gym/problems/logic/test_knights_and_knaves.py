import re
from itertools import product

from RLVE_Gym import problems
from RLVE_Gym.problems.kit.constraints import satisfying
from RLVE_Gym.problems.logic.knights_and_knaves import NAMES, REPORTS

CLAIM = r"\w+ is (?:not )?a kn(?:ight|ave)"
BODY = rf"(?:if )?{CLAIM}(?:(?: and | or | then | if and only if ){CLAIM})*"


def oracle(names: list[str], quiz: str) -> list[dict[str, str]]:
    """Reads the quiz and tries all assignments of roles."""
    statements = {}
    for style in REPORTS:
        pattern = re.escape(style).replace(r"\{name\}", r"(?P<name>\w+)")
        pattern = re.sub(r"\\{(said|told)\\}", lambda _: f"(?P<body>{BODY})", pattern)
        for match in re.finditer(pattern, quiz, re.IGNORECASE):
            statements[match["name"]] = match["body"]
    assert set(statements) == set(names), quiz
    found = []
    for roles in product(("knight", "knave"), repeat=len(names)):
        role = dict(zip(names, roles, strict=True))
        if all(true(body, role) == (role[name] == "knight") for name, body in statements.items()):
            found.append(role)
    return found


def true(body: str, role: dict[str, str]) -> bool:
    claims: list[tuple[str, str, str]] = re.findall(r"(\w+) is (not )?a (knight|knave)", body)
    values = [(role[name] == claimed) != bool(negated) for name, negated, claimed in claims]
    if " if and only if " in body:
        return values[0] == values[1]
    if body.lower().startswith("if "):
        return values[1] if values[0] else True
    return any(values) if " or " in body else all(values)


def test_the_gold_is_the_only_solution() -> None:
    problem = problems.get("KnightsAndKnaves")
    for seed in range(40):
        p = problem.generate(seed, seed % 6).parameter
        assert oracle(p["names"], p["quiz"]) == [p["gold_answer"]]


def test_wider_statements_are_solved_as_well() -> None:
    problem = problems.get("KnightsAndKnaves")
    for seed in range(10):
        p = problem.generate_from(seed, {"N": 5, "depth_constraint": 2, "width_constraint": 4}).parameter
        assert oracle(p["names"], p["quiz"]) == [p["gold_answer"]]


def test_satisfying_finds_all_assignments() -> None:
    exactly_one_of_01, implies_1_2 = (0b011, [0b001, 0b010]), (0b110, [0b000, 0b100, 0b110])
    assert sorted(satisfying([exactly_one_of_01, implies_1_2], 3, 10)) == [0b001, 0b101, 0b110]
    assert len(satisfying([exactly_one_of_01, implies_1_2], 3, 2)) == 2
    assert satisfying([exactly_one_of_01, (0b011, [0b011])], 2, 2) == []


def test_whole_names_are_matched() -> None:
    gold = {"Isabella": "knight", "Ella": "knave"}
    p = {"N": 2, "names": list(gold), "quiz": "", "gold_answer": gold}
    instance = problems.Instance("KnightsAndKnaves", 0, 0, p)
    answer = "<answer>Isabella is a knight and\nella is\ta KNAVE!</answer>"
    assert problems.get("KnightsAndKnaves").verify(instance, answer).accuracy == 1
    repeated = "<answer>Isabella is a knight, Ella is a knave, yes a knave</answer>"
    assert problems.get("KnightsAndKnaves").verify(instance, repeated).reward == -1.0


def test_names_and_styles_are_enough() -> None:
    assert len(set(NAMES)) == 51
    assert len(set(REPORTS)) == 18
