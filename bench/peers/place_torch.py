"""place_torch.py - one synchronisation in PyTorch, to compare bench_place with: weights = sorted fixed values, gathered by the
argsort of the argsort of the latents, within each group. Milliseconds for the kernels of whole nets, the median of several runs, with
one thread and with all; and the same with one sort and a scatter.

    python place_torch.py [RUNS]
"""

import statistics
import sys
import time

try:
    import torch
except ImportError as missing:
    sys.exit(f"place_torch.py: needs PyTorch: {missing}")

NETS = {
    "conv7": [(32, 9), (32, 288), (32, 800), (64, 288), (64, 576), (64, 1600), (128, 1024), (10, 128)],
    "conv2": [(64, 27), (64, 576), (256, 16384), (256, 256), (10, 256)],
    "conv4": [(64, 27), (64, 576), (128, 576), (128, 1152), (256, 8192), (256, 256), (10, 256)],
    "one group": [(1, 1000000)],
}


def by_ranks(latent, fixed):
    return fixed.gather(1, latent.argsort(dim=1, stable=True).argsort(1))


def by_scatter(latent, fixed):
    return torch.empty_like(fixed).scatter_(1, latent.argsort(dim=1, stable=True), fixed)


def milliseconds(place, arrays, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        for latent, fixed in arrays:
            place(latent, fixed)
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    threads = torch.get_num_threads()
    torch.manual_seed(1)
    print(f"PyTorch {torch.__version__}, ms{'':14}ranks, 1 thread  ranks, {threads} threads  scatter, {threads} threads  ns a weight, 1 thread")
    for name, shapes in NETS.items():
        arrays = [(torch.rand(shape) * 2 - 1, (torch.rand(shape) * 2 - 1).sort(1).values) for shape in shapes]
        weights = sum(groups * n for groups, n in shapes)
        torch.set_num_threads(1)
        alone = milliseconds(by_ranks, arrays, runs)
        torch.set_num_threads(threads)
        row = alone, milliseconds(by_ranks, arrays, runs), milliseconds(by_scatter, arrays, runs), 1e6 * alone / weights
        print(f"{name:31}" + "".join(f"{value:19.2f}" for value in row))


if __name__ == "__main__":
    main()
