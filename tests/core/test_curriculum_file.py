"""The curriculum's file: shared by processes, exact after a crash."""

import os
import pickle
import random
import signal
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from openenv.core.curriculum import Curriculum, CurriculumStoreError

PATIENCE_S = 120

REPORTER = """
import sys
import warnings
from openenv.core.curriculum import Curriculum
curriculum = Curriculum(sys.argv[1], minimum_prompts=1, group_size=10)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    level = curriculum.upper_level("p")
    risen = curriculum.report("p", level, 1)
    print(level, int(risen), curriculum.next_seed(), flush=True)
"""


def with_sources() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}


def start(path: Path, reports: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", REPORTER, str(path), str(reports)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=with_sources(),
    )


def test_what_was_reported_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "curriculum.db"
    with Curriculum(path, minimum_prompts=1, group_size=3) as curriculum:
        for accuracy in (1, 1, 1, 1, 0.5):
            curriculum.report("p", curriculum.upper_level("p"), accuracy)
        curriculum.next_seeds(3)
        state = curriculum.get_state()
    with Curriculum(path) as curriculum:
        assert curriculum.get_state() == state
        assert curriculum.upper_level("p") == 1


def test_reports_of_several_processes_add_up(tmp_path: Path) -> None:
    path = tmp_path / "curriculum.db"
    reporters = [start(path, 150) for _ in range(3)]  # all make the file at once
    for reporter in reporters:
        assert reporter.stdout is not None
        assert reporter.stdout.readline() == "ready\n"
    lines: list[str] = []
    for reporter in reporters:
        assert reporter.stdin is not None
        reporter.stdin.write("\n")
        reporter.stdin.flush()
    for reporter in reporters:
        out, _ = reporter.communicate(timeout=PATIENCE_S)
        assert reporter.returncode == 0
        lines += out.splitlines()
    seeds = sorted(int(line.split()[2]) for line in lines)
    rises = sum(int(line.split()[1]) for line in lines)
    assert seeds == list(range(450))
    with Curriculum(path) as curriculum:
        state = curriculum.get_state()
        assert state["environment2difficulty"] == {"p": rises}
        # A report of a level that another process had raised meanwhile does not count; the rest do.
        counted = 10 * rises + state["environment2accuracy"]["p"]["num_samples"]
        assert 10 * rises <= counted <= 450


def test_the_state_is_exact_after_kills_at_any_point(tmp_path: Path) -> None:
    path = tmp_path / "curriculum.db"
    rng = random.Random(0)
    reports = 0
    seeds: set[int] = set()
    for _ in range(8):
        reporter = start(path, 10**9)
        assert reporter.stdin is not None
        assert reporter.stdout is not None
        reporter.stdin.write("\n")
        reporter.stdin.flush()
        assert reporter.stdout.readline() == "ready\n"
        for _ in range(rng.randint(0, 40)):
            reporter.stdout.readline()
        os.kill(reporter.pid, signal.SIGKILL)
        told = [line for line in reporter.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        reporter.wait(PATIENCE_S)
        reporter.stdin.close()
        reporter.stdout.close()
        with Curriculum(path) as curriculum:
            state = curriculum.get_state()
            level = state["environment2difficulty"].get("p", 0)
            progress = state["environment2accuracy"].get("p", {"accuracy": 0, "num_samples": 0})
            assert progress["accuracy"] == progress["num_samples"] < 10
            done = 10 * level + progress["num_samples"]
            # Whole, and with nothing that was told of missing: at most the report and the seed at work then.
            assert reports + len(told) <= done
            assert 0 <= done - state["problem_generation_seed"] <= 8
            reports = done
            new = {int(line.split()[2]) for line in told}
            assert not new & seeds
            seeds |= new
            assert max(seeds, default=-1) < state["problem_generation_seed"]
    assert reports > 20


def test_a_forked_process_may_go_on(tmp_path: Path) -> None:
    with Curriculum(tmp_path / "curriculum.db", group_size=100) as curriculum:
        curriculum.report("p", 0, 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of forking with threads: the test runner's
            pid = os.fork()
        if pid == 0:
            try:
                curriculum.report("p", 0, 1)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        curriculum.report("p", 0, 1)
        assert curriculum.snapshot()["p"]["samples"] == 3


FORKED = """
import os, sqlite3, sys, threading
from openenv.core.curriculum import Curriculum
curriculum = Curriculum(sys.argv[1], group_size=100)
curriculum.report("p", 0, 1)
if os.fork() == 0:
    connect, second = sqlite3.connect, threading.Thread(target=curriculum.report, args=("p", 0, 1))

    def slowly(*args, **kwargs):  # while the first thread opens the file, a second one wants it
        second.start()
        second.join(0.5)
        print("waits" if second.is_alive() else "used the parent's connection", flush=True)
        sqlite3.connect = connect
        return connect(*args, **kwargs)

    sqlite3.connect = slowly
    curriculum.report("p", 0, 1)
    second.join()
    os._exit(0)
os.wait()
curriculum.report("p", 0, 1)
print(curriculum.snapshot()["p"]["samples"])
"""


def test_threads_of_a_forked_process_open_the_file_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, str(tmp_path / "curriculum.db")],
        capture_output=True,
        text=True,
        env=with_sources(),
        timeout=PATIENCE_S,
        check=True,
    )
    assert done.stdout.split("\n") == ["waits", "4", ""]


def test_a_curriculum_with_a_file_can_be_pickled(tmp_path: Path) -> None:
    with Curriculum(tmp_path / "curriculum.db", group_size=100) as curriculum:
        curriculum.report("p", 0, 1)
        with pickle.loads(pickle.dumps(curriculum)) as copy:
            copy.report("p", 0, 1)
            assert copy.rule == curriculum.rule
        assert curriculum.snapshot()["p"]["samples"] == 2


def test_a_curriculum_in_memory_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="in memory"):
        pickle.dumps(Curriculum())


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database\n" * 100)
    with pytest.raises(CurriculumStoreError, match=r"notes\.txt is no curriculum"):
        Curriculum(text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE problems (x)")
    connection.close()
    with pytest.raises(CurriculumStoreError, match=r"other\.db is a database, but no curriculum"):
        Curriculum(other)
    with pytest.raises(CurriculumStoreError, match="cannot be opened"):
        Curriculum(tmp_path / "no" / "such" / "directory.db")


def test_a_file_of_a_later_version(tmp_path: Path) -> None:
    path = tmp_path / "curriculum.db"
    Curriculum(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(CurriculumStoreError, match="another version"):
        Curriculum(path)


def test_a_file_that_is_damaged_while_it_is_used_or_before(tmp_path: Path) -> None:
    path = tmp_path / "curriculum.db"
    with Curriculum(path, group_size=1) as curriculum:
        for number in range(200):
            curriculum.report(f"{number:0100}", 0, 1)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with (
        Curriculum(path) as curriculum,
        pytest.raises(CurriculumStoreError, match=r"curriculum\.db cannot be used: .*malformed"),
    ):
        curriculum.report("p", 0, 1)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CurriculumStoreError, match=r"curriculum\.db cannot be used: .*malformed"):
        Curriculum(path)


NO_ROOM = """
import resource, sys
from openenv.core.curriculum import Curriculum, CurriculumStoreError
curriculum = Curriculum(sys.argv[1], group_size=1)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, most))
told = 0
try:
    while told < 1000:
        curriculum.report(f"{told:0100}", 0, 1)
        told += 1
except CurriculumStoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(told, sum(level["upper_level"] + level["samples"] for level in curriculum.snapshot().values()))
curriculum.report("p", 0, 1)
print(len(curriculum.snapshot()))
"""


def test_a_full_disk_is_told_of_and_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "curriculum.db"
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(path)], capture_output=True, text=True, env=with_sources(), check=True
    )
    error, counted, after = done.stdout.splitlines()
    told, kept = map(int, counted.split())
    assert error.startswith(f"{path} cannot be used: ")
    assert 0 < told == kept
    assert int(after) == told + 1


def test_a_file_that_may_only_be_read(tmp_path: Path) -> None:
    path = tmp_path / "curriculum.db"
    Curriculum(path).close()
    content = bytearray(path.read_bytes())
    content[18] = 9  # a format that this SQLite may read, but not write: holds for root, unlike the file's mode
    path.write_bytes(content)
    with (
        pytest.raises(CurriculumStoreError, match=r"curriculum\.db cannot be used: .*readonly"),
        Curriculum(path) as curriculum,
    ):
        curriculum.report("p", 0, 1)


def test_a_curriculum_that_is_closed(tmp_path: Path) -> None:
    curriculum = Curriculum(tmp_path / "curriculum.db")
    curriculum.close()
    curriculum.close()
    with pytest.raises(CurriculumStoreError, match=r"curriculum\.db cannot be used: .*closed"):
        curriculum.report("p", 0, 1)


def test_memory_by_name_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Curriculum(":memory:").report("p", 0, 1)
    assert list(tmp_path.iterdir()) == []
