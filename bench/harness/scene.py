"""What bench/overhead and bench/isolation measure in: the mock, the targets, and a load's core that is kept awake."""
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

from . import checks, targets
from .processes import Failure, Process, free_ports, wait_until


class Scene:
    """One start of everything. Use as a context manager: nothing that it started outlives it."""
    SPIN = "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"

    def __init__(self, setup):
        self.setup, self.running, self.others = setup, [], []
        self.temporary = tempfile.TemporaryDirectory(prefix="wayleave-bench-")
        self.folder = self.temporary.name

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        self.upstream = free_ports(1)[0]
        self.other("spinner", [sys.executable, "-c", self.SPIN])
        self.other("bench-mock", [os.path.join(self.setup.tools, "bench-mock"), "--port", str(self.upstream)])
        wait_until(lambda: targets.accepts(self.upstream), self.others, "bench-mock")
        with open(os.path.join(self.folder, "expected-text"), "w") as out:
            out.write(checks.expected_text(targets.Target("direct", self.upstream)))

    def other(self, name, command):
        self.others.append(Process(name, command, self.setup.load_cpus, os.path.join(self.folder, name + ".log")))

    def target(self, name, kind=None):
        self.running.append(targets.start(name, self.setup, os.path.join(self.folder, name), self.upstream, kind))
        return self.running[-1]

    def __exit__(self, *_):
        for target in self.running:
            targets.end(target)
        for process in self.others:
            process.end()
        self.temporary.cleanup()

    def begin(self, target, work, headers=None):
        """A load that runs; its end is `finish`."""
        command = [os.path.join(self.setup.tools, "bench-load"),
                   *work.arguments(target.routed, f"127.0.0.1:{target.port}", self.folder, headers or target.headers)]
        self.other(f"load-{work.name}-{len(self.others)}", command)
        return self.others[-1]

    def finish(self, load):
        """What it found."""
        if load.popen.wait() != 0:
            raise Failure(load.last_words())
        self.others.remove(load)
        with open(load.log) as out:
            return json.load(out)

    def load(self, target, work, headers=None):
        """What a load found to whose requests every answer is right."""
        result = self.finish(self.begin(target, work, headers))
        if any(result["faults"].values()):
            raise Failure(f"{target.name} answered wrongly: {result['first_fault']}")
        return result


def middle(values):
    """The median, and the interval that holds it in 95 of 100 such runs, by the binomial distribution of ranks."""
    found = sorted(values)
    reach = math.ceil(0.98 * math.sqrt(len(found)))
    low, high = found[max(0, len(found) // 2 - reach)], found[min(len(found) - 1, len(found) // 2 + reach)]
    return statistics.median(found), low, high
