#!/usr/bin/env python3
"""Golden values of tests/unit/golden_augment.h: what Keras' ImageDataGenerator makes of a small image.

The composition is Keras' (keras_preprocessing, apply_affine_transform): matrices rotation, shift,
zoom multiplied in this order, moved to the centre of the image, then scipy's affine_transform
with order 1, channel by channel; then the flip of the result. Zeros outside: fill mode
grid-constant. Needs numpy and scipy.

    python3 tools/reference/augment.py > tests/unit/golden_augment.h
"""
import numpy as np
from scipy import ndimage

H, W, C = 6, 7, 2
# degrees, rows, columns (parts of height and width), zoom of rows, of columns, flip, zeros outside
CASES = [
    (0, 0, 0, 1, 1, False, False),
    (10, 0, 0, 1, 1, False, False),
    (0, 0.1, -0.07, 1, 1, False, False),
    (0, 0, 0, 0.9, 1.1, False, False),
    (0, 0, 0, 1, 1, True, False),
    (-9.5, -0.05, 0.1, 1.08, 0.93, True, False),
    (75, 0.4, 0.3, 1.3, 0.6, False, False),
    (20, -0.3, 0.2, 1.2, 1.1, True, True),
    (0, 2 / H, -3 / W, 1, 1, False, True),
]


def image():
    y, x, c = np.meshgrid(np.arange(H), np.arange(W), np.arange(C), indexing="ij")
    return (y * 37 + x * 11 + c * 101 + x * y * 5) % 64 / 64


def keras(x, degrees, shift_y, shift_x, zoom_y, zoom_x, flip, zeros):
    theta = np.deg2rad(degrees)
    rotation = np.array([[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
    shift = np.array([[1, 0, shift_y * H], [0, 1, shift_x * W], [0, 0, 1]])
    zoom = np.array([[zoom_y, 0, 0], [0, zoom_x, 0], [0, 0, 1]])
    matrix = rotation @ shift @ zoom
    centre_y, centre_x = H / 2 - 0.5, W / 2 - 0.5
    there = np.array([[1, 0, centre_y], [0, 1, centre_x], [0, 0, 1]])
    back = np.array([[1, 0, -centre_y], [0, 1, -centre_x], [0, 0, 1]])
    moved = there @ matrix @ back
    out = np.stack([ndimage.affine_transform(x[:, :, c], moved[:2, :2], moved[:2, 2], order=1,
                                             mode="grid-constant" if zeros else "nearest")
                    for c in range(C)], axis=2)
    return out[:, ::-1] if flip else out


def main():
    print("/* golden_augment.h - made by tools/reference/augment.py. */")
    print("#ifndef GOLDEN_AUGMENT_H\n#define GOLDEN_AUGMENT_H\n")
    print(f"#define GOLDEN_H {H}\n#define GOLDEN_W {W}\n#define GOLDEN_C {C}\n")
    print("typedef struct golden_view {")
    print("    double degrees, shift_y, shift_x, zoom_y, zoom_x;")
    print("    int flip, zero_fill;")
    print("    float out[GOLDEN_H * GOLDEN_W * GOLDEN_C];")
    print("} golden_view;\n")
    print("static const golden_view golden_views[] = {")
    for case in CASES:
        numbers = ", ".join(f"{v:.17g}" for v in case[:5])
        print(f"    {{{numbers}, {case[5]:d}, {case[6]:d},")
        values = [f"{v:.7f}f" for v in keras(image(), *case).ravel()]
        rows = [", ".join(values[i:i + 8]) for i in range(0, len(values), 8)]
        print("     {" + ",\n      ".join(rows) + "}},")
    print("};\n\n#endif")


main()
