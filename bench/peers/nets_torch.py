#!/usr/bin/env python3
"""The nets of the LaPerm paper in plain PyTorch: how fast they train, predict and synchronise there.

The nets are those of recipes/*.yaml, written from the paper's notebooks: conv2, conv4, conv13 and resnet50 for
CIFAR-10, conv7 (from conv7_torch.py) for MNIST. A training step is forward, loss, backward and Adam, on one batch of
random images. One process measures one variant, so that its peak memory is its own; what a variant needs and this
PyTorch lacks ends in a JSON object with the key "error".

    nets_torch.py conv4 --batch 50 --run compiled --format channels_last --adam fused
    nets_torch.py conv4 --mode infer --batch 1000 --dtype bf16
    nets_torch.py conv4 --mode sync

Prints one JSON object; with --serve one more for every line on standard input, so that a caller can take turns
between programs without waiting for each to warm up again.
"""

import argparse
import contextlib
import functools
import json
import os
import resource
import sys
import time

from conv7_torch import Conv7, grouped

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

L2 = 1e-4


# ---- nets


def conv(inputs, filters, size=3, stride=1):
    """Padded as TensorFlow's 'same' on an even number of pixels: with a stride of 2 one row after, none before."""
    if stride == 2 and size == 3:
        return nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(inputs, filters, size, stride))
    return nn.Conv2d(inputs, filters, size, stride, padding=size // 2)


# Keras' momentum of 0.99 is 0.01 here.
norm1d = functools.partial(nn.BatchNorm1d, eps=1e-3, momentum=0.01)
norm2d = functools.partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)


def stage(inputs, filters, rates):
    """conv, ReLU, norm, and dropout, once for each rate (None: no dropout); then a pool."""
    layers = []
    for rate in rates:
        layers += [conv(inputs, filters), nn.ReLU(inplace=True), norm2d(filters)]
        layers += [nn.Dropout(rate)] if rate else []
        inputs = filters
    return layers + [nn.MaxPool2d(2)]


def small_head(inputs):
    """The dense layers of conv2 and conv4."""
    return [
        *(nn.Flatten(), nn.Linear(inputs, 256), nn.ReLU(inplace=True), nn.Dropout(0.5), norm1d(256)),
        *(nn.Linear(256, 256), nn.ReLU(inplace=True), norm1d(256), nn.Dropout(0.5), nn.Linear(256, 10)),
    ]


def conv2():
    return nn.Sequential(*stage(3, 64, [0.3, None]), *small_head(16 * 16 * 64))


def conv4():
    return nn.Sequential(*stage(3, 64, [0.3, None]), *stage(64, 128, [0.4, None]), *small_head(8 * 8 * 128))


def conv13():
    return nn.Sequential(
        *stage(3, 64, [0.3, None]),
        *stage(64, 128, [0.4, None]),
        *stage(128, 256, [0.4, 0.4, None]),
        *stage(256, 512, [0.4, 0.4, None]),
        *stage(512, 512, [0.4, 0.4, None]),
        *(nn.Dropout(0.5), nn.Flatten(), nn.Linear(512, 512), nn.ReLU(inplace=True), norm1d(512), nn.Dropout(0.5), nn.Linear(512, 10)),
    )


class Block(nn.Module):
    def __init__(self, inputs, filters):
        super().__init__()
        stride = 1 if inputs == filters else 2
        self.main = nn.Sequential(
            *(conv(inputs, filters, stride=stride), norm2d(filters), nn.ReLU(inplace=True)),
            *(conv(filters, filters), norm2d(filters)),
        )
        self.shortcut = nn.Identity() if stride == 1 else conv(inputs, filters, 1, 2)

    def forward(self, x):
        y = self.main(x)
        y += self.shortcut(x)
        return F.relu(y, inplace=True)


def resnet50():
    sizes = [16] * 9 + [32] * 8 + [64] * 8
    return nn.Sequential(
        *(conv(3, 16), norm2d(16), nn.ReLU(inplace=True)),
        *(Block(a, b) for a, b in zip(sizes, sizes[1:])),
        *(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(64, 10)),
    )


# Name: net, shape of an image, is there an L2 term.
NETS = {
    "conv7": (Conv7, (1, 28, 28), False),
    "conv2": (conv2, (3, 32, 32), True),
    "conv4": (conv4, (3, 32, 32), True),
    "conv13": (conv13, (3, 32, 32), True),
    "resnet50": (resnet50, (3, 32, 32), True),
}


# ---- what is measured: a function to time, and what to do before each call


class Train:
    """One batch again and again. The loss is the sum over the batch, so L2 counts once for each image."""

    def __init__(self, args, model, shape, l2):
        self.args, self.model = args, model.train()
        self.x, self.labels = images(args, shape), torch.randint(10, (args.batch,))
        kernels = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() == 1]
        decay = 2 * L2 * args.batch if l2 else 0
        groups = [{"params": kernels, "weight_decay": decay}, {"params": others}]
        how = {"loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}[args.adam]
        self.adam = torch.optim.Adam(groups, lr=1e-3, eps=1e-7, **how)
        self.forward = compiled(args, model)

    def before(self):
        pass

    def run(self):
        with precision(self.args):
            logits = self.forward(self.x)
        loss = F.cross_entropy(logits.float(), self.labels, reduction="sum")
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()


class Infer:
    def __init__(self, args, model, shape, l2):
        del l2
        self.args, self.x = args, images(args, shape)
        model = model.eval().requires_grad_(False)
        self.parts = self.x.split(args.pieces or args.batch)
        self.forward = traced(args, model, self.parts[0]) if args.run == "traced" else compiled(args, model)
        self.quiet = torch.no_grad if args.run == "compiled" else torch.inference_mode

    def before(self):
        pass

    def run(self):
        """The whole batch, or in pieces that stay in the caches."""
        with self.quiet(), precision(self.args):
            return [self.forward(part) for part in self.parts]


class Synchronise:
    """w = sorted[argsort(argsort(w))] for every group, as the published code does it: all kernels, in conv7 all."""

    def __init__(self, args, model, shape, l2):
        del args, shape, l2
        permuted = [p for p in model.parameters() if p.dim() > 1 or isinstance(model, Conv7)]
        self.weights = [grouped(p).contiguous() for p in permuted]
        self.sorted = [w.sort(dim=1).values for w in self.weights]

    def before(self):
        """Latents move by as much as a few steps of Adam move them."""
        for w in self.weights:
            w.add_(torch.randn_like(w) * 1e-3)

    def run(self):
        for w, values in zip(self.weights, self.sorted):
            w.copy_(values.gather(1, w.argsort(dim=1).argsort(dim=1)))


class SynchroniseScatter(Synchronise):
    """The same with one sort and a scatter."""

    def run(self):
        for w, values in zip(self.weights, self.sorted):
            w.scatter_(1, w.argsort(dim=1), values)


class SynchroniseNumpy(Synchronise):
    """The same with one sort, by NumPy: a vector sort (x86-simd-sort) on CPUs with AVX-512."""

    def __init__(self, *args):
        super().__init__(*args)
        self.weights = [w.numpy() for w in self.weights]
        self.sorted = [v.numpy() for v in self.sorted]

    def before(self):
        for w in self.weights:
            w += np.random.standard_normal(w.shape).astype(np.float32) * np.float32(1e-3)

    def run(self):
        for w, values in zip(self.weights, self.sorted):
            np.put_along_axis(w, np.argsort(w, axis=1), values, axis=1)


def images(args, shape):
    return torch.rand(args.batch, *shape).contiguous(memory_format=memory_format(args))


def memory_format(args):
    return torch.channels_last if args.format == "channels_last" else torch.contiguous_format


def precision(args):
    if args.dtype == "f32":
        return contextlib.nullcontext()
    return torch.autocast("cpu", torch.bfloat16, cache_enabled=args.run != "traced")  # the cache breaks tracing


def compiled(args, model):
    if args.run == "eager":
        return model
    if args.mode == "infer":
        import torch._inductor.config as config

        config.freezing = True
    return torch.compile(model)


def traced(args, model, x):
    with precision(args), torch.no_grad():
        return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x)))


# ---- measuring


def peak_bytes():
    """VmHWM, because ru_maxrss is inherited from whoever started this process."""
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def milliseconds(subject, count, seconds):
    """Of count calls, or as many as so many seconds allow: at least three, or two if one alone takes longer."""
    times, end, least = [], time.perf_counter() + seconds, 3
    while len(times) < count and (len(times) < least or time.perf_counter() < end):
        subject.before()
        start = time.perf_counter()
        subject.run()
        times.append(1e3 * (time.perf_counter() - start))
        least = 3 if times[0] < 1e3 * seconds else 2
    return times


def report(args, subject, parameters):
    times = milliseconds(subject, args.steps, args.seconds)
    median, low, high = (float(np.percentile(times, p)) for p in (50, 10, 90))
    return {
        **{key: getattr(args, key) for key in ("net", "mode", "batch", "dtype", "run", "format", "adam", "threads")},
        "torch": np.__version__ if args.mode == "sync_numpy" else torch.__version__,
        "weights": parameters,
        "steps": len(times),
        "step_ms": median,
        "step_ms_p10": low,
        "step_ms_p90": high,
        "images_per_second": 1e3 * args.batch / median,
        "peak_bytes": peak_bytes(),
    }


MODES = {"train": Train, "infer": Infer, "sync": Synchronise, "sync_scatter": SynchroniseScatter, "sync_numpy": SynchroniseNumpy}


def prepare(args):
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    build, shape, l2 = NETS[args.net]
    model = build().to(memory_format=memory_format(args))
    subject = MODES[args.mode](args, model, shape, l2)
    milliseconds(subject, args.warmup, float("inf"))
    return subject, sum(p.numel() for p in model.parameters())


def arguments():
    parser = argparse.ArgumentParser(description="Times the nets of the LaPerm paper in PyTorch.")
    parser.add_argument("net", choices=NETS)
    parser.add_argument("--mode", choices=MODES, default="train")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--dtype", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--run", choices=["eager", "compiled", "traced"], default="eager", help="traced: only to predict")
    parser.add_argument("--format", choices=["default", "channels_last"], default="default")
    parser.add_argument("--adam", choices=["loop", "foreach", "fused"], default="foreach")
    parser.add_argument("--pieces", type=int, default=0, help="predict so many images at a time; default: all")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60, help="no more steps after that")
    parser.add_argument("--serve", action="store_true", help="measure once more for every line of input")
    return parser.parse_args()


def main():
    args = arguments()
    try:
        subject, parameters = prepare(args)
        print(json.dumps(report(args, subject, parameters)), flush=True)
    except Exception as error:  # whatever this PyTorch cannot do
        sentence = (str(error).strip().splitlines() or [""])[0]
        print(json.dumps({"error": f"{type(error).__name__}: {sentence}"}), flush=True)
        return 1
    for _ in sys.stdin if args.serve else ():
        milliseconds(subject, 1, 0)  # others had the caches
        print(json.dumps(report(args, subject, parameters)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
