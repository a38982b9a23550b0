#!/usr/bin/env python3
"""Everything that says how fast Rewire is, in one run: ./dev bench [NET...] [--quick]

Measures the machine's peak, then for every net training and inference, ours and PyTorch's, in turns (A B A B), so that
whatever else the machine does falls on both; synchronisation, loader and memory besides. Of PyTorch every variant is
tried for a moment (eager, compiled and traced, both memory formats, every Python in $PYTHON; the best of these in
pieces, with other ways of Adam, with huge pages), and the fastest two take part in the rounds, and the fastest that
takes the batch in one call. All figures are medians; ratios are medians of the ratios of each round.

Prints tables and writes runs/bench/TIME-COMMIT.csv. Without PyTorch it measures our side alone.
"""

import argparse
import contextlib
import csv
import itertools
import json
import os
import platform
import selectors
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REWIRE = os.environ.get("REWIRE", os.path.join(ROOT, "build", "rewire"))
PEAK = os.environ.get("PEAK", os.path.join(ROOT, "build", "bench_peak"))
PEER = os.path.join(ROOT, "bench", "peers", "nets_torch.py")
DATA = {"conv7": "mnist", "conv2": "cifar10", "conv4": "cifar10", "conv13": "cifar10", "resnet50": "cifar10"}
NETS = list(DATA)
PATIENCE = 1200  # seconds that a variant may take to compile and warm up

COLUMNS = (
    "time commit cpu threads net what dtype batch who variant version rounds ms ms_low ms_high images_per_second"
    " gflops of_peak ratio peak_bytes calls error command"
).split()


def note(text):
    print(text, file=sys.stderr, flush=True)


def cell(value, form):
    return "-" if value is None else format(value, form)


def output_of(*command):
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return ""


def cpu_name():
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


# ---- ours


def rewire(args, net, dtype, batch, *more, steps=None):
    """One measurement; None where this build cannot, having said why."""
    command = [REWIRE, "bench", "step", net, "--dtype", dtype, "--batch", str(batch), "--threads", str(args.threads)]
    command += ["--warmup", "3", "--json", *more]
    if steps is None:  # a short look first, to keep a round within its seconds
        first = run_json(command + ["--steps", "1"])
        steps = max(3, min(args.steps, int(1e3 * args.seconds / first["step_ms"]))) if first else 1
        if not first:
            return None
    return run_json(command + ["--steps", str(steps)])


def run_json(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        note(f"  {done.stderr.strip()}")
        return None
    return json.loads(done.stdout)


# ---- theirs


class Peer:
    """One variant of PyTorch's side: a process that measures once more whenever it is asked."""

    def __init__(self, args, python, net, dtype, batch, mode, **variant):
        self.name = " ".join(NAMES.get(key, "{}").format(value) for key, value in variant.items())
        self.whole = is_whole(self.name)
        environment = dict(os.environ) | (HUGE if variant.pop("memory", None) else {})
        options = {"mode": mode, "batch": batch, "dtype": dtype, "threads": args.threads}
        options |= {"steps": args.steps, "seconds": args.seconds, "warmup": 3} | variant
        words = itertools.chain.from_iterable((f"--{key}", str(value)) for key, value in options.items())
        self.process = subprocess.Popen(
            [python, "-W", "ignore", PEER, net, *words, "--serve"], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        self.first = self.read()

    def read(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            line = self.process.stdout.readline() if selector.select(PATIENCE) else ""
        return json.loads(line) if line else {"error": "no answer"}

    def measure(self):
        try:
            self.process.stdin.write("again\n")
            self.process.stdin.flush()
        except OSError:
            return {"error": "it has ended"}
        return self.read()

    def close(self):
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()


def is_whole(variant):
    """Does it take the batch in one call?"""
    return PIECE not in variant


PIECE = "in pieces"
NAMES = {"pieces": PIECE + " of {}", "memory": "huge pages"}
HUGE = {"THP_MEM_ALLOC_ENABLE": "1"}  # PyTorch's own switch, as ours ask for huge pages too
PIECES = 50, 125  # images that stay in the caches, as ours predicts many


# Who else decides: the published code's two sorts, one sort and a scatter, and the same by NumPy.
DECIDERS = {"torch": "sync", "one sort": "sync_scatter", "numpy": "sync_numpy"}


def variants(args, mode):
    """What may be fastest there. A quick run tries less."""
    if mode.startswith("sync"):
        return [{}]
    runs = ["eager", "compiled"] + ["traced"] * (mode == "infer")
    formats = ["channels_last"] if args.quick else ["default", "channels_last"]
    return [{"run": r, "format": f} | ({} if mode == "infer" else {"adam": "fused"}) for r in runs for f in formats]


def refinements(args, mode, batch):
    """What is only tried in the best of these forms."""
    if mode.startswith("sync"):
        return []
    pieces = [{"pieces": n} for n in PIECES if mode == "infer" and batch >= 2 * n and batch % n == 0]
    adams = [{"adam": adam} for adam in ("foreach", "loop") if mode == "train" and not args.quick]
    huge = [{"memory": "huge"}]
    return huge + pieces + adams + huge


class Search:
    """The fastest two and the fastest whole one, warm and waiting; tried has every first look."""

    def __init__(self, args, net, dtype, batch, mode):
        self.args, self.what = args, (net, dtype, batch, mode)
        self.open, self.tried, self.seen = [], [], []
        for python in args.pythons:
            self.best = None
            for variant in variants(args, mode):
                self.look(python, variant)
            for more in refinements(args, mode, batch) if self.best else ():
                self.look(python, self.best[1] | more)

    def look(self, python, variant):
        if (python, variant) in self.seen:
            return
        self.seen.append((python, variant))
        peer = Peer(self.args, python, *self.what, **variant)
        self.tried.append((peer.name, peer.first))
        if "error" in peer.first:
            note(f"  {python} {peer.name}: {peer.first['error']}")
            peer.close()
            return
        note(f"  {python} {peer.name}: {peer.first['step_ms']:.2f} ms")
        if self.best is None or peer.first["step_ms"] < self.best[0]:
            self.best = peer.first["step_ms"], variant
        self.open.append(peer)
        self.open.sort(key=lambda p: p.first["step_ms"])
        stay = self.open[:2]
        if not any(peer.whole for peer in stay):
            stay += [peer for peer in self.open[2:] if peer.whole][:1]
        for slow in self.open[2:]:
            if slow not in stay:
                slow.close()
        self.open = stay


def find_pythons():
    found = []
    for python in os.environ.get("PYTHON", "python3").split():
        version = output_of(python, "-c", "import torch; print(torch.__version__)")
        note(f"PyTorch in {python}: {version or 'none'}")
        found += [python] if version else []
    return found


# ---- rounds


def median(rows, key):
    values = [row[key] for row in rows if row and row.get(key) is not None]
    return statistics.median(values) if values else None


def figures_of(first):
    """A first look, or the error that came instead."""
    if "error" in first:
        return {"error": first["error"]}
    return {"rounds": 1, "ms": first["step_ms"], "images_per_second": first["images_per_second"], "peak_bytes": first["peak_bytes"]}


def summary(rows):
    """Of one side's rounds: the median, and the fastest and slowest round."""
    times = [row["step_ms"] for row in rows]
    return {
        "rounds": len(rows),
        "ms": statistics.median(times),
        "ms_low": min(times),
        "ms_high": max(times),
        "images_per_second": median(rows, "images_per_second"),
        "peak_bytes": max(row["peak_bytes"] for row in rows),
        "calls": min((row["steps"] for row in rows if "steps" in row), default=None),
    }


class Bench:
    def __init__(self, args, peak):
        self.args, self.peak, self.rows = args, peak, []
        self.constants = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S"),
            "commit": output_of("git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=12"),
            "cpu": cpu_name(),
            "threads": args.threads,
            "command": " ".join(["./dev bench", *sys.argv[1:]]),
        }
        self.version = output_of(REWIRE, "--version").removeprefix("rewire ")

    def add(self, key, who, variant, version, figures, gflop, ratio):
        net, dtype, batch, what = key
        top = self.peak.get(f"{dtype}_gflops")
        gflops = gflop * figures["images_per_second"] if gflop else None
        row = {"net": net, "dtype": dtype, "batch": batch, "what": what, "who": who, "variant": variant}
        row |= {"version": version, "gflops": gflops, "of_peak": gflops / top if gflops and top else None, "ratio": ratio}
        self.rows.append(self.constants | row | figures)
        return self.rows[-1]

    def compare(self, net, dtype, batch, what):
        """Ours and theirs in turns."""
        note(f"{net}, {what}, {dtype}, batch {batch}")
        more = ["--inference"] if what == "infer" else []
        if rewire(self.args, net, dtype, batch, *more, steps=1) is None:
            return
        search = Search(self.args, net, dtype, batch, what)
        others, ours = search.open, []
        theirs = [[] for _ in others]
        for _ in range(self.args.rounds):
            ours.append(rewire(self.args, net, dtype, batch, *more))
            for peer, rows in zip(others, theirs):
                rows.append(peer.measure())
        for peer in others:
            peer.close()
        if None in ours:
            return
        for name, first in search.tried:
            self.add((net, dtype, batch, f"{what} first look"), "torch", name, first.get("torch"), figures_of(first), None, None)
        self.keep((net, dtype, batch, what), ours, [(p, r) for p, r in zip(others, theirs) if self.is_good(p, r, ours)])

    def is_good(self, peer, rows, ours):
        wrong = next((row["error"] for row in rows if "error" in row), None)
        if not wrong and rows[0]["weights"] != ours[0]["weights"]:
            wrong = f"not the same net: {rows[0]['weights']} weights, ours has {ours[0]['weights']}"
        if wrong:
            note(f"  {peer.name}, left out: {wrong}")
        return not wrong

    def keep(self, key, ours, others):
        gflop = ours[0]["gflop_per_image"]
        mine = self.add(key, "rewire", "", self.version, summary(ours), gflop, None)
        for peer, rows in sorted(others, key=lambda other: median(other[1], "step_ms")):
            ratio = statistics.median(b["step_ms"] / a["step_ms"] for a, b in zip(ours, rows))
            self.add(key, "torch", peer.name, rows[0]["torch"], summary(rows), gflop, ratio)
            mine["ratio"] = ratio if mine["ratio"] is None else min(mine["ratio"], ratio)

    def parts(self, net):
        """What a step may come with: synchronisation, every period or every step, and the loader."""
        note(f"{net}, synchronisation and loader")
        forms = {
            "published": [],
            "dense": ["--set", "method=dense"],
            "every_step": ["--set", "method=permute latents=keep period=1"],
            "loader": ["--data", DATA[net]],
        }
        others = {who: Search(self.args, net, "f32", 1, mode).open[:1] for who, mode in DECIDERS.items()}
        ours, theirs = {form: [] for form in forms}, {who: [] for who in others}
        for _ in range(self.args.rounds):
            for form, more in forms.items():
                ours[form].append(rewire(self.args, net, "f32", 50, *more, steps=20))
            for who, found in others.items():
                theirs[who] += [peer.measure() for peer in found]
        for peer in itertools.chain(*others.values()):
            peer.close()
        self.keep_parts(net, ours, theirs)

    def keep_parts(self, net, ours, theirs):
        published = ours["published"]
        if None in published:
            return
        for what in ("sync", "sync_far", "loader"):
            self.add_times(net, what, [row[f"{what}_ms"] for row in published])
        for who, rows in theirs.items():
            if rows and all("error" not in row for row in rows):
                ratio = statistics.median(b["step_ms"] / a["sync_ms"] for a, b in zip(published, rows))
                figures = summary(rows) | {"images_per_second": None}
                self.add((net, "f32", None, "sync"), who, "", rows[0]["torch"], figures, None, ratio)
        share = [row["sync_ms"] / (row["period"] * row["step_ms"]) for row in published]
        self.add_times(net, "step", [row["step_ms"] for row in published], 1 + statistics.median(share))
        at_20 = [row["sync_ms"] / (20 * row["step_ms"]) for row in published]
        self.add_times(net, "step_at_20", [row["step_ms"] for row in published], 1 + statistics.median(at_20))
        for form, parts, base in (("every_step", ("step_ms", "sync_ms"), "dense"), ("loader", ("step_ms", "wait_ms"), "published")):
            if None in ours[form] or None in ours[base]:
                continue
            times = [sum(row[part] for part in parts) for row in ours[form]]
            ratio = statistics.median(time / row["step_ms"] for time, row in zip(times, ours[base]))
            self.add_times(net, f"step_{form}", times, ratio)

    def add_times(self, net, what, times, ratio=None):
        figures = {"rounds": len(times), "ms": statistics.median(times), "ms_low": min(times), "ms_high": max(times)}
        self.add((net, "f32", 50, what), "rewire", "", self.version, figures, None, ratio)

    # ---- what is shown

    def find(self, **wanted):
        return [row for row in self.rows if all(row.get(k) == v for k, v in wanted.items())]

    def print_speed(self, what, title):
        heads = ["net", "batch", "dtype", "rewire /s", "of peak", "torch /s", "of peak", "ratio", "in one call /s", "ratio"]
        lines = [[*heads, "MB", "torch MB", "torch variant"]]
        for mine in self.find(what=what, who="rewire"):
            same = {key: mine[key] for key in ("net", "dtype", "batch", "what")}
            theirs = self.find(who="torch", **same)
            best = next(iter(theirs), {})
            whole = next((row for row in theirs if is_whole(row["variant"])), {})
            lines.append([
                *(mine["net"], str(mine["batch"]), mine["dtype"]),
                *(cell(mine["images_per_second"], ".0f"), cell(mine["of_peak"], ".0%")),
                *(cell(best.get("images_per_second"), ".0f"), cell(best.get("of_peak"), ".0%")),
                *(cell(mine["ratio"], ".2f"), cell(whole.get("images_per_second"), ".0f"), cell(whole.get("ratio"), ".2f")),
                *(cell(mine["peak_bytes"] / 1e6, ".0f"), cell(best["peak_bytes"] / 1e6 if best else None, ".0f")),
                f"{best.get('version', '-')} {best.get('variant', '')}",
            ])
        print_table(title, lines)

    def first(self, **wanted):
        return next(iter(self.find(**wanted)), {})

    def print_parts(self):
        heads = itertools.chain(*((f"{who} ms", "ratio") for who in DECIDERS))
        lines = [["net", "sync ms", "from random", *heads, "cost at period", "at period 20", "every step"]]
        loader = [["net", "batch ms", "step ms", "cost in a step"]]
        for net in self.args.nets:
            mine = {what: self.first(net=net, what=what, who="rewire") for what in ("sync", "sync_far", "loader", "step", "step_at_20", "step_every_step", "step_loader")}
            if not mine["step"]:
                continue
            cost = {what: cell(row["ratio"] - 1 if row.get("ratio") else None, ".1%") for what, row in mine.items()}
            other = (self.first(net=net, what="sync", who=who) for who in DECIDERS)
            times = ((cell(row.get("ms"), ".1f"), cell(row.get("ratio"), ".1f")) for row in other)
            lines.append([
                *(net, cell(mine["sync"]["ms"], ".2f"), cell(mine["sync_far"]["ms"], ".2f"), *itertools.chain(*times)),
                *(cost["step"], cost["step_at_20"], cost["step_every_step"]),
            ])
            loader.append([net, cell(mine["loader"]["ms"], ".2f"), cell(mine["step"]["ms"], ".2f"), cost["step_loader"]])
        print_table("Synchronisation (cost: of a step; every step: straight-through against dense)", lines)
        print_table("Loader with augmentation, batch 50 (cost: needs the data)", loader)

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        stamp = self.constants["time"].replace(":", "").replace("-", "")
        path = os.path.join(folder, f"{stamp}-{self.constants['commit'] or 'unknown'}.csv")
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows + self.peak_rows())
        return path

    def peak_rows(self):
        rows = [{"dtype": dtype, "gflops": self.peak.get(f"{dtype}_gflops"), "variant": self.peak.get(dtype)} for dtype in ("f32", "bf16")]
        rows.append({"dtype": "f32", "variant": f"triad {self.peak.get('triad_gb_per_second')} GB/s"})
        return [self.constants | {"what": "peak", "who": "machine"} | row for row in rows]


def print_table(title, lines):
    if len(lines) < 2:
        return
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    print(f"\n{title}\n")
    for n, line in enumerate(lines):
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |")
        if n == 0:
            print("| " + " | ".join("-" * width for width in widths) + " |")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", metavar="NET", help=f"default: {' '.join(NETS)}")
    parser.add_argument("--quick", action="store_true", help="float32, batch 50, few variants, short rounds")
    parser.add_argument("--dtypes", help="default: f32,bf16")
    parser.add_argument("--batches", help="of training; default: 50,128; 0: none")
    parser.add_argument("--infer", help="batches of inference; default: 1,1000; 0: none")
    parser.add_argument("--no-parts", action="store_true", help="neither synchronisation nor loader")
    parser.add_argument("--rounds", type=int, help="default: 5")
    parser.add_argument("--steps", type=int, default=1000, help="in a round, at most")
    parser.add_argument("--seconds", type=float, help="in a round, at most; default: 10")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--alone", action="store_true", help="without PyTorch")
    parser.add_argument("--out", default=os.path.join(ROOT, "runs", "bench"), help="folder of the csv")
    args = parser.parse_args()
    quick = {"dtypes": "f32", "batches": "50", "infer": "1000", "rounds": 2, "seconds": 3}
    full = {"dtypes": "f32,bf16", "batches": "50,128", "infer": "1,1000", "rounds": 5, "seconds": 10}
    for key, value in (quick if args.quick else full).items():
        if getattr(args, key) is None:
            setattr(args, key, value)
    for unknown in [net for net in args.nets if net not in NETS]:
        parser.error(f"no net '{unknown}'; there are: {' '.join(NETS)}")
    args.nets = args.nets or NETS
    for key in "batches", "infer":
        numbers = getattr(args, key).split(",")
        if not all(n.isdigit() and int(n) <= 65536 for n in numbers):
            parser.error(f"--{key} is '{getattr(args, key)}', expected numbers up to 65536 with commas between; 0: none")
        setattr(args, key, [int(n) for n in numbers])
    return args


def measure(bench):
    args = bench.args
    for net in args.nets:
        for dtype in args.dtypes.split(","):
            for batch in filter(None, args.batches):
                bench.compare(net, dtype, batch, "train")
            for batch in filter(None, args.infer):
                bench.compare(net, dtype, batch, "infer")
        if not args.no_parts:
            bench.parts(net)


def main():
    args = arguments()
    args.pythons = [] if args.alone else find_pythons()
    peak = json.loads(output_of(PEAK, str(args.threads)) or "{}")
    bench = Bench(args, peak)
    try:
        measure(bench)
    except KeyboardInterrupt:
        note("stopped; these are the figures so far")
    except Exception:
        note(f"figures so far: {os.path.relpath(bench.write(args.out))}")
        raise
    print(f"{bench.constants['cpu']}, {args.threads} threads, commit {bench.constants['commit']}")
    if peak:
        print(f"peak: {peak['f32_gflops']} GFLOP/s f32 ({peak['f32']}), {peak['bf16_gflops'] or 'n/a'} bf16, "
              f"{peak['triad_gb_per_second']} GB/s")
    bench.print_speed("train", "Training, images per second (ratio: how many times PyTorch's best)")
    bench.print_speed("infer", "Inference, images per second")
    bench.print_parts()
    print(f"\nall figures: {os.path.relpath(bench.write(args.out))}")


if __name__ == "__main__":
    main()
