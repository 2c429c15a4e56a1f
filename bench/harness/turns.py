"""For benchmarks of many short turns: a load's core that is kept awake, and what is said of their ratios."""
import json
import math
import statistics
import sys

from .processes import Failure
from .scene import Scene

SPIN = "import os\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"


class Turns(Scene):
    def start(self):
        self.other("spinner", [sys.executable, "-c", SPIN])
        super().start()

    def begin(self, target, work, headers=None):
        """A load that runs until `finish`."""
        return self.load(f"load-{work.name}", work, target, headers or target.headers)

    def finish(self, load):
        """What it found."""
        if load.popen.wait() != 0:
            raise Failure(load.last_words())
        self.others.remove(load)
        with open(load.log) as out:
            return json.load(out)

    def whole(self, target, work, headers=None):
        """What a load found to which every answer was right."""
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
