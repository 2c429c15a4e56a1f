"""The Markdown tables of a run: a column for each target, medians with ranges, and ratios to nginx."""
from .report import group

BASE = "nginx"
NOTHING = "–"


def cpu(unit):
    return lambda result: group(result).get("cpu_us_per_" + unit)


def quantile(series, q):
    return lambda result: result[series][q] if result[series]["n"] else None


def per_stream_kb(result):
    if not group(result) or not result["open_streams"]:
        return None
    return (group(result)["rss_kb"] - group(result)["rss_kb_at_rest"]) / result["open_streams"]


class Tables:
    def __init__(self, report, works, targets):
        self.report, self.works, self.targets = report, works, targets

    def render(self):
        pieces = [self.cpu(), self.latency(), self.streams(), self.memory(), self.parts()]
        return "\n\n".join(piece for piece in pieces if piece)

    def of(self, *figures):
        return [work for work in self.works if work.figure in figures]

    def table(self, title, rows, columns=None):
        """`rows`: a label and a function from a column to its cell. Rows without any figure are left out."""
        columns = columns or self.targets
        cells = [[label] + [cell(column) for column in columns] for label, cell in rows]
        cells = [row for row in cells if any(cell != NOTHING for cell in row[1:])]
        if not cells:
            return ""
        lines = [[""] + columns, ["---"] * (len(columns) + 1), *cells]
        return f"### {title}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def spread(self, work, figure, scale=1.0):
        """A row's cells: `median (lowest–highest)`, without the range when there is but one value."""
        def cell(target):
            values = [value / scale for value in self.report.values(target, work, figure)]
            if not values:
                return NOTHING
            middle = number(self.report.median(target, work, figure) / scale)
            return middle if len(values) == 1 else f"{middle} ({number(min(values))}–{number(max(values))})"
        return cell

    def ratio(self, target, work, figure, less=0.0):
        """Of the target's median to nginx's in this run, `less` taken from both."""
        value, base = self.report.median(target, work, figure), self.report.median(BASE, work, figure)
        return None if value is None or base is None or base <= less else (value - less) / (base - less)

    def with_ratio(self, work, figure, less=0.0):
        show = self.spread(work, figure)

        def cell(target):
            ratio = None if target in (BASE, "direct") else self.ratio(target, work, figure, less)
            return show(target) + ("" if ratio is None else f" · **{ratio:.2f}×**")
        return cell

    def cpu(self):
        return self.table("CPU, user and system of all processes: µs, and × nginx",
                          [(f"{work.column}, per {work.figure}", self.with_ratio(work.name, cpu(work.figure)))
                           for work in self.of("request", "event")])

    def latency(self):
        rows = []
        for work in self.of("latency"):
            rows += [(f"{work.column}, {q}", self.spread(work.name, quantile("latency_us", q))) for q in ("p50", "p99")]
        rows += [("added at c=1, p50, × nginx's", self.added), ("p99 after silence ÷ p99 busy", self.after_silence)]
        return self.table("Latency: µs", rows)

    def added(self, target):
        added = self.added_us(target)
        if target == "direct" or added is None:
            return NOTHING
        ratio = self.added_ratio(target)
        return number(added) + ("" if ratio is None or target == BASE else f" · **{ratio:.2f}×**")

    def added_us(self, target):
        p50 = quantile("latency_us", "p50")
        value, direct = self.report.median(target, "1k-c1", p50), self.report.median("direct", "1k-c1", p50)
        return None if value is None or direct is None else value - direct

    def added_ratio(self, target):
        direct = self.report.median("direct", "1k-c1", quantile("latency_us", "p50"))
        return None if direct is None else self.ratio(target, "1k-c1", quantile("latency_us", "p50"), less=direct)

    def silence_ratio(self, target):
        """The slowest of all first requests after silence: there are too few for a p99 of each repetition."""
        slowest = self.report.values(target, "silence", quantile("latency_us", "max"))
        busy = self.report.median(target, "1k-c1", quantile("latency_us", "p99"))
        return max(slowest) / busy if slowest and busy else None

    def after_silence(self, target):
        ratio = self.silence_ratio(target)
        return NOTHING if ratio is None else f"{ratio:.2f}×"

    def streams(self):
        rows = []
        for work in self.works:
            if work.name.startswith("paced"):
                rows += [(f"{work.column}: {label}, {q}", self.spread(work.name, quantile(series, q)))
                         for label, series in (("first event", "first_event_us"), ("delay of an event", "event_delay_us"))
                         for q in ("p50", "p99")]
        return self.table("Streams: µs to the first event, and of each event on its way", rows)

    def memory(self):
        return self.table("Memory, and CPU when idle", [
            ("idle RSS, MiB", self.spread("idle", lambda r: r["rss_kb"], 1024)),
            ("highest RSS under these loads, MiB", self.peak),
            ("RSS of an open idle stream, KiB", self.spread("idle-streams", per_stream_kb)),
            ("idle CPU, ms/s", self.spread("idle", lambda r: r["cpu_ms_per_s"]))])

    def peak(self, target):
        peaks = [group(r["result"])["peak_rss_kb"] for r in self.report.records
                 if r["target"] == target and group(r["result"])]
        return number(max(peaks) / 1024) if peaks else NOTHING

    def parts(self):
        """Where a target of several processes spends its CPU and memory."""
        names = [(r["target"], list(r["result"]["parts_rss_kb"])) for r in self.report.records if r["work"] == "idle"]
        target, parts = next(((target, parts) for target, parts in names if parts), (None, []))
        if not parts:
            return ""
        rows = [("idle RSS, MiB", lambda part: self.spread("idle", part_rss(part), 1024)(target))]
        for work in self.of("request", "event"):
            rows.append((f"{work.column}, µs per {work.figure}",
                         lambda part, work=work: self.spread(work.name, part_cpu(part, work.figure))(target)))
        return self.table(f"Each process of {target} by itself", rows, parts)


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def part_cpu(part, unit):
    return lambda result: result["processes"][part]["cpu_us_per_" + unit]


def part_rss(part):
    return lambda result: result["parts_rss_kb"][part]
