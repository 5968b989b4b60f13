from itertools import permutations

from RLVE_Gym import problems


def oracle(p: dict[str, list[list[int]]], image: tuple[int, ...]) -> bool:
    """Whether the permutation maps one set of edges onto the other."""
    mapped = {frozenset((image[u], image[v])) for u, v in p["G1_edges"]}
    return mapped == {frozenset(edge) for edge in p["G2_edges"]}


def test_full_reward_goes_to_the_isomorphisms() -> None:
    problem = problems.get("GraphIsomorphism")
    for seed in range(24):
        instance = problem.generate(seed, seed % 3)
        for image in permutations(range(instance.parameter["N"])):
            verdict = problem.verify(instance, f"<answer>{' '.join(map(str, image))}</answer>")
            assert (verdict.accuracy == 1) == oracle(instance.parameter, image)
