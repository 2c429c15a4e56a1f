"""The command line of bench/run."""
import argparse
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
TARGETS = ["direct", "nginx", "serve", "serve-less", "serve-rules", "serve-500-rules", "serve-governed", "serve-traced",
           "fleet"]
# Measured where --only or --less asks for them.
ON_DEMAND = {"serve-less", "serve-rules", "serve-500-rules", "serve-governed", "serve-traced"}


def parse(arguments=None):
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Compares direct, nginx, `wayleave serve` and the four processes in one run.")
    parser.add_argument("--quick", action="store_true", help="one short repetition: does it run, roughly how fast")
    parser.add_argument("--only", metavar="TARGET[,TARGET]", help="of " + ", ".join(TARGETS))
    parser.add_argument("--works", metavar="WORK[,WORK]", help="only these works (their names: --list)")
    parser.add_argument("--list", action="store_true", help="print the works and end")
    parser.add_argument("--reps", type=int, help="repetitions over everything (3; quick: 1)")
    parser.add_argument("--seconds", type=float, help="measured seconds of one load (4; quick: 1.5)")
    parser.add_argument("--bin", metavar="DIR",
                        help="programs to measure, their tools beside it in ../bench; nothing is built then "
                             "(default: build/release/bin, built first)")
    parser.add_argument("--no-build", action="store_true", help="measure what build/release/bin holds")
    parser.add_argument("--pin", action=argparse.BooleanOptionalAction, default=None,
                        help="gateway alone on one core, load and upstream on another (default with 2 cores)")
    parser.add_argument("--less", metavar="SECTION.KEY=VALUE", action="append", default=[],
                        help="adds the target serve-less: `wayleave serve` with this setting, to price a feature")
    return complete(parser, parser.parse_args(arguments))


def complete(parser, options):
    options.reps = options.reps or (1 if options.quick else 3)
    options.seconds = options.seconds or (1.5 if options.quick else 4.0)
    options.build = not options.bin and not options.no_build
    options.bin = os.path.realpath(options.bin or os.path.join(ROOT, "build", "release", "bin"))
    options.tools = os.path.join(os.path.dirname(options.bin), "bench")
    usual = [name for name in TARGETS if name not in ON_DEMAND or (name == "serve-less" and options.less)]
    names = options.only.split(",") if options.only else usual
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)} (of {', '.join(TARGETS)})")
    if "serve-less" in names and not options.less:
        parser.error("serve-less needs --less SECTION.KEY=VALUE")
    options.targets = [name for name in TARGETS if name in names]
    cores = sorted(os.sched_getaffinity(0))
    if options.pin is None:
        options.pin = len(cores) >= 2
    if options.pin and len(cores) < 2:
        parser.error("--pin needs two cores")
    options.gateway_cpus, options.load_cpus = ({cores[0]}, {cores[1]}) if options.pin else (set(cores), set(cores))
    return options
