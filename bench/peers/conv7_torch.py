"""conv7_torch.py - the conv7 recipe in plain PyTorch, to compare speed and accuracy with.

The same network, data, augmentation and schedule as recipes/conv7.yaml: permutation training as in LaPerm (Qiu and
Suda, "Train by Reconnect", NeurIPS 2020), batch 50, Adam with epsilon 1e-7, the sum of the losses, every variable
permuted every 20 steps, 5000 training images kept for validation. It differs from Rewire in the random numbers.

    python conv7_torch.py --data DIR --epochs 45     trains; one CSV line an epoch
    python conv7_torch.py --steps 200                times steps; without data it takes random images
"""

import argparse
import gzip
import os
import statistics
import sys
import time

try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    sys.exit(f"{os.path.basename(sys.argv[0])}: needs PyTorch and NumPy: {missing}")

BATCH = 50
PERIOD = 20
VALIDATION = 5000


class Conv7(torch.nn.Module):
    """28x28x1 -> 26 -> 24 -> 12 | 10 -> 8 -> 4 | 1 -> 10 classes. Strided layers pad as TensorFlow's 'same': 1 before, 2 after."""

    def __init__(self):
        super().__init__()
        sizes = [(1, 32, 3, 1), (32, 32, 3, 1), (32, 32, 5, 2), (32, 64, 3, 1), (64, 64, 3, 1), (64, 64, 5, 2), (64, 128, 4, 1)]
        self.convs = torch.nn.ModuleList(torch.nn.Conv2d(c, k, size, stride) for c, k, size, stride in sizes)
        self.dense = torch.nn.Linear(128, 10)
        for p in self.parameters():
            he_uniform(p)

    def forward(self, x):
        for i, conv in enumerate(self.convs):
            if conv.stride == (2, 2):
                x = F.pad(x, (1, 2, 1, 2))
            x = F.relu(conv(x), inplace=True)
            if i in (2, 5, 6):
                x = F.dropout(x, 0.4, self.training)
        return self.dense(x.flatten(1))


@torch.no_grad()
def he_uniform(p):
    """Keras' he_uniform, for biases too: there the fan is their number."""
    fan_in = p[0].numel() if p.dim() > 1 else p.numel()
    p.uniform_(-1, 1).mul_((6 / fan_in) ** 0.5)


class Permutation:
    """The fixed values of every variable, sorted within each group, and their placement by rank."""

    def __init__(self, parameters):
        self.parameters = list(parameters)
        self.sorted = [grouped(p).sort(dim=1).values.clone() for p in self.parameters]

    @torch.no_grad()
    def synchronise(self):
        """w = sorted[argsort(argsort(w))], with one sort: the i-th smallest place gets the i-th smallest value."""
        for p, values in zip(self.parameters, self.sorted):
            order = grouped(p).argsort(dim=1, stable=True)
            placed = torch.empty_like(values).scatter_(1, order, values)
            p.copy_(placed.view(p.shape))

    def holds(self):
        """Is every group still a permutation of its fixed values?"""
        return all(torch.equal(grouped(p).sort(dim=1).values, v) for p, v in zip(self.parameters, self.sorted))


def grouped(p):
    """Groups x values: a filter's or unit's inputs, or a whole 1-D variable."""
    return p.detach().reshape(p.shape[0] if p.dim() > 1 else 1, -1)


def augment(x, generator, degrees=10, zoom=0.1, shift=0.1, flip=False):
    """As Keras' ImageDataGenerator: rotation x shift x zoom around the centre, and a flip; bilinear, nearest fill."""
    n, size = x.shape[0], x.shape[-1]
    half = (size - 1) / 2
    angle, down, right, zoom_y, zoom_x = torch.rand(5, n, generator=generator) * 2 - 1
    angle = angle * (degrees * torch.pi / 180)
    down, right = down * shift * size / half, right * shift * size / half
    zoom_y, zoom_x = 1 + zoom * zoom_y, 1 + zoom * zoom_x
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        (cos * zoom_x, sin * zoom_y, sin * down + cos * right, -sin * zoom_x, cos * zoom_y, cos * down - sin * right), dim=1
    ).view(n, 2, 3)
    if flip:
        theta[torch.rand(n, generator=generator) < 0.5, :, 0] *= -1
    grid = F.affine_grid(theta, list(x.shape), align_corners=True)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=True)


def read_idx(folder, name, header):
    path = os.path.join(folder, name)
    opener, path = (open, path) if os.path.exists(path) else (gzip.open, path + ".gz")
    with opener(path, "rb") as file:
        return np.frombuffer(file.read(), dtype=np.uint8, offset=header)


def read_mnist(folder, split):
    prefix = "train" if split == "train" else "t10k"
    images = read_idx(folder, prefix + "-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    labels = read_idx(folder, prefix + "-labels-idx1-ubyte", 8)
    return torch.from_numpy(images.astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def find_data(data, name):
    """The folder given, or the first of that name in $REWIRE_DATA; None: there is none."""
    candidates = [data] if data else [os.path.join(d, name) for d in os.environ.get("REWIRE_DATA", "").split(":") if d]
    return next((c for c in candidates if os.path.isdir(c)), None)


def need_data(data, name, what):
    return find_data(data, name) or sys.exit(f"no {what}: give --data DIR, or set REWIRE_DATA to a folder that holds {name}/")


def one_epoch(step, x, labels, generator, size=BATCH):
    """Every image once, in a new order; the last, incomplete batch is dropped. Mean loss and accuracy."""
    order = torch.randperm(len(x), generator=generator)
    count = len(x) // size * size
    loss_sum, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
    for batch in order[:count].view(-1, size):
        loss, hits = step(x[batch], labels[batch])
        loss_sum += loss
        correct += hits
    return loss_sum.item() / count, correct.item() / count


def share_right(model, x, labels):
    model.eval()
    return sum((model(a).argmax(1) == b).sum().item() for a, b in zip(x.split(500), labels.split(500))) / len(x)


class Training:
    def __init__(self, args):
        self.args = args
        torch.manual_seed(args.seed)
        self.generator = torch.Generator().manual_seed(args.seed)
        self.model = Conv7()
        self.format = torch.channels_last if args.channels_last else torch.contiguous_format
        self.permutation = Permutation(self.model.parameters())
        self.model.to(memory_format=self.format)
        self.forward = torch.compile(self.model) if args.compile else self.model
        self.adam = torch.optim.Adam(self.model.parameters(), lr=1e-3, eps=1e-7, fused=True)
        self.step_count = 0

    def step(self, x, labels):
        """One batch; the loss is the sum over the batch, as in the published code."""
        x = augment(x, self.generator).contiguous(memory_format=self.format)
        logits = self.forward(x)
        loss = F.cross_entropy(logits, labels, reduction="sum")
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        self.step_count += 1
        if self.step_count % PERIOD == 0:
            self.permutation.synchronise()
        return loss.detach(), (logits.argmax(1) == labels).sum()

    def epoch(self, x, labels, epoch):
        self.model.train()
        for group in self.adam.param_groups:
            group["lr"] = 1e-3 * 0.95**epoch
        return one_epoch(self.step, x, labels, self.generator)

    @torch.no_grad()
    def accuracy(self, x, labels):
        """At synchronised weights; the training goes on from where it was."""
        kept = [p.clone() for p in self.model.parameters()]
        self.permutation.synchronise()
        share = share_right(self.model, x, labels)
        for p, k in zip(self.model.parameters(), kept):
            p.copy_(k)
        return share


def train(args, folder):
    x, labels = read_mnist(folder, "train")
    test_x, test_labels = read_mnist(folder, "test")
    training = Training(args)
    order = torch.randperm(len(x), generator=training.generator)
    train_part, validation_part = order[:-VALIDATION], order[-VALIDATION:]
    validation = x[validation_part], labels[validation_part]
    x, labels = x[train_part], labels[train_part]
    print("epoch,seconds,train_loss,train_accuracy,validation_accuracy,test_accuracy")
    start, rows = time.perf_counter(), []
    for epoch in range(args.epochs):
        loss, accuracy = training.epoch(x, labels, epoch)
        rows.append((training.accuracy(*validation), training.accuracy(test_x, test_labels), epoch + 1))
        seconds = time.perf_counter() - start
        print(f"{epoch + 1},{seconds:.1f},{loss:.5f},{accuracy:.5f},{rows[-1][0]:.5f},{rows[-1][1]:.5f}", flush=True)
    training.permutation.synchronise()
    selected, best = max(rows, key=lambda r: r[0]), max(rows, key=lambda r: r[1])
    print(f"# last {rows[-1][1]:.4f}; chosen on validation {selected[1]:.4f} (epoch {selected[2]}); "
          f"best on test {best[1]:.4f} (epoch {best[2]}); permutation holds: {training.permutation.holds()}")


def time_steps(args, folder):
    if folder:
        x, labels = read_mnist(folder, "train")
    else:
        x, labels = torch.rand(5000, 1, 28, 28), torch.randint(10, (5000,))
    training = Training(args)
    training.model.train()
    times = []
    for i in range(args.steps + PERIOD):
        batch = torch.randint(len(x), (BATCH,), generator=training.generator)
        start = time.perf_counter()
        training.step(x[batch], labels[batch])
        times.append(time.perf_counter() - start)
    times = times[PERIOD:]  # the first ones allocate, and compile
    mean = sum(times) / len(times)
    print("batch,threads,steps,median_ms,mean_ms,images_per_second")
    print(f"{BATCH},{torch.get_num_threads()},{args.steps},{statistics.median(times) * 1e3:.2f},{mean * 1e3:.2f},{BATCH / mean:.0f}")


def main():
    parser = argparse.ArgumentParser(description="The conv7 recipe in plain PyTorch.")
    parser.add_argument("--data", help="folder of the MNIST files (default: mnist in $REWIRE_DATA)")
    parser.add_argument("--epochs", type=int, default=45)
    parser.add_argument("--steps", type=int, help="only time so many steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--compile", action="store_true", help="torch.compile the network")
    parser.add_argument("--channels-last", action="store_true", help="NHWC activations")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.steps:
        time_steps(args, find_data(args.data, "mnist"))
    else:
        train(args, need_data(args.data, "mnist", "MNIST"))


if __name__ == "__main__":
    main()
