from itertools import combinations

from RLVE_Gym import problems


def oracle(n: int, edges: list[list[int]]) -> int:
    """The least weight of any N-1 edges that reach all vertices from vertex 0."""

    def spans(chosen: tuple[list[int], ...]) -> bool:
        reached = {0}
        for _ in range(n):
            reached |= {x for u, v, _ in chosen if {u, v} & reached for x in (u, v)}
        return len(reached) == n

    return min(sum(w for _, _, w in chosen) for chosen in combinations(edges, n - 1) if spans(chosen))


def test_the_gold_is_the_least_weight() -> None:
    mst = problems.get("MinimumSpanningTree")
    for seed in range(40):
        start = {"N": 3 + seed % 4, "edge_density": 0.2 + 0.2 * (seed % 5)}
        p = mst.generate_from(seed, start).parameter
        assert p["gold_answer"] == oracle(p["N"], p["edges"])


def test_the_graph_is_as_specified() -> None:
    mst = problems.get("MinimumSpanningTree")
    for seed in range(20):
        p = mst.generate(seed, 10).parameter
        count = int(p["edge_density"] * p["N"] * (p["N"] - 1) / 2)
        assert len(p["edges"]) == len({(u, v) for u, v, _ in p["edges"]}) == count
        assert all(0 <= u < v < p["N"] and 1 <= w <= count for u, v, w in p["edges"])


def test_trees_are_refused_for_the_right_reasons() -> None:
    mst = problems.get("MinimumSpanningTree")
    edges = [[0, 1, 1], [1, 2, 1], [0, 2, 4], [2, 3, 1]]
    p = {"N": 4, "edge_density": 0.7, "edges": edges, "gold_answer": 3}
    instance = problems.Instance("MinimumSpanningTree", 0, 0, p)
    rewards = {
        "0 1 2 1 2 3": 1.0,
        "0 1 2 0 2 3": 0.03125,  # (3/6)^5
        "0 1 1 2": -0.5,  # too few
        "0 1 1 0 1 2": -0.5,  # an edge twice
        "0 1 1 2 0 2": -0.5,  # a cycle that leaves 3 out
        "0 1 1 2 1 3": -0.5,  # not an edge
        "0 0 1 2 2 3": -0.5,
        "0 1 1 2 2": -1.0,
    }
    for answer, reward in rewards.items():
        assert mst.reward(instance, f"<answer>{answer}</answer>") == reward, answer
