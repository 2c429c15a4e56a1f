"""Puts a run together: builds, checks what is there, repeats the session, prints the tables."""
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import time

from . import options as command_line
from . import goals, targets
from .report import Report
from .session import Session
from .tables import Tables
from .works import all_works


def main():
    options = command_line.parse()
    works = select(all_works(options.quick, options.seconds), options.works)
    if options.list:
        print("\n".join(f"{work.name:<18} {work.column}, per {work.figure}" for work in works))
        return 0
    problem = build(options) or missing(options)
    if problem:
        print(problem, file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background of a script
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    allow_many_sockets()
    try:
        return measure(options, works)
    except KeyboardInterrupt:
        print("\ninterrupted; everything that was started has ended", file=sys.stderr)
        return 130


def select(works, names):
    if not names:
        return works
    wanted = names.split(",")
    unknown = set(wanted) - {work.name for work in works}
    if unknown:
        sys.exit(f"bench/run: no such work: {', '.join(sorted(unknown))}; see --list")
    return [work for work in works if work.name in wanted]


def programs(options):
    return sorted({program for name in options.targets for program in targets.PROGRAMS.get(name, [])})


def build(options):
    """Brings build/release up to date. A sentence when that fails."""
    if not options.build:
        return None
    print("building build/release …", flush=True)
    wanted = ["bench-tools", *programs(options)]
    for command in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release", "--target", *wanted]):
        try:
            if subprocess.run(command, cwd=command_line.ROOT).returncode != 0:
                return f"bench/run: `{' '.join(command)}` failed"
        except FileNotFoundError:
            return "bench/run: cmake is missing; `scripts/run` installs what a build needs"
    return None


def missing(options):
    if "nginx" in options.targets and not targets.NGINX:
        return "bench/run: nginx is missing: install it (Debian: apt-get install nginx-light), or leave it out by --only"
    wanted = [os.path.join(options.tools, tool) for tool in ("bench-load", "bench-mock")]
    wanted += [os.path.join(options.bin, program) for program in programs(options)]
    absent = [path for path in wanted if not os.access(path, os.X_OK)]
    if absent:
        return f"bench/run: not built: {', '.join(absent)}; run without --bin and --no-build, or choose with --only"
    return None


def allow_many_sockets():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure(options, works):
    folder = os.path.join(command_line.ROOT, "build", "bench", time.strftime("%Y%m%d-%H%M%S"))
    os.makedirs(folder)
    report = Report(os.path.join(folder, "results.jsonl"), options.reps * len(options.targets) * (len(works) + 1))
    conditions = describe(options)
    report.write(conditions=conditions)
    print(f"{options.reps} × ({', '.join(options.targets)}), {len(works)} works; results in {folder}", flush=True)
    for rep in range(options.reps):
        with Session(options, report, rep) as session:
            session.run(works)
    return conclude(options, works, report, conditions, folder)


def describe(options):
    with open("/proc/cpuinfo") as info:
        model = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), "?")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=command_line.ROOT, capture_output=True,
                            text=True).stdout.strip()
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "commit": commit,
            "pinned": options.pin, "reps": options.reps, "seconds": options.seconds, "less": options.less,
            "bin": os.path.relpath(options.bin, command_line.ROOT), "began": time.strftime("%Y-%m-%d %H:%M:%S %z")}


def conclude(options, works, report, conditions, folder):
    tables = Tables(report, works, options.targets)
    text = (f"`bench/run`, {conditions['reps']} repetitions of {conditions['seconds']:g} s, "
            f"{'pinned' if conditions['pinned'] else 'not pinned'}; {conditions['cpu']}, {conditions['cores']} cores, "
            f"commit {conditions['commit']}. Medians, in brackets the lowest and highest.\n\n"
            + "\n\n".join(piece for piece in (tables.render(), goals.render(tables)) if piece) + "\n")
    with open(os.path.join(folder, "tables.md"), "w") as out:
        out.write(text)
    print("\n" + text)
    if report.errors:
        print(f"{len(report.errors)} ERRORS; figures of these targets prove nothing:", file=sys.stderr)
        for error in report.errors:
            print(f"  rep {error['rep'] + 1}  {json.dumps([error['target'], error['work'], error['error'][:300]])}",
                  file=sys.stderr)
        return 1
    print(f"No faults. Raw results: {folder}/results.jsonl")
    return 0
