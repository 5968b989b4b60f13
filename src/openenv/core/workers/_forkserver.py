"""The process that workers are forked from, and what a worker does.

Run as a script, with one end of a socket: it is a fresh, small, single-threaded process (forking the threaded
one that uses the pool would not be safe), it has loaded what all workers need, so a killed worker is replaced
in milliseconds, and it is the workers' parent, so it knows for certain when one has ended and none outlives
it. Standard library only, and nothing of this package: what it imports, every worker carries.
"""

import ctypes
import gc
import importlib
import os
import pickle
import select
import signal
import socket
import struct
import sys
import traceback
from typing import Any, BinaryIO, NoReturn, cast

# As in frames.py, which this script must not import.
_CONFIG, _FORK, _KILL, _CALL, _READY, _FAILED, _FORKED, _EXITED, _STARTED, _RESULT, _ERROR, _UNSENDABLE = range(12)
_HEADER = struct.Struct("<QB")
_PR_SET_PDEATHSIG = 1


def _send(sock: socket.socket, tag: int, payload: bytes = b"") -> None:
    sock.sendall(_HEADER.pack(len(payload), tag) + payload)


def _receive(reader: BinaryIO) -> bytes | None:
    """The payload of the next message; None at the end of the stream."""
    header = reader.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    length, _ = _HEADER.unpack(header)
    payload = reader.read(length)
    return payload if len(payload) == length else None


# The fork server


def _serve(control: socket.socket) -> None:
    length, _ = _HEADER.unpack(control.recv(_HEADER.size, socket.MSG_WAITALL))
    sys.path[:], preload = pickle.loads(control.recv(length, socket.MSG_WAITALL))
    try:
        for name in preload:
            importlib.import_module(name)
    except BaseException:
        _send(control, _FAILED, traceback.format_exc().encode())
        return
    gc.collect()
    gc.freeze()  # keeps the collector of the workers from copying the pages they share
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_reader, False)
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    try:
        while True:
            readable, _, _ = select.select([control.fileno(), wake_reader], [], [])
            if wake_reader in readable:
                os.read(wake_reader, 4096)
                _reap(control, children)
            if control.fileno() in readable and not _obey(control, children, libc):
                return
    except ConnectionError:
        return  # the pool has gone
    finally:
        for pid in children:
            _kill_group(pid)
        for pid in children:
            os.waitpid(pid, 0)


def _obey(control: socket.socket, children: set[int], libc: Any) -> bool:
    """Do what the next message asks; False at the end of the stream."""
    header, fds, _, _ = socket.recv_fds(control, _HEADER.size, 1)
    if len(header) < _HEADER.size:
        return False
    length, tag = _HEADER.unpack(header)
    value = int.from_bytes(control.recv(length, socket.MSG_WAITALL), "little")
    if tag == _KILL:
        # Only a child that has not been waited for: its number cannot belong to anybody else yet.
        if value in children:
            _kill_group(value)
        return True
    server_pid = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(fds[0])
        _send(control, _FORKED, pickle.dumps((value, None, f"could not be forked: {error}")))
        return True
    if pid == 0:
        control.close()
        _become_worker(fds[0], server_pid, libc)
    _set_group(pid)
    os.close(fds[0])
    children.add(pid)
    _send(control, _FORKED, pickle.dumps((value, pid, None)))
    return True


def _reap(control: socket.socket, children: set[int]) -> None:
    while children:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return
        # What the worker itself started goes with it. Not waited for yet, it still holds its number.
        _kill_group(ended.si_pid)
        os.waitpid(ended.si_pid, 0)
        children.discard(ended.si_pid)
        exit_code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        _send(control, _EXITED, pickle.dumps((ended.si_pid, exit_code)))


def _set_group(pid: int) -> None:
    """Make ``pid`` the leader of a group; done on both sides of the fork, as either may come first."""
    try:
        os.setpgid(pid, pid)
    except (PermissionError, ProcessLookupError):
        return  # it has done so itself, or has ended


def _kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


# A worker


def _become_worker(fd: int, server_pid: int, libc: Any) -> NoReturn:
    exit_code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _set_group(os.getpid())
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != server_pid:  # it ended before it could be asked to take this worker along
                os._exit(1)
        _work(socket.socket(fileno=fd))
        exit_code = 0
    except (BrokenPipeError, ConnectionResetError):
        exit_code = 0  # the pool has gone
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


def _work(sock: socket.socket) -> None:
    reader = cast(BinaryIO, sock.makefile("rb", buffering=1 << 16))
    config = _receive(reader)
    if config is None:
        return
    try:
        sys.path[:], memory_limit, initializer = pickle.loads(config)
        if initializer is not None:
            function, arguments, keywords = pickle.loads(initializer)
            function(*arguments, **keywords)
        if memory_limit is not None:
            _limit_memory(memory_limit)
    except BaseException:
        _send(sock, _FAILED, traceback.format_exc().encode())
        return
    _send(sock, _READY)
    while (call := _receive(reader)) is not None:
        if not _run(sock, call):
            return


def _run(sock: socket.socket, call: bytes) -> bool:
    """Run one call and send its outcome; False if the process should not be used any more."""
    try:
        try:
            function, arguments, keywords = pickle.loads(call)
        except BaseException as error:
            _send(sock, _STARTED)
            note = "the call cannot be loaded in a worker: it must be importable there"
            _send(sock, _ERROR, _pickled_error(error, note))
            return True
        _send(sock, _STARTED)
        result = function(*arguments, **keywords)
        try:
            payload = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
        except MemoryError:
            raise
        except BaseException as error:
            payload = pickle.dumps(f"a {type(result).__name__}: {type(error).__name__}: {error}")
            _send(sock, _UNSENDABLE, payload)
            return True
        _send(sock, _RESULT, payload)
    except (BrokenPipeError, ConnectionResetError):
        raise
    except BaseException as error:
        _send(sock, _ERROR, _pickled_error(error))
        return not isinstance(error, MemoryError)
    return True


def _pickled_error(error: BaseException, note: str | None = None) -> bytes:
    """``(error or None, its words, traceback)``: the error itself only where it survives the trip."""
    trace = "".join(traceback.format_exception(error))
    words = f"{type(error).__name__}: {error}"
    if note is not None:
        return pickle.dumps((None, f"{note} ({words})", trace))
    if isinstance(error, Exception):
        try:
            payload = pickle.dumps((error, words, trace))
            pickle.loads(payload)
        except BaseException:
            return pickle.dumps((None, words, trace))
        return payload
    return pickle.dumps((None, words, trace))


def _limit_memory(limit: int) -> None:
    import resource

    with open("/proc/self/statm") as statm:
        in_use = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + limit, in_use + limit))


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
