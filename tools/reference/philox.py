#!/usr/bin/env python3
"""An independent twin of src/core/rng.c, in plain Python: prints the values that
tests/unit/test_core_rng.c holds, as C. Run it again after any change to either.

The normals are computed with the operations of the C code, so they agree to the bit; here they are
also checked against statistics.NormalDist and against the distribution function in 50 digits."""
import math
import statistics
import struct
from decimal import Decimal, getcontext

M32, M64 = (1 << 32) - 1, (1 << 64) - 1
getcontext().prec = 50


def philox(counter, key):
    """Philox4x32-10 of four counter words and two key words (Salmon et al. 2011)."""
    x, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(b >> 32) ^ x[1] ^ k[0], b & M32, (a >> 32) ^ x[3] ^ k[1], a & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return x


def fnv(data, value=14695981039346656037):
    for byte in data:
        value = ((value ^ byte) * 1099511628211) & M64
    return value


class Stream:
    def __init__(self, key, name):
        self.key, self.name = key, fnv(name.encode()) if isinstance(name, str) else name

    def sub(self, index):
        z = (self.name + (index + 1) * 0x9E3779B97F4A7C15) & M64
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
        return Stream(self.key, z ^ (z >> 31))

    def word(self, index):
        block, halves = index // 4, lambda v: [v & M32, v >> 32]
        return philox(halves(block) + halves(self.name), halves(self.key))[index % 4]

    def word64(self, index):
        return self.word(2 * index) << 32 | self.word(2 * index + 1)

    def uniform(self, index):
        return (self.word(index) >> 8) / 2.0**24

    def symmetric(self, index):
        return (2 * (self.word(index) >> 8) - (2**24 - 1)) / 2.0**24

    def centred(self, index):
        return (2 * (self.word64(index) >> 12) + 1 - 2**52) / 2.0**53

    def normal(self, index):
        return quantile(self.centred(index))

    def truncated(self, index):
        return quantile(self.centred(index) * WITHIN_TWO)

    def below(self, index, bound):
        return self.word64(index) * bound >> 64

    def shuffle(self, count):
        order = list(range(count))
        for i in range(count - 1, 0, -1):
            j = self.below(i, i + 1)
            order[i], order[j] = order[j], order[i]
        return order


def decimal_erf(x):
    total, term, n = Decimal(0), x, 0
    while abs(term) > Decimal(10) ** -48:
        total += term / (2 * n + 1)
        n += 1
        term *= -x * x / n
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582")
    return 2 * total / pi.sqrt()


WITHIN_TWO = float(decimal_erf(Decimal(2).sqrt()))

CENTRAL = (
    (3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
     1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
     3.3430575583588128105e+4, 2.5090809287301226727e+3),
    (1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
     5.2264952788528545610e+3))
TAIL = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9))
FAR_TAIL = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15))


def ratio(table, x):
    sums = []
    for row in table:
        value = row[7]
        for c in reversed(row[:7]):
            value = value * x + c
        sums.append(value)
    return sums[0] / sums[1]


def logarithm(x):
    m, e = math.frexp(x)
    m, e = 2 * m, e - 1
    if m > math.sqrt(2):
        m, e = m / 2, e + 1
    t = (m - 1) / (m + 1)
    series = 0.0
    for k in range(23, 2, -2):
        series = (series + 1.0 / k) * (t * t)
    low = e * float.fromhex("0x1.d1cf79abc9e3bp-32") + 2 * t * series
    return e * float.fromhex("0x1.62e42fec00000p-1") + (low + 2 * t)


def quantile(q):
    distance = abs(q)
    if distance <= 0.425:
        return q * ratio(CENTRAL, 0.180625 - q * q)
    r = math.sqrt(-logarithm(0.5 - distance))
    z = ratio(TAIL, r - 1.6) if r <= 5 else ratio(FAR_TAIL, r - 5)
    return math.copysign(z, q)


def check(q):
    """quantile(q) against the library's and against the true distribution function."""
    z = quantile(q)
    other = -statistics.NormalDist().inv_cdf(0.5 - abs(q))
    assert abs(abs(z) - other) <= 1e-15 * max(1.0, other), (q, z, other)
    want = decimal_erf(abs(Decimal(z)) / Decimal(2).sqrt()) / 2
    slope = (-Decimal(z) ** 2 / 2).exp() / Decimal("2.50662827463100050241576528481")
    error = (want - abs(Decimal(q))) / slope / abs(Decimal(z))
    assert abs(error) <= Decimal("1e-15"), (q, z, error)


def show(name, kind, values):
    print(f"static const {kind} {name}[] = {{{', '.join(values)}}};")


def hexes(values, digits):
    return [f"UINT{digits * 4}_C(0x{v:0{digits}x})" for v in values]


def main():
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    for i in range(-60, 61):
        check((i + 0.5) / 122)
    for i in range(2, 54):
        check(0.5 - 2.0**-i)
        check(2.0**-i)
    s = Stream(7, "fixed/conv2d_1.kernel")
    print(f"/* seed 7, stream fixed/conv2d_1.kernel: name 0x{s.name:016x} */")
    show("words", "uint32_t", hexes([s.word(i) for i in range(8)], 8))
    far = 1 << 40
    show("far_words", "uint32_t", hexes([s.word(far + i) for i in range(4)], 8))
    show("floats", "float", [s.uniform(i).hex() + "f" for i in range(6)])
    show("symmetrics", "float", [s.symmetric(i).hex() + "f" for i in range(6)])
    show("normals", "double", [s.normal(i).hex() for i in range(12)])
    show("truncateds", "double", [s.truncated(i).hex() for i in range(12)])
    show("belows", "uint64_t", [str(s.below(i, 1000003)) for i in range(6)])
    show("shuffled", "uint32_t", [str(v) for v in s.shuffle(16)])
    subs = [s.sub(0).name, s.sub(1).name, s.sub(M64).name, s.sub(5).sub(6).name]
    show("sub_names", "uint64_t", hexes(subs, 16))
    order = s.shuffle(1000)
    text = b"".join(v.to_bytes(4, "little") for v in order)
    print(f"/* hash of shuffle(1000) */ UINT64_C(0x{fnv(text):016x})")
    many = [s.normal(i) for i in range(20000)]
    assert all(abs(s.truncated(i)) <= 2 for i in range(20000))
    checksum = fnv(struct.pack(f"<{len(many)}d", *many))
    print(f"/* hash of 20000 normals */ UINT64_C(0x{checksum:016x})")


if __name__ == "__main__":
    main()
