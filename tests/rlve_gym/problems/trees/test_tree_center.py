from RLVE_Gym import problems
from RLVE_Gym.problems.trees.tree_center import totals


def oracle(costs: list[int], edges: list[list[int]], root: int) -> int:
    """The sum of distances times costs, by walking from the root."""
    distance = {root: 0}
    while len(distance) < len(costs):
        for u, v, w in edges:
            for a, b in ((u, v), (v, u)):
                if a in distance and b not in distance:
                    distance[b] = distance[a] + w
    return sum(distance[i] * cost for i, cost in enumerate(costs))


def test_the_totals_are_those_of_walks() -> None:
    for seed in range(50):
        p = problems.get("TreeCenter").generate(seed, seed % 8).parameter
        expected = [oracle(p["C"], p["edges"], root) for root in range(p["N"])]
        assert totals(p["C"], p["edges"]) == expected
        assert p["gold_answer"] == min(expected)


def test_there_is_a_prompt_where_both_vertices_are_right() -> None:
    problem = problems.get("TreeCenter")
    p = {"N": 2, "C": [1, 1], "edges": [[0, 1, 2]], "reference_answer": 0, "gold_answer": 2}
    instance = problems.Instance("TreeCenter", 0, None, p)
    assert problem.verify(instance, problem.prompt(instance)).format_score == 1
    p["C"], p["gold_answer"] = [1, 2], 2
    p["reference_answer"] = 1
    assert problem.verify(instance, problem.prompt(instance)).accuracy == 0
