"""The f1 and f2 recipes in plain PyTorch, to compare accuracy with.

Dense layers without biases in which every weight is one value or 0, as in LaPerm (Qiu and Suda, "Train by Reconnect",
NeurIPS 2020, section 5.5), written from the paper's notebooks: batch 128, Adam with epsilon 1e-7, the sum of the
losses, a decision every 250 steps; or straight-through permutation, without L2. It differs from Rewire in the
random numbers, and keeps no images back.

    two_values_torch.py f1 --data DIR --epochs 10                            trains; one CSV line an epoch
    two_values_torch.py f1 --keep --temperature 3                            as f1-keep
    two_values_torch.py f2 --keep --temperature 300 --epochs 8 --seed 3      as f2-keep
"""

import argparse
import os

from conv7_torch import Permutation, need_data, one_epoch, read_mnist, share_right

import torch
import torch.nn.functional as F
from torch import nn

BATCH = 128
PERIOD = 250
NOISE = 0.3  # of he_uniform's limit
# of each layer: units, the share of weights that are not 0; then the value, L2, epochs
NETS = {
    "f1": ([(10, 4 / 7)], 0.08, 0, 10),
    "f2": ([(128, 1 / 15), (64, 1 / 7), (10, 1 / 3)], 0.03, 1e-4, 25),
}


def make_net(layers, value):
    modules, inputs = [nn.Flatten()], 784
    for units, share in layers:
        dense = nn.Linear(inputs, units, bias=False)
        dense.weight.data = value * (torch.rand(units, inputs) < share).float()
        modules += [dense, nn.ReLU()]
        inputs = units
    return nn.Sequential(*modules[:-1])


def noisy(weights):
    return weights + NOISE * (6 / weights.shape[1]) ** 0.5 * (2 * torch.rand_like(weights) - 1)


class Training:
    """With keep, gradients are those at the permuted weights, and the latents, which begin with noise to tell equal
    values apart, are never overwritten."""

    def __init__(self, args):
        torch.manual_seed(args.seed)
        layers, value, l2, _ = NETS[args.net]
        self.args = args
        self.generator = torch.Generator().manual_seed(args.seed)
        self.model = make_net(layers, value)
        self.weights = list(self.model.parameters())
        self.latents = [noisy(w.detach()) for w in self.weights] if args.keep else self.weights
        self.permutation = Permutation(self.weights)
        self.adam = torch.optim.Adam(self.latents, lr=1e-3, eps=1e-7, weight_decay=0 if args.keep else 2 * l2 * BATCH, fused=True)
        self.steps = 0

    @torch.no_grad()
    def decide(self):
        for weight, latent in zip(self.weights, self.latents):
            weight.copy_(latent)
        self.permutation.synchronise()

    def step(self, x, labels):
        logits = self.model(x)
        loss = F.cross_entropy(self.args.temperature * logits, labels, reduction="sum")
        for weight in self.weights:
            weight.grad = None
        loss.backward()
        for weight, latent in zip(self.weights, self.latents):
            latent.grad = weight.grad
        self.adam.step()
        self.steps += 1
        if self.args.keep or self.steps % PERIOD == 0:
            self.decide()
        return loss.detach(), (logits.argmax(1) == labels).sum()

    @torch.no_grad()
    def accuracy(self, x, labels):
        """At permuted weights; the training goes on from where it was."""
        kept = [w.clone() for w in self.weights]
        self.permutation.synchronise()
        share = share_right(self.model, x, labels)
        for weight, values in zip(self.weights, kept):
            weight.copy_(values)
        return share


def train(args, folder):
    x, labels = read_mnist(folder, "train")
    test = read_mnist(folder, "test")
    training, best = Training(args), 0
    print("epoch,train_loss,train_accuracy,test_accuracy")
    for epoch in range(args.epochs or NETS[args.net][3]):
        training.adam.param_groups[0]["lr"] = 1e-3 * 0.95**epoch
        loss, accuracy = one_epoch(training.step, x, labels, training.generator, BATCH)
        last = training.accuracy(*test)
        best = max(best, last)
        print(f"{epoch + 1},{loss:.5f},{accuracy:.5f},{last:.5f}", flush=True)
    training.permutation.synchronise()
    print(f"# last {last:.4f}; best on test {best:.4f}; permutation holds: {training.permutation.holds()}")


def main():
    parser = argparse.ArgumentParser(description="The f1 and f2 recipes in plain PyTorch.")
    parser.add_argument("net", choices=NETS)
    parser.add_argument("--data", help="folder of the MNIST files (default: mnist in $REWIRE_DATA)")
    parser.add_argument("--epochs", type=int, help="default: as published, 10 and 25")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="straight-through permutation, a decision every step")
    parser.add_argument("--temperature", type=float, default=1, help="the logits are multiplied by it in the loss")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    train(args, need_data(args.data, "mnist", "MNIST"))


if __name__ == "__main__":
    main()
