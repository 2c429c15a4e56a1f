"""What every benchmark measures in: the mock, and before it the targets."""
import os
import signal
import tempfile

from . import checks, targets
from .processes import Process, free_ports, wait_until


class Scene:
    """Use as a context manager: nothing that it started outlives it, nor does its folder."""

    def __init__(self, options):
        self.options, self.running, self.others = options, [], []
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
        port = free_ports(1)[0]
        self.mock = self.other("bench-mock", [os.path.join(self.options.tools, "bench-mock"), "--port", str(port)])
        wait_until(lambda: targets.accepts(port), [self.mock], "bench-mock")
        self.direct = targets.Target("direct", port)
        with open(os.path.join(self.folder, "expected-text"), "w") as out:
            out.write(checks.expected_text(self.direct))

    def other(self, name, command):
        """A process that runs beside the targets."""
        log = os.path.join(self.folder, name + ".log")
        self.others.append(Process(name, command, self.options.load_cpus, log))
        return self.others[-1]

    def target(self, name, kind=None):
        folder = os.path.join(self.folder, name)
        self.running.append(targets.start(name, self.options, folder, self.direct.port, kind))
        return self.running[-1]

    def load(self, name, work, target, headers, *more):
        """A load that has begun; what it finds is in its log."""
        command = [os.path.join(self.options.tools, "bench-load"), *more]
        return self.other(name, command + work.arguments(target.routed, f"127.0.0.1:{target.port}", self.folder, headers))

    def __exit__(self, *_):
        impatience = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
        for target in self.running:
            targets.end(target)
        for process in self.others:
            process.end()
        self.temporary.cleanup()
        signal.signal(signal.SIGINT, impatience)
