from random import Random

from RLVE_Gym.problems.kit.graphs import (
    Components,
    connected_graph,
    random_arcs,
    random_pairs,
    random_tree,
    weighted,
)
from RLVE_Gym.problems.kit.render import edge_list, grid, listing, polynomial, sentence, series


def components(n: int, edges: list[tuple[int, int]]) -> int:
    joined = Components(n)
    for u, v in edges:
        joined.join(u, v)
    return joined.count


def test_trees_connect_all_vertices() -> None:
    shapes = set()
    for seed in range(200):
        tree = random_tree(Random(seed), 4)
        assert len(tree) == 3
        assert all(u < v for u, v in tree)
        assert components(4, tree) == 1
        shapes.add(frozenset(tree))
    assert len(shapes) == 16  # all labelled trees on 4 vertices
    assert random_tree(Random(0), 1) == []


def test_connected_graphs_have_the_number_of_edges_asked_for() -> None:
    for seed in range(50):
        edges = connected_graph(Random(seed), 7, 12)
        assert len(set(edges)) == len(edges) == 12
        assert all(0 <= u < v < 7 for u, v in edges)
        assert components(7, edges) == 1


def test_pairs_avoid_those_that_are_taken() -> None:
    taken = [(0, 1), (1, 2)]
    assert set(random_pairs(Random(0), 3, 9, without=taken)) == {(0, 2)}
    assert len(set(random_arcs(Random(0), 4, 12))) == 12
    assert random_pairs(Random(0), 5, 0) == []


def test_weights_lie_in_their_range() -> None:
    drawn = weighted(Random(0), random_pairs(Random(0), 20, 190), 3, 5)
    assert {w for _, _, w in drawn} == {3, 4, 5}


def test_rendering() -> None:
    assert grid([[1, 2], [3, 4]]) == "1 2\n3 4"
    assert grid(["ab", "cd"], "") == "ab\ncd"
    assert edge_list([(0, 1, 5), (1, 2, 3)]) == "(0, 1, 5)\n(1, 2, 3)"
    assert series("A", [5, 7]) == "A[0] = 5, A[1] = 7"
    assert listing([1, 2]) == "1 2"
    assert [sentence(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b, and c"]
    assert polynomial([8, -8, 2]) == "2*x^2 - 8*x + 8"
    assert polynomial([-1, 1, 0, -1]) == "-x^3 + x - 1"
    assert polynomial([0, 0]) == "0"
