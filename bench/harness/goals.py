"""What the product promises of itself, held against a run."""
from .tables import cpu, part_rss

# figure of merit, target, at most
GOALS = [
    ("1k-c64", "serve", 4), ("1k-c64", "fleet", 12),
    ("100k-c16", "serve", 8), ("100k-c16", "fleet", 12),
    ("paced-chat", "serve", 4), ("paced-chat", "fleet", 8),
    ("paced-responses", "serve", 4), ("paced-responses", "fleet", 8),
    ("translation", "serve", 2000),
    ("added", "serve", 3),
    ("silence", "serve", 3), ("silence", "fleet", 3),
    ("idle-rss", "serve", 40), ("idle-rss", "fleet", 30),
    ("rules", "serve-rules", 1.03), ("rules", "serve-500-rules", 1.03),
]
LABELS = {"translation": "translating a request of 100 KiB, µs of CPU",
          "added": "added time at c=1, p50, × nginx's", "silence": "slowest after 5 s of silence ÷ p99 busy",
          "idle-rss": "idle RSS of the largest process, MiB",
          "rules": "CPU of a request of 1 KiB with rules ÷ without, in one process"}


def render(tables):
    columns = {work.name: f"{work.column}, CPU × nginx" for work in tables.works}
    lines = []
    for merit, target, limit in GOALS:
        value = measured(tables, merit, target)
        if value is not None:
            verdict = "reached" if value <= limit else "**missed**"
            label = LABELS.get(merit) or columns[merit]
            lines.append(f"| {label} | {target} | {value:.2f} | ≤ {limit} | {verdict} |")
    if not lines:
        return ""
    return "### Goals\n\n| | target | measured | goal | |\n| --- | --- | --- | --- | --- |\n" + "\n".join(lines)


def measured(tables, merit, target):
    if merit == "translation":
        return translation_us(tables.report, target)
    if merit == "added":
        return tables.added_ratio(target)
    if merit == "silence":
        return tables.silence_ratio(target)
    if merit == "idle-rss":
        return largest_process_mib(tables.report, target)
    if merit == "rules":
        return rules_ratio(tables.report, target)
    unit = next((work.figure for work in tables.works if work.name == merit), None)
    return tables.ratio(target, merit, cpu(unit)) if unit else None


def translation_us(report, target):
    """What the same request costs more when it has to be translated than when it passes as bytes. An answer of one
    event comes with it."""
    with_it, without = (report.median(target, work, cpu("request")) for work in ("100k-translated", "100k-c16"))
    return None if with_it is None or without is None else with_it - without


def rules_ratio(report, target):
    on, off = (report.median(name, "1k-c64", cpu("request")) for name in (target, "serve"))
    return None if on is None or off is None else on / off


def largest_process_mib(report, target):
    idle = next((r["result"] for r in report.records if r["target"] == target and r["work"] == "idle"), None)
    if idle is None:
        return None
    figures = [part_rss(part) for part in idle["parts_rss_kb"]] or [lambda result: result["rss_kb"]]
    return max(report.median(target, "idle", figure) for figure in figures) / 1024
