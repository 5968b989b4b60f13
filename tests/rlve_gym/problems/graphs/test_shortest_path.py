from RLVE_Gym import problems


def oracle(n: int, edges: list[list[int]]) -> int:
    """The least weight from 0 to n - 1: every edge is relaxed until nothing changes (Bellman-Ford)."""
    distance = {0: 0}
    for _ in range(n):
        for s, t, w in edges:
            if s in distance and distance[s] + w < distance.get(t, distance[s] + w + 1):
                distance[t] = distance[s] + w
    return distance[n - 1]


def test_the_path_is_cheapest_and_none_has_two_edges() -> None:
    for seed in range(80):
        p = problems.get("ShortestPath").generate(seed, seed % 9).parameter
        assert p["reference_answer_weight"] == oracle(p["N"], p["edges"])
        pairs = {(s, t) for s, t, _ in p["edges"]}
        assert len(pairs) == len(p["edges"])
        assert (0, p["N"] - 1) not in pairs
        assert not any((0, v) in pairs and (v, p["N"] - 1) in pairs for v in range(p["N"]))


def test_reasons_to_refuse() -> None:
    p = {"N": 4, "edge_density": 0.1, "edges": [[0, 1, 1], [1, 2, 1], [2, 3, 1], [2, 1, 1]]}
    p |= {"reference_answer": "0 1 2 3", "reference_answer_weight": 3}
    problem, instance = problems.get("ShortestPath"), problems.Instance("ShortestPath", 0, 0, p)
    for text, reward in (("0 9 3", -0.5), ("1 2 3", -0.5), ("0 1 2", -0.5), ("0 2 3", -0.5), ("0 1 2 1 2 3", 0.6**5)):
        assert abs(problem.reward(instance, f"<answer>{text}</answer>") - reward) < 1e-9
