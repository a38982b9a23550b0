#!/usr/bin/env python3
"""How the cost of a training step grows: ./dev bench growth [NET...]

Times a step of each net at several batch sizes, widths (all filters and units but the last layer's times a factor) and
numbers of threads; everything else stays as the recipe says. All points take turns, so that whatever else the machine
does falls on all; figures are medians over the rounds. Needs no data and no PyTorch. Prints tables and, with --out,
writes a csv.
"""

import argparse
import csv
import os
import re
import statistics
import sys
import tempfile

from run import NETS, REWIRE, ROOT, cell, cpu_name, note, print_table, run_json

BATCHES = (1, 2, 5, 10, 25, 50, 100, 200)
WIDTHS = (0.25, 0.5, 1, 1.5, 2)
FIGURES = ("step_ms", "images_per_second", "gflops", "sync_ms", "weights", "peak_bytes")


def widened(text, factor):
    """The recipe with every filters= and units= but the last one times factor."""
    sizes = list(re.finditer(r"\b(filters|units)=(\d+)", text))[:-1]
    for size in reversed(sizes):
        text = f"{text[: size.start()]}{size[1]}={round(int(size[2]) * factor)}{text[size.end():]}"
    return text


def write_recipe(folder, net, factor):
    with open(os.path.join(ROOT, "recipes", f"{net}.yaml")) as file:
        text = file.read()
    path = os.path.join(folder, f"{net}-{factor}.yaml")
    with open(path, "w") as file:
        file.write(widened(text, factor))
    return path


def thread_counts(most):
    counts = [1]
    while counts[-1] * 2 < most:
        counts.append(counts[-1] * 2)
    return sorted({*counts, most})


def points(args, folder, net):
    """(what grows, its value, the options that make it)"""
    batch, threads = ["--batch", str(args.batch)], ["--threads", str(args.threads)]
    for n in args.batches:
        yield "batch", n, [net, "--batch", str(n), *threads]
    for factor in args.widths:
        yield "width", factor, [write_recipe(folder, net, factor), *batch, *threads]
    for n in thread_counts(args.threads):
        yield "threads", n, [net, *batch, "--threads", str(n)]


def measure(args, net):
    """Rows of one net, and how many points could not be run; rewire itself said why."""
    with tempfile.TemporaryDirectory() as folder:
        todo = list(points(args, folder, net))
        results = [[] for _ in todo]
        for number in range(args.rounds):
            note(f"{net}, round {number + 1} of {args.rounds}")
            for (_, _, options), rows in zip(todo, results):
                rows.append(run_json([REWIRE, "bench", "step", *options, "--steps", str(args.steps), "--json"]))
    rows = [
        {"net": net, "what": what, "value": value} | {key: statistics.median(row[key] for row in rows) for key in FIGURES}
        for (what, value, _), rows in zip(todo, results)
        if None not in rows
    ]
    return rows, len(todo) - len(rows)


def show(net, what, rows):
    lines = [[what, "ms", "images/s", "GFLOP/s", "decision ms", "weights", "MB"]]
    for row in rows:
        if (row["net"], row["what"]) == (net, what):
            lines.append([
                f"{row['value']:g}", f"{row['step_ms']:.2f}", f"{row['images_per_second']:.0f}", f"{row['gflops']:.0f}",
                cell(row["sync_ms"], ".2f"), f"{row['weights']:.0f}", f"{row['peak_bytes'] / 1e6:.0f}",
            ])
    print_table(f"{net}, {what}", lines)


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, ("net", "what", "value", *FIGURES))
        writer.writeheader()
        writer.writerows(rows)


def listed(text, kind):
    numbers = [kind(word) for word in text.split(",")]
    if min(numbers) <= 0:
        raise ValueError(text)
    return numbers


def sizes(text):
    return listed(text, int)


def factors(text):
    return listed(text, float)


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench growth", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", metavar="NET", help="default: conv4")
    parser.add_argument("--batches", type=sizes, default=BATCHES, help=f"default: {','.join(map(str, BATCHES))}")
    parser.add_argument("--widths", type=factors, default=WIDTHS, help=f"default: {','.join(map(str, WIDTHS))}")
    parser.add_argument("--batch", type=int, default=50, help="where something else grows; default: %(default)s")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="at most; default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--steps", type=int, default=10, help="in a round; default: %(default)s")
    parser.add_argument("--out", metavar="CSV", help="file for all figures")
    args = parser.parse_args()
    for unknown in [net for net in args.nets if net not in NETS]:
        parser.error(f"no net '{unknown}'; there are: {' '.join(NETS)}")
    if args.out and not os.path.isdir(os.path.dirname(os.path.abspath(args.out))):
        parser.error(f"--out '{args.out}': there is no such folder")
    if min(args.rounds, args.steps, args.threads, args.batch) < 1:
        parser.error("rounds, steps, threads and batch must be 1 or more")
    args.nets = args.nets or ["conv4"]
    return args


def main():
    args = arguments()
    rows, failed = [], 0
    for net in args.nets:
        more, missing = measure(args, net)
        rows, failed = rows + more, failed + missing
    print(f"{cpu_name()}, float32, batch {args.batch} and {args.threads} threads where they do not grow")
    for net in args.nets:
        for what in ("batch", "width", "threads"):
            show(net, what, rows)
    if args.out:
        write(args.out, rows)
    if failed:
        note(f"{failed} points could not be run; see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
