"""One repetition: starts everything, goes through the works, target after target, and ends everything."""
import json
import subprocess
import time

from . import checks, targets
from .processes import Failure, cpu_seconds, memory_kb
from .scene import Scene

SETTLE_SECONDS = 1
IDLE_SECONDS = 2


class Session(Scene):
    def __init__(self, options, report, rep):
        super().__init__(options)
        self.report, self.rep = report, rep

    def start(self):
        super().start()
        for name in self.options.targets:
            self.start_target(name)

    def start_target(self, name):
        try:
            self.target(name)
        except Failure as failure:
            self.report.error(self.rep, name, "start", str(failure))

    def run(self, works):
        self.measure_idle()
        self.drop_wrong()
        for work in works:
            if work.pause:
                self.run_together(work)
                continue
            for target in list(self.running):
                self.run_one(work, target)

    def measure_idle(self):
        """Memory and CPU of processes that have nothing to do yet."""
        time.sleep(SETTLE_SECONDS)
        watched = [target for target in self.running if target.processes]
        before = [cpu_seconds(target.pids()) for target in watched]
        time.sleep(IDLE_SECONDS)
        for target, start in zip(watched, before):
            used = cpu_seconds(target.pids()) - start
            parts = {name: memory_kb([pid]) for name, pid in target.parts().items()}
            self.report.record(self.rep, target.name, "idle", {
                "rss_kb": memory_kb(target.pids()), "parts_rss_kb": parts, "cpu_ms_per_s": 1000 * used / IDLE_SECONDS})

    def drop_wrong(self):
        """A target that gives wrong answers isn't timed: it would look fast."""
        for target in list(self.running):
            try:
                checks.check(target, self.direct)
            except Failure as failure:
                self.report.error(self.rep, target.name, "check", str(failure))
                self.running.remove(target)
                targets.end(target)

    def run_one(self, work, target):
        self.finish(work, target, self.begin(work, target))

    def run_together(self, work):
        """All targets at once, out of step: each is silent while the others are, so nothing is disturbed."""
        begun = []
        for target in self.running:
            begun.append((target, self.begin(work, target)))
            time.sleep(work.pause / len(self.running))
        for target, load in begun:
            self.finish(work, target, load)

    def begin(self, work, target):
        groups = {"mock": [self.mock.pid], **{name: [pid] for name, pid in target.parts().items()}}
        if target.processes:
            groups["all"] = target.pids()
        counted = [word for name, pids in groups.items()
                   for word in ("--processes", f"{name}={'+'.join(map(str, pids))}")]
        return self.load(f"load-{target.name}", work, target, target.headers, *counted)

    def finish(self, work, target, load):
        try:
            load.popen.wait(work.warmup + work.seconds + 60)
            target.check()
            if load.popen.returncode != 0:
                raise Failure(load.last_words())
            with open(load.log) as out:
                result = json.load(out)
            self.report.record(self.rep, target.name, work.name, result)
            wrong = faults(work, result)
            if wrong:
                self.report.error(self.rep, target.name, work.name, wrong)
        except (Failure, ValueError, subprocess.TimeoutExpired) as failure:
            self.report.error(self.rep, target.name, work.name, str(failure))
            if not all(process.alive() for process in target.processes):
                self.running.remove(target)
                targets.end(target)
        finally:
            load.end()
            self.others.remove(load)


def faults(work, result):
    """What was wrong with the answers, or that there were too few of them; empty when all is well."""
    count = sum(result["faults"].values())
    if count:
        return f"{count} faults in {result['checked']} answers ({result['faults']}): {result['first_fault']}"
    if work.figure == "memory":
        missing = work.connections - result["open_streams"]
        return f"{missing} of {work.connections} streams did not open" if missing else ""
    if result["requests"] == 0:
        return "not one complete answer"
    if work.name.startswith("paced"):
        wanted = work.connections * 50
        if result["events_per_s"] < 0.8 * wanted:
            return f"{result['events_per_s']:.0f} events a second arrived of {wanted}"
    return ""
