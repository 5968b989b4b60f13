from itertools import combinations

from RLVE_Gym import problems


def oracle(p: dict[str, list[list[int]]], n: int, count: int) -> int:
    """The least radius over all sets of centres, with distances by Floyd-Warshall."""
    distance = [[0 if u == v else n for v in range(n)] for u in range(n)]
    for u, v in p["edges"]:
        distance[u][v] = distance[v][u] = 1
    for k in range(n):
        for u in range(n):
            for v in range(n):
                distance[u][v] = min(distance[u][v], distance[u][k] + distance[k][v])
    return min(
        max(min(distance[key][centre] for centre in centres) for key in p["key_vertices"])
        for centres in combinations(range(n), count)
    )


def test_the_radius_is_the_least() -> None:
    for seed in range(80):
        p = problems.get("DynDynamite").generate(seed, seed % 7).parameter
        assert p["gold_answer"] == oracle(p, p["N"], p["M"])
        assert len(set(p["reference_answer"].split())) == p["M"]
