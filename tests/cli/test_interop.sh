#!/bin/sh
# What convert writes is what NumPy and PyTorch read: a net with every kind of layer, computed again
# by tools/reference/forward.py and by PyTorch. $PYTHON, or python3, needs numpy; what it lacks is
# named and left out.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
python=${PYTHON:-python3}
left_out=""
has_module() {
  "$python" -c "import $1" 2>log && return
  left_out="$left_out $1"
  return 1
}
tiny_data data
cat >recipe.yaml <<'END'
name: all
data: data
normalise: standardise
net:
  - conv2d filters=4 kernel=3x2 padding=same
  - batchnorm
  - relu name=r
  - conv2d filters=4 kernel=3 padding=same bias=no
  - batchnorm
  - add from=r,batchnorm_2
  - maxpool size=3 stride=2 padding=1
  - conv2d filters=6 kernel=3 stride=2 padding=1
  - avgpool size=2 stride=1 padding=same
  - flatten
  - batchnorm
  - dropout rate=0.3
  - dense units=12
  - relu
  - dense units=4
method: permute period=3
optimizer: adam lr=1e-2
batch: 10
epochs: 1
END
run 0 train recipe.yaml -q --out run
run 0 eval run --predictions predictions.csv
cut -d, -f5- predictions.csv | tail -n +2 >logits
run 0 inspect run --json
cp out layers.json
run 0 list formats
zip=yes
grep -q '^npz .*comes without' out && zip=

# agrees FILE: the logits in it are those of the program, within 1e-4.
agrees() {
  "$python" - "$1" logits <<'END' || fail "$what: other logits in $1"
import sys
rows = [[list(map(float, line.split(","))) for line in open(name)] for name in sys.argv[1:]]
pairs = [(a, b) for x, y in zip(*rows) for a, b in zip(x, y)]
worst = max(abs(a - b) / max(1, abs(b)) for a, b in pairs)
sys.exit(len(rows[0]) != len(rows[1]) or len(pairs) != 800 or not worst < 1e-4)
END
}

# same_arrays A B: the same net comes of both files.
same_arrays() {
  run 0 convert "$1" a.rw --recipe recipe.yaml --force
  run 0 convert "$2" b.rw --recipe recipe.yaml --force
  run 0 convert a.rw a.safetensors --force
  run 0 convert b.rw b.safetensors --force
  what="$2, as floats"
  cmp a.safetensors b.safetensors || fail "$what: not the numbers of $1"
}

numpy=
has_module numpy && numpy=yes
if [ -n "$numpy" ] && [ -n "$zip" ]; then
  run 0 convert run net.npz
  what=tools/reference/forward.py
  "$python" "$SOURCE/$what" net.npz layers.json data/t10k-images-idx3-ubyte >theirs || fail "$what"
  agrees theirs
  # Archives that NumPy wrote, in its own ways: deflated or not, doubles, Fortran's order, and
  # halves, which are those halves as floats.
  "$python" - <<'END' || fail "numpy cannot read or write net.npz"
import numpy as np
net = dict(np.load("net.npz"))
np.savez("stored.npz", **net)
np.savez_compressed("doubles.npz", **{k: np.asfortranarray(v, "f8") for k, v in net.items()})
halves = {k: v.astype("f2") for k, v in net.items()}
np.savez("halves.npz", **halves)
np.savez("rounded.npz", **{k: v.astype("f4") for k, v in halves.items()})
END
  for file in stored doubles; do
    run 0 convert $file.npz back.rw --recipe recipe.yaml --force
    run 0 eval back.rw --predictions predictions.csv
    what="logits of $file.npz"
    cut -d, -f5- predictions.csv | tail -n +2 >theirs
    same theirs <logits
  done
  same_arrays rounded.npz halves.npz
fi

if [ -n "$numpy" ] && [ -n "$zip" ] && has_module safetensors; then
  run 0 convert run net.safetensors
  run 0 convert run torch.npz --layout torch
  what="safetensors"
  "$python" - <<'END' || fail "$what: not the arrays of torch.npz"
import sys
import numpy as np
from safetensors.numpy import load_file, save_file
a, b = load_file("net.safetensors"), dict(np.load("torch.npz"))
del b["input.mean"], b["input.scale"]
save_file(a, "theirs.safetensors")
sys.exit(set(a) != set(b) or any(not np.array_equal(a[k], b[k]) for k in a))
END
  run 0 convert theirs.safetensors back.rw --recipe recipe.yaml --force
  run 0 eval back.rw --predictions predictions.csv
  what="logits of theirs.safetensors"
  cut -d, -f5- predictions.csv | tail -n +2 >theirs
  agrees theirs
fi

if [ -n "$numpy" ] && [ -n "$zip" ] && has_module safetensors && has_module torch; then
  what="PyTorch"
  "$python" - >theirs <<'END' || fail "$what cannot load net.safetensors"
import numpy as np
import torch
from torch import nn
from torch.nn import functional as f
from safetensors.torch import load_file, save_file


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv2d_1, self.conv2d_2 = nn.Conv2d(1, 4, (3, 2)), nn.Conv2d(4, 4, 3, bias=False)
        self.conv2d_3 = nn.Conv2d(4, 6, 3, 2, 1)
        for name, norm in (("1", nn.BatchNorm2d(4, 1e-3)), ("2", nn.BatchNorm2d(4, 1e-3)),
                           ("3", nn.BatchNorm1d(24, 1e-3))):
            setattr(self, "batchnorm_" + name, norm)
        self.dense_1, self.dense_2 = nn.Linear(24, 12), nn.Linear(12, 4)

    def forward(self, x):
        x = f.relu(self.batchnorm_1(self.conv2d_1(f.pad(x, (0, 1, 1, 1)))))
        x = x + self.batchnorm_2(self.conv2d_2(f.pad(x, (1, 1, 1, 1))))
        x = self.conv2d_3(f.max_pool2d(x, 3, 2, 1))
        ones = f.avg_pool2d(f.pad(torch.ones_like(x), (0, 1, 0, 1)), 2, 1)
        x = f.avg_pool2d(f.pad(x, (0, 1, 0, 1)), 2, 1) / ones
        return self.dense_2(f.relu(self.dense_1(self.batchnorm_3(x.flatten(1)))))


net = Net().eval()
tensors = load_file("net.safetensors")
net.load_state_dict(tensors)
for name, half in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
    save_file({k: v.to(half) for k, v in tensors.items()}, name + ".safetensors")
    save_file({k: v.to(half).float() for k, v in tensors.items()}, name + "-32.safetensors")
arrays = np.load("net.npz")
pixels = np.fromfile("data/t10k-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 8, 8, 1)
x = ((pixels / 255.0 - arrays["input.mean"]) * arrays["input.scale"]).transpose(0, 3, 1, 2)
with torch.no_grad():
    for row in net(torch.from_numpy(x.astype("f4"))):
        print(",".join("%.9g" % v for v in row))
END
  agrees theirs
  for half in float16 bfloat16; do
    same_arrays $half-32.safetensors $half.safetensors
  done
fi

[ -n "$zip" ] || left_out="$left_out libzip"
if [ "$failures" -eq 0 ] && [ -n "$left_out" ]; then
  echo "skipped, for want of$left_out"
  exit 77
fi
finish
