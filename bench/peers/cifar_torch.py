"""The conv2 and conv4 recipes in plain PyTorch, to compare accuracy with.

The same nets, data, augmentation and schedule as recipes/conv2.yaml and conv4.yaml: LaPerm (Qiu and Suda, "Train by
Reconnect", NeurIPS 2020) on CIFAR-10, batch 50, Adam with epsilon 1e-7, the sum of the losses, L2, kernels permuted
every 1,000 steps, biases and norms trained freely, all written from the paper's notebooks. It differs from Rewire in
the random numbers, and keeps no images back for validation. The file format is that of the CIFAR-10 binary version.

    cifar_torch.py conv2 --data DIR --epochs 125     trains; one CSV line an epoch
    cifar_torch.py conv2 --data DIR --method dense   ordinary training
"""

import argparse
import os
import sys
import time

from conv7_torch import BATCH, Permutation, augment, need_data, he_uniform, one_epoch, share_right
from nets_torch import L2, NETS

import numpy as np
import torch
import torch.nn.functional as F

PIXELS = 3 * 32 * 32


def read_cifar(folder, names):
    """Images as floats of 0 to 255, planes of 32x32; labels."""
    try:
        records = [np.fromfile(os.path.join(folder, name), dtype=np.uint8).reshape(-1, 1 + PIXELS) for name in names]
    except (OSError, ValueError) as wrong:
        sys.exit(f"{folder}: not the CIFAR-10 binary version: {wrong}")
    records = np.concatenate(records)
    images = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32)
    return torch.from_numpy(images), torch.from_numpy(records[:, 0].astype(np.int64))


def read_data(args, folder):
    x, labels = read_cifar(folder, [f"data_batch_{i}.bin" for i in range(1, 6)])
    test, test_labels = read_cifar(folder, ["test_batch.bin"])
    if not args.raw:  # one mean and one deviation for all pixels
        mean, deviation = x.mean(), x.std()
        x, test = (x - mean) / deviation, (test - mean) / deviation
    return x, labels, test, test_labels


class Training:
    def __init__(self, args):
        self.args = args
        torch.manual_seed(args.seed)
        self.generator = torch.Generator().manual_seed(args.seed)
        self.model = NETS[args.net][0]()
        self.start()
        kernels = [p for p in self.model.parameters() if p.dim() > 1]
        others = [p for p in self.model.parameters() if p.dim() == 1]
        self.permutation = Permutation(kernels)
        self.model.to(memory_format=torch.channels_last)
        groups = [  # the last kernel has no L2; L2 counts once for each image, as the loss is a sum
            {"params": kernels[:-1], "weight_decay": 2 * L2 * BATCH},
            {"params": kernels[-1:] + others},
        ]
        self.adam = torch.optim.Adam(groups, lr=1e-3, eps=1e-7, fused=True)
        self.step_count = 0

    def start(self):
        """Kernels and biases he_uniform; norms as they are, 1 and 0."""
        for layer in self.model.modules():
            if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
                he_uniform(layer.weight)
                he_uniform(layer.bias)

    def step(self, x, labels):
        x = augment(x, self.generator, degrees=15, zoom=0, shift=0.1, flip=True)
        logits = self.model(x.contiguous(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits, labels, reduction="sum")
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        self.step_count += 1
        if self.args.method == "permute" and self.step_count % self.args.period == 0:
            self.permutation.synchronise()
        return loss.detach(), (logits.argmax(1) == labels).sum()

    def epoch(self, x, labels, epoch):
        self.model.train()
        for group in self.adam.param_groups:
            group["lr"] = 1e-3 * 0.6 ** (epoch // self.args.every)
        return one_epoch(self.step, x, labels, self.generator)

    @torch.no_grad()
    def accuracy(self, x, labels):
        """At synchronised weights, and at the weights in force; the training goes on from where it was."""
        in_force = share_right(self.model, x, labels)
        if self.args.method != "permute":
            return in_force, in_force
        kept = [p.clone() for p in self.permutation.parameters]
        self.permutation.synchronise()
        synchronised = share_right(self.model, x, labels)
        for p, k in zip(self.permutation.parameters, kept):
            p.copy_(k)
        return synchronised, in_force


def train(args, folder):
    x, labels, test, test_labels = read_data(args, folder)
    training = Training(args)
    start, best, last = time.perf_counter(), (0, 0), 0
    print("epoch,seconds,train_loss,train_accuracy,test_accuracy,between_accuracy")
    for epoch in range(args.epochs):
        loss, accuracy = training.epoch(x, labels, epoch)
        last, between = training.accuracy(test, test_labels)
        best = max(best, (last, -epoch - 1))
        seconds = time.perf_counter() - start
        print(f"{epoch + 1},{seconds:.1f},{loss:.5f},{accuracy:.5f},{last:.5f},{between:.5f}", flush=True)
    print(f"# last {last:.4f}; best on test {best[0]:.4f} (epoch {-best[1]})")


def main():
    parser = argparse.ArgumentParser(description="The conv2 and conv4 recipes in plain PyTorch.")
    parser.add_argument("net", choices=["conv2", "conv4"])
    parser.add_argument("--data", help="folder of the CIFAR-10 binary files (default: cifar10 in $REWIRE_DATA)")
    parser.add_argument("--method", choices=["permute", "dense"], default="permute")
    parser.add_argument("--epochs", type=int, default=125)
    parser.add_argument("--every", type=int, default=10, help="the rate falls to 0.6 of itself every so many epochs")
    parser.add_argument("--period", type=int, default=1000, help="steps between decisions")
    parser.add_argument("--raw", action="store_true", help="inputs of 0 to 255, as in the notebooks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(args, need_data(args.data, "cifar10", "CIFAR-10"))


if __name__ == "__main__":
    main()
