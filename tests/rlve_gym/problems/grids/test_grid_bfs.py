from RLVE_Gym import problems


def oracle(cells: list[list[str]]) -> list[list[int]]:
    """Lowers distances until no step between free neighbours lowers any more."""
    far = 10**9
    free = {(i, j) for i, row in enumerate(cells) for j, cell in enumerate(row) if cell != "X"}
    distance = {(i, j): 0 if cells[i][j] == "1" else far for i, j in free}
    changed = True
    while changed:
        changed = False
        for i, j in free:
            near = min(distance.get(c, far) for c in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1))) + 1
            if near < distance[i, j]:
                distance[i, j], changed = near, True
    return [
        [distance[i, j] if distance.get((i, j), far) < far else -1 for j in range(len(row))]
        for i, row in enumerate(cells)
    ]


def test_the_gold_holds_the_distances() -> None:
    for seed in range(60):
        p = problems.get("GridBFS").generate(seed, seed % 8).parameter
        assert p["gold_answer"] == oracle(p["grid"])


def test_all_or_nothing_pays_one_without_the_weight() -> None:
    problem = problems.get("GridBFS", rewarding_strategy="gold=answer", rewarding_weight=0.25)
    instance = problem.generate(0, 2)
    assert problem.reward(instance, f"<answer>{problem.reference(instance)}</answer>") == 1.0
