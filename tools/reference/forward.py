#!/usr/bin/env python3
"""A whole forward pass in NumPy, of the weights that 'rewire convert NET.rw NET.npz' writes and the
layers that 'rewire inspect NET.rw --json' tells:

    python3 tools/reference/forward.py NET.npz LAYERS.json IMAGES [COUNT]

IMAGES is an IDX file of bytes or a .npy of [images][rows][columns][channels]. Prints one line of
logits for each image. It shares no code with the program, so it says what the files mean."""
import json
import shlex
import sys

import numpy as np


def windows(x, size, stride, padding, fill):
    """[images][rows][columns][window rows][window columns][channels]; "same" is as TensorFlow pads."""
    pad = [(0, 0)] * 4
    for axis in (1, 2):
        steps = (x.shape[axis] - 1) // stride
        total = max(0, steps * stride + size[axis - 1] - x.shape[axis])
        known = {"valid": (0, 0), "same": (total // 2, total - total // 2)}
        pad[axis] = known.get(padding) or (int(padding), int(padding))
    x = np.pad(x, pad, constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, size, (1, 2))[:, ::stride, ::stride]
    return view.transpose(0, 1, 2, 4, 5, 3)


def conv2d(a, p, o):
    size = a["kernel"].shape[:2]
    view = windows(p[0], size, int(o["stride"]), o["padding"], 0)
    return np.tensordot(view, a["kernel"], 3) + a.get("bias", 0)


def pool(p, o, mean):
    side, padding = (int(o["size"]),) * 2, o["padding"]
    if o["global"] in ("yes", "true"):
        side, padding = p[0].shape[1:3], "valid"
    stride = int(o["stride"]) or int(o["size"])
    view = windows(p[0], side, stride, padding, np.nan)
    return np.nanmean(view, (3, 4)) if mean else np.nanmax(view, (3, 4))


def batchnorm(a, p, o):
    scale = a.get("gamma", 1) / np.sqrt(a["moving_variance"] + float(o["epsilon"]))
    return (p[0] - a["moving_mean"]) * scale + a.get("beta", 0)


LAYERS = {  # a: arrays of the layer, p: its inputs, o: its options
    "conv2d": conv2d,
    "dense": lambda a, p, o: p[0] @ a["kernel"] + a.get("bias", 0),
    "relu": lambda a, p, o: np.maximum(p[0], 0),
    "maxpool": lambda a, p, o: pool(p, o, False),
    "avgpool": lambda a, p, o: pool(p, o, True),
    "batchnorm": batchnorm,
    "dropout": lambda a, p, o: p[0],
    "add": lambda a, p, o: p[0] + p[1],
    "flatten": lambda a, p, o: p[0].reshape(len(p[0]), 1, 1, -1),
}


def forward(arrays, layers, pixels):
    values = {"input": (pixels / 255.0 - arrays["input.mean"]) * arrays["input.scale"]}
    for layer in layers:
        kind, *options = shlex.split(layer["text"])
        own = {k.rpartition(".")[2]: arrays[k] for k in arrays if k.rpartition(".")[0] == layer["name"]}
        inputs = [values[name] for name in layer["from"]]
        values[layer["name"]] = LAYERS[kind](own, inputs, dict(o.split("=", 1) for o in options))
    return values[layers[-1]["name"]].reshape(len(pixels), -1)


def read_images(path, shape):
    raw = np.load(path) if path.endswith(".npy") else np.fromfile(path, np.uint8)[16:]
    return raw.reshape(-1, *shape)


if __name__ == "__main__":
    net = json.load(open(sys.argv[2]))
    images = read_images(sys.argv[3], net["input"])[:int((sys.argv + [1000])[4])]
    for row in forward(dict(np.load(sys.argv[1])), net["layers"], images):
        print(",".join(f"{v:.9g}" for v in row))
