"""Processes that the benchmark starts, and ends by their ids."""
import ctypes
import os
import random
import signal
import socket
import subprocess
import time

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """Something that should run doesn't; the message says what and why."""


class Process:
    """One started program with its output in a file. Ends with this one, however this one ends."""

    def __init__(self, name, command, cpus, log, env=None, cwd=None):
        def prepare():
            os.sched_setaffinity(0, cpus)
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        self.name, self.log = name, log
        with open(log, "wb") as output:
            self.popen = subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=prepare)
        self.pid = self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def check(self):
        if not self.alive():
            raise Failure(f"{self.name} ended with {self.popen.returncode}:\n{self.last_words()}")

    def last_words(self, size=2000):
        with open(self.log, "rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - size))
            return log.read().decode(errors="replace").strip()

    def ask_to_end(self):
        if self.alive():
            self.popen.terminate()

    def end(self, patience=5):
        self.ask_to_end()
        try:
            self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


def wait_until(ready, processes, what, patience=20):
    """Polls until ready(); fails when one of the processes ends or patience does."""
    end = time.monotonic() + patience
    while not ready():
        for process in processes:
            process.check()
        if time.monotonic() > end:
            words = "\n".join(f"{p.name}: {p.last_words()}" for p in processes)
            raise Failure(f"{what} is not ready after {patience} s:\n{words}")
        time.sleep(0.05)


def free_ports(count):
    """Ports nobody listens on, below those that outgoing connections take."""
    held = []
    while len(held) < count:
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", random.randrange(15000, 32000)))
            held.append(holder)
        except OSError:
            holder.close()
    ports = [holder.getsockname()[1] for holder in held]
    for holder in held:
        holder.close()
    return ports


def descendants(roots):
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                children.setdefault(int(stat.read().rpartition(")")[2].split()[1]), []).append(int(entry))
        except OSError:
            pass  # it ended meanwhile
    found, todo = [], list(roots)
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_seconds(roots):
    """User and system time so far; the clock of a process is what /proc shows, without rounding."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in descendants(roots))


def memory_kb(roots):
    total = 0
    for pid in descendants(roots):
        with open(f"/proc/{pid}/status") as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    return total
