"""One process in which all that watches its requests is switched on and off while it runs: two processes of the same
program differ by more than watching costs."""
import dataclasses
import http.client
import json
import os

from . import targets
from .processes import wait_until

RELOADS = 'wayleave_config_reloads_total{result="ok"} '


@dataclasses.dataclass
class State:
    counting: bool
    level: str  # of the log; requests are logged at info
    sampling: float  # the share of requests that are traced


STATES = {"nothing": State(False, "warning", 0), "and metrics": State(True, "warning", 0),
          "and the access log": State(True, "info", 0), "and a tenth traced": State(True, "info", 0.1)}


class ServeWatched(targets.ServeTraced):
    def start(self, options, folder, upstream_port):
        self.folder, self.switch = folder, os.path.join(folder, "counting")
        with open(self.switch, "wb") as switch:
            switch.write(b"1?")
        super().start(options, folder, upstream_port)

    def adjust(self, options, config):
        self.settings = super().adjust(options, config)
        return self.settings

    def environment(self, options):
        return {"LD_PRELOAD": os.path.join(options.tools, "bench-unmetered.so"), "BENCH_COUNTING": self.switch}

    def be(self, state):
        """Returns when it is. The file is written each time, so that no state has read it more often than others."""
        self.count(True)
        before = self.reloads()
        self.settings.update(log={"level": state.level})
        self.settings["tracing"]["sampling"] = state.sampling
        path = os.path.join(self.folder, "wayleave.yaml")
        with open(path + ".new", "w") as out:
            json.dump(self.settings, out, indent=1)
        os.replace(path + ".new", path)
        wait_until(lambda: self.reloads() > before, self.processes, f"{self.name} with a new configuration")
        self.count(state.counting)

    def count(self, counting):
        """Returns when bench/unmetered has done it."""
        wanted = b"1" if counting else b"0"
        with open(self.switch, "r+b", buffering=0) as switch:
            switch.write(wanted)
            wait_until(lambda: os.pread(switch.fileno(), 1, 1) == wanted, self.processes, f"{self.name}'s counting")

    def reloads(self):
        connection = http.client.HTTPConnection(self.settings["gateway"]["admin"], timeout=5)
        try:
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        finally:
            connection.close()
        return sum(float(line.removeprefix(RELOADS)) for line in lines if line.startswith(RELOADS))
