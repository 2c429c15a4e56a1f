"""Keeps what is measured as JSON lines, says it while it happens, and knows medians and ranges."""
import json
import statistics
import sys
import time


class Report:
    def __init__(self, path, total):
        self.path, self.total, self.done, self.begun = path, total, 0, time.monotonic()
        self.records, self.errors = [], []
        self.out = open(path, "w")

    def write(self, **line):
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()

    def record(self, rep, target, work, result):
        line = dict(rep=rep, target=target, work=work, result=result)
        self.records.append(line)
        self.write(**line)
        self.say(rep, target, work, brief(result))

    def error(self, rep, target, work, message):
        line = dict(rep=rep, target=target, work=work, error=message)
        self.errors.append(line)
        self.write(**line)
        print(f"ERROR  rep {rep + 1}  {target}, {work}: {message}", file=sys.stderr, flush=True)

    def say(self, rep, target, work, text):
        self.done += 1
        elapsed = int(time.monotonic() - self.begun)
        print(f"{elapsed // 60:3}:{elapsed % 60:02}  {self.done:3}/{self.total}  rep {rep + 1}  "
              f"{target:<10} {work:<17} {text}", flush=True)

    def values(self, target, work, figure):
        """One value for each repetition in which the target gave one. `figure` is a function of a result."""
        found = (figure(r["result"]) for r in self.records if r["target"] == target and r["work"] == work)
        return [value for value in found if value is not None]

    def median(self, target, work, figure):
        values = self.values(target, work, figure)
        return statistics.median(values) if values else None


def group(result):
    """The figures of all processes under test together; empty when there is nothing in between."""
    return result.get("processes", {}).get("all", {})


def brief(result):
    if "cpu_ms_per_s" in result:
        return f"RSS {result['rss_kb'] / 1024:.1f} MiB, CPU {result['cpu_ms_per_s']:.1f} ms/s"
    if result["open_streams"] and not result["requests"]:
        return f"{result['open_streams']} streams open, RSS {group(result).get('rss_kb', 0) / 1024:.1f} MiB"
    figures = [f"p50 {result['latency_us']['p50']:.0f} p99 {result['latency_us']['p99']:.0f} µs"]
    if result["events"]:
        figures = [f"{result['events_per_s']:.0f} events/s", f"delay p50 {result['event_delay_us']['p50']:.0f} µs"]
        unit = "event"
    else:
        figures.append(f"{result['requests_per_s']:.0f}/s")
        unit = "request"
    if group(result):
        figures.append(f"CPU {group(result)['cpu_us_per_' + unit]:.1f} µs/{unit}")
        figures.append(f"RSS {group(result)['rss_kb'] / 1024:.1f} MiB")
    return ", ".join(figures)
