#!/usr/bin/env python3
"""An independent NumPy twin of src/method and src/optim, written from the papers and from the
contracts in their headers: draws, initialisers, permute with ties and with both kinds of latents,
optimizers, schedules. Prints the values that the unit tests hold:

    python3 tools/reference/twin.py method > tests/unit/golden_method.h
    python3 tools/reference/twin.py optim > tests/unit/golden_optim.h
    clang-format -i tests/unit/golden_*.h

Run all again after a change of meaning on either side, and look at what moved."""
import math
import statistics
import sys

import numpy as np

F = np.float32
U32, U64 = np.uint32, np.uint64
NORMAL = statistics.NormalDist()


# ---- draws -------------------------------------------------------------------------------------

def fnv(data, value=14695981039346656037):
    for byte in data:
        value = ((value ^ byte) * 1099511628211) & (2**64 - 1)
    return value


def philox_words(seed, name, count):
    """The first count words of a stream, all blocks at once."""
    blocks = np.arange((count + 3) // 4, dtype=U64)
    low, stream = U64(2**32 - 1), fnv(name.encode())
    c = [blocks & low, blocks >> U64(32), np.full_like(blocks, stream & (2**32 - 1)),
         np.full_like(blocks, stream >> 32)]
    key = [seed & (2**32 - 1), seed >> 32]
    for _ in range(10):
        left, right = c[0] * U64(0xD2511F53), c[2] * U64(0xCD9E8D57)
        c = [(right >> U64(32)) ^ c[1] ^ U64(key[0]), right & low,
             (left >> U64(32)) ^ c[3] ^ U64(key[1]), left & low]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return np.stack(c, axis=1).reshape(-1)[:count]


def uniform(seed, name, count):
    return ((philox_words(seed, name, count) >> U64(8)).astype(F) * F(2.0**-24)).astype(F)


def symmetric(seed, name, count):
    """Odd multiples of 2^-24 between -1 and 1."""
    steps = (philox_words(seed, name, count) >> U64(8)).astype(np.int64)
    return ((2 * steps - (2**24 - 1)) / 2.0**24).astype(F)


def centred(seed, name, count):
    """Odd multiples of 2^-53 between -1/2 and 1/2, from 52 bits of two words."""
    pairs = philox_words(seed, name, 2 * count).reshape(-1, 2)
    whole = (pairs[:, 0] << U64(32)) | pairs[:, 1]
    return (2 * (whole >> U64(12)).astype(np.int64) + 1 - 2**52) / 2.0**53


def normal(seed, name, count, truncated=False):
    share = math.erf(math.sqrt(2)) if truncated else 1
    return np.array([NORMAL.inv_cdf(0.5 + share * u) for u in centred(seed, name, count)])


# ---- where fixed values come from --------------------------------------------------------------

def draw(kind, seed, name, count, fan_in, fan_out, value=1.0, keep=1.0):
    stream = "fixed/" + name
    family, _, shape = kind.partition("_")
    if kind == "zeros":
        out = np.zeros(count, F)
    elif kind == "constant":
        out = np.full(count, value, F)
    elif kind == "signed_constant":
        out = np.where(philox_words(seed, stream, count) >= 2**31, F(-value), F(value))
    else:
        variance = {"he": 2 / fan_in, "glorot": 2 / (fan_in + fan_out), "lecun": 1 / fan_in}[family]
        if shape == "uniform":
            ceiling = {"he": 6 / fan_in, "glorot": 6 / (fan_in + fan_out), "lecun": 3 / fan_in}[family]
            out = F(value * math.sqrt(ceiling)) * symmetric(seed, stream, count)
        else:
            cut = shape == "truncated"
            deviation = value * math.sqrt(variance) / (0.87962566103423978 if cut else 1)
            out = (deviation * normal(seed, stream, count, cut)).astype(F)
    return np.where(uniform(seed, "keep/" + name, count).astype(float) < keep, out, F(0)).astype(F)


# ---- permute -----------------------------------------------------------------------------------

def place(fixed, latent):
    """Wiring of one group: the i-th smallest latent gets the i-th smallest fixed value."""
    by_fixed, by_latent = np.argsort(fixed, kind="stable"), np.argsort(latent, kind="stable")
    wiring = np.empty(len(fixed), U32)
    wiring[by_latent] = by_fixed
    return wiring


def choose(fixed, latent):
    wiring = np.stack([place(f, l) for f, l in zip(fixed, latent)])
    return wiring, np.take_along_axis(fixed, wiring.astype(np.int64), axis=1)


def train(keep, fixed, fan_in, noise, name, seed, period, steps, pull_seed):
    """A training whose pulls come from a stream, Adam at 1e-2: (latent, wiring, weights) at the end,
    settled."""
    latent = fixed.copy()
    if keep:
        spread = F(noise * math.sqrt(6 / fan_in))
        latent = latent + spread * symmetric(seed, "latent/" + name, fixed.size).reshape(fixed.shape)
    wiring = np.tile(np.arange(fixed.shape[1], dtype=U32), (fixed.shape[0], 1))
    weights = fixed
    mover = Adam(fixed.shape)
    for t in range(1, steps + 1):
        pull = symmetric(pull_seed, "pull/%d" % t, fixed.size).reshape(fixed.shape)
        latent = mover.step(latent, pull, 1e-2, 0.0, t)
        if t % period == 0:
            wiring, weights = choose(fixed, latent)
            latent = latent if keep else weights.copy()
    if not keep:
        wiring, weights = choose(fixed, latent)
    return latent, wiring, weights


def period(rows, growth, epoch, epoch_steps):
    """Steps between decisions: rows of (every, in epochs, from epoch)."""
    every, in_epochs, begin = [row for row in rows if row[2] <= epoch][-1]
    every = math.ceil(every * growth ** ((epoch - begin) / 10) - 1e-9)
    return max(1, every * (epoch_steps if in_epochs else 1))


# ---- optimizers, float32 in the order of the formulas ------------------------------------------

class Sgd:
    def __init__(self, shape, momentum=0.0, nesterov=False):
        self.velocity, self.momentum, self.nesterov = np.zeros(shape, F), F(momentum), nesterov

    def step(self, latent, pull, lr, decay, t):
        back = F(lr) * (pull + F(decay) * latent)
        if self.momentum == 0:
            return latent - back
        self.velocity = self.momentum * self.velocity - back
        ahead = self.momentum * self.velocity - back if self.nesterov else self.velocity
        return latent + ahead


class Adam:
    def __init__(self, shape, beta1=0.9, beta2=0.999, epsilon=1e-7):
        self.m, self.v = np.zeros(shape, F), np.zeros(shape, F)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def step(self, latent, pull, lr, decay, t):
        g = pull + F(decay) * latent
        self.m = F(self.beta1) * self.m + F(1 - self.beta1) * g
        self.v = F(self.beta2) * self.v + F(1 - self.beta2) * (g * g)
        rate = F(lr * (math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)))
        return latent - rate * self.m / (np.sqrt(self.v) + F(self.epsilon))


class Lookahead:
    """Zhang et al. 2019, algorithm 1; the slow weights start where the fast ones do."""

    def __init__(self, inner, k=5, alpha=0.5):
        self.inner, self.k, self.alpha, self.slow = inner, k, F(alpha), None

    def step(self, latent, pull, lr, decay, t):
        self.slow = latent if self.slow is None else self.slow
        latent = self.inner.step(latent, pull, lr, decay, t)
        if t % self.k == 0:
            self.slow = latent = self.slow + self.alpha * (latent - self.slow)
        return latent


# ---- schedules ---------------------------------------------------------------------------------

def cosine(begin, end, now):
    return 0.5 * (1 + math.cos(math.pi * (now - begin) / (end - begin)))


def restarted(marks, epochs, epoch, now):
    edges = [0] + [m for m in marks if m < epochs] + [epochs]
    stretch = max(i for i, edge in enumerate(edges) if edge <= epoch)
    return cosine(edges[stretch], edges[stretch + 1], now)


def by_list(marks, factors, epoch):
    passed = [f for m, f in zip(marks, factors) if epoch >= m]
    return passed[-1] if passed else 1.0


RESNET = ([80, 120, 160, 180], [0.1, 0.01, 0.001, 0.0005])
SCHEDULES = [
    ("constant", lambda epoch, epochs, share: 1.0),
    ("exponential rate=0.95", lambda epoch, epochs, share: 0.95**epoch),
    ("step factor=0.6 every=10", lambda epoch, epochs, share: 0.6 ** (epoch // 10)),
    ("list at=80,120,160,180 factors=0.1,0.01,0.001,0.0005",
     lambda epoch, epochs, share: by_list(*RESNET, epoch)),
    ("cosine", lambda epoch, epochs, share: cosine(0, epochs, epoch)),
    ("cosine per=step", lambda epoch, epochs, share: cosine(0, epochs, epoch + share)),
    ("restarts at=25,75",
     lambda epoch, epochs, share: restarted([25, 75], epochs, epoch, epoch)),
    ("restarts at=25,75 per=step",
     lambda epoch, epochs, share: restarted([25, 75], epochs, epoch, epoch + share)),
]
MOMENTS = [(0, 0, 200), (1, 10, 200), (9, 99, 200), (10, 0, 200), (24, 50, 200), (25, 0, 200),
           (74, 99, 200), (75, 0, 200), (79, 1, 200), (80, 0, 200), (180, 7, 200), (199, 99, 200),
           (0, 50, 1), (30, 50, 50)]


# ---- printing ----------------------------------------------------------------------------------

def c_float(x):
    digits, power = float(x).hex().split("p")
    return "%sp%sf" % (digits.rstrip("0").rstrip("."), power) if x else "-0.0f" if np.signbit(x) else "0.0f"


def emit(kind, name, values, text):
    items = [text(v) for v in values]
    body, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 92:
            body.append(line)
            line = "   "
        line += " " + item + ","
    print("static const %s %s[%d] = {\n%s};\n" % (kind, name, len(items), "\n".join(body + [line])))


def floats(name, array):
    emit("float", name, np.asarray(array, F).reshape(-1), c_float)


def entries(name, array):
    emit("uint32_t", name, array.reshape(-1), str)


def checksum(array):
    return "UINT64_C(0x%016x)" % fnv(np.ascontiguousarray(array, "<f4").tobytes())


KINDS = ["zeros", "constant", "signed_constant", "he_uniform", "he_normal", "he_truncated",
         "glorot_uniform", "glorot_normal", "glorot_truncated", "lecun_uniform", "lecun_normal",
         "lecun_truncated"]


def print_draws():
    print("/* seed 7, site conv2d_1.kernel, fan_in 27, fan_out 288; checksum of 1000 values. */")
    print("static const struct {\n    const char *text;\n    uint64_t checksum;\n    float first[4];")
    print("} golden_draws[] = {")
    texts = [(k, 1.0, 1.0) for k in KINDS] + [
        ("constant", 0.08, 4 / 7), ("signed_constant", 0.03, 1 / 3), ("he_uniform", 0.5, 0.7)]
    for kind, value, keep in texts:
        out = draw(kind, 7, "conv2d_1.kernel", 1000, 27, 288, value, keep)
        keys = "" if value == 1 else " value=%g" % value
        keys += {1.0: "", 4 / 7: " keep=4/7", 1 / 3: " keep=1/3", 0.7: " keep=0.7"}[keep]
        print('    {"%s",\n     %s,\n     {%s}},' % (
            kind + keys, checksum(out), ", ".join(map(c_float, out[:4]))))
    print("};\n")


def print_ties():
    print("/* permute: 3 groups of 11, he_uniform keep=0.5, seed 11, site ties.kernel, fan_in 11; latents\n"
          " * of few different values, both zeros among them. */")
    fixed = draw("he_uniform", 11, "ties.kernel", 33, 11, 3, keep=0.5).reshape(3, 11)
    few = np.array([-0.5, -0.0, 0.0, 0.25, 1.5], F)
    latent = few[(philox_words(11, "few", 33) % U64(5)).astype(int)].reshape(3, 11)
    floats("ties_fixed", fixed)
    floats("ties_latent", latent)
    entries("ties_wiring", choose(fixed, latent)[0])


def print_trainings():
    print("/* permute: 3 groups of 7, he_uniform keep=0.6, seed 5, site t.kernel, fan_in 7; 10 steps of Adam\n"
          " * at 1e-2 by symmetric draws of stream pull/STEP under seed 9, period 4, then settled. */")
    fixed = draw("he_uniform", 5, "t.kernel", 21, 7, 3, keep=0.6).reshape(3, 7)
    for name, keep in (("overwrite", False), ("keep", True)):
        latent, wiring, weights = train(keep, fixed, 7, 0.3, "t.kernel", 5, 4, 10, 9)
        floats(name + "_latent", latent)
        entries(name + "_wiring", wiring)
        floats(name + "_weights", weights)


MOVERS = {
    "sgd": Sgd,
    "momentum": lambda count: Sgd(count, 0.9),
    "nesterov": lambda count: Sgd(count, 0.9, True),
    "adam": Adam,
    "lookahead": lambda count: Lookahead(Adam(count)),
    "lookahead k=2 alpha=0.8 inner='momentum momentum=0.7'":
        lambda count: Lookahead(Sgd(count, 0.7), 2, 0.8),
    "lookahead inner=sgd k=1 alpha=0.25": lambda count: Lookahead(Sgd(count), 1, 0.25),
}


PERIODS = [
    ("20", 1, [(20, False, 0)]),
    ("20@0,100@10,1@12", 1, [(20, False, 0), (100, False, 10), (1, False, 12)]),
    ("1epoch", 1, [(1, True, 0)]),
    ("3epochs,500@7,2epochs@20", 1, [(3, True, 0), (500, False, 7), (2, True, 20)]),
    ("5epochs", 1.002, [(5, True, 0)]),  # Cai et al.: k0 = 5, gamma = 0.998
    ("20,1epoch@20", 1.5, [(20, False, 0), (1, True, 20)]),
    ("1000", 2, [(1000, False, 0)]),
    ("10", 0.5, [(10, False, 0)]),
]


def print_periods():
    print("/* Steps between decisions, in epochs of 900 steps. */")
    print("static const struct {\n    const char *text;\n    double growth;\n"
          "    int64_t epoch, steps;\n} golden_periods[] = {")
    for text, growth, rows in PERIODS:
        for epoch in (0, 1, 6, 7, 9, 10, 11, 12, 20, 30, 45, 6399):
            if growth * epoch < 6000:
                print('    {"%s", %r, %d, %d},' % (
                    text, growth, epoch, period(rows, growth, epoch, 900)))
    print("};\n")


def moved(text, count, steps, lr, decay):
    mover = MOVERS[text](count)
    latent = symmetric(3, "latent", count)
    for t in range(1, steps + 1):
        latent = mover.step(latent, symmetric(3, "pull/%d" % t, count), lr, decay, t)
    return latent


def print_optimizers():
    few, many, steps, lr, decay = 6, 33001, 5, 0.05, 0.01
    print("/* Latents are stream latent of seed 3, pulls stream pull/STEP; a few, and the checksum of many. */")
    for key, value in (("FEW", few), ("MANY", many), ("STEPS", steps), ("LR", lr), ("DECAY", decay)):
        print("#define OPTIM_%s %g" % (key, value))
    print("static const struct {\n    const char *text;\n    float latent[OPTIM_FEW];\n"
          "    uint64_t checksum;\n} golden_steps[] = {")
    for name in MOVERS:
        print('    {"%s", {%s}, %s},' % (
            name, ", ".join(map(c_float, moved(name, few, steps, lr, decay))),
            checksum(moved(name, many, steps, lr, decay))))
    print("};\n")


def print_schedules():
    print("/* 100 steps in an epoch. */")
    print("static const struct {\n    const char *text;\n    int64_t epoch, step, epochs;\n"
          "    double factor;\n} golden_factors[] = {")
    for text, factor in SCHEDULES:
        for epoch, step, epochs in MOMENTS:
            print('    {"%s", %d, %d, %d, %r},' % (
                text, epoch, step, epochs, float(factor(epoch, epochs, step / 100))))
    print("};\n")


def main(what):
    guard = "GOLDEN_%s_H" % what.upper()
    print("/* golden_%s.h - made by: python3 tools/reference/twin.py %s */" % (what, what))
    print("#ifndef %s\n#define %s\n\n#include <stdint.h>\n" % (guard, guard))
    parts = {"method": [print_draws, print_ties, print_trainings, print_periods],
             "optim": [print_optimizers, print_schedules]}[what]
    for part in parts:
        part()
    print("#endif")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "method")
