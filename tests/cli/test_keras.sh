#!/bin/sh
# Keras files: out and in again, what is refused, and what verify says of a net without a seed.
# shellcheck disable=SC1091,SC2154 # lib.sh is found when run
. "$SOURCE/tests/cli/lib.sh"
"$REWIRE" list formats | grep -q '^keras_h5.*not in this build' && {
  echo "skipped: built without libhdf5"
  exit 77
}
tiny_data data
tiny_recipe tiny.yaml 2
run 0 train tiny.yaml -q --out run

# The same logits after the way there and back, and the same file from the same net.
run 0 eval run --predictions before.csv
run 0 convert run out.h5
same out <<END
out.h5: 620 weights in 4 arrays
END
run 0 convert run again.h5
cmp -s out.h5 again.h5 || fail "the same net gives two files"
run 1 convert run out.h5
refused "'out.h5' is there already"
cp out.h5 out.hdf5
run 0 convert out.hdf5 other.rw --recipe tiny.yaml
run 0 convert out.h5 back.rw --recipe tiny.yaml
run 0 eval back.rw --predictions after.csv
cmp -s before.csv after.csv || fail "other logits after convert"
run 0 inspect back.rw
has out '^origin +keras_h5 out.h5$'

# A net without a seed: nothing to redraw. The kernels were only wired, and look it.
run 1 verify back.rw
refused "'back.rw': it was converted from another program and has no seed, so nothing was verified; --against"
run 1 verify back.rw --json
json out verified error weights trained_freely groups
has out '"verified": false'
run 0 verify back.rw --against he_uniform
lines out 6
has out '^conv2d_1.kernel +36 +0 +0 .* yes$'
has out '^dense_1.kernel +576 +0 +0 .* yes$'
has out "^passed: every kernel could have been drawn from 'he_uniform'"
has out '^No seed is known, so this does not prove'
empty err
run 0 verify back.rw --against recipe --json
json out verified against weights trained_freely groups kernels doubt
has out '"verified": true, "against": "recipe", "weights": 612, "trained_freely": 8, "groups": 8'
run 1 verify back.rw --against 'he_uniform keep=0.5'
has out '^dense_1.kernel .* NO$'
has err '^rewire: dense_1.kernel: 0 of 576 weights are 0; he_uniform keep=0.5 gives about 288'
lines err 1
run 1 verify back.rw --against lecun_uniform --json
json out verified against weights trained_freely groups kernels doubt error
has out '"verified": false'
run 2 verify back.rw --against he_unifrm
refused "unknown init 'he_unifrm'; did you mean 'he_uniform'?"
run 0 verify run --against he_uniform

# Weights that were trained as usual do not pass.
run 0 train tiny.yaml -q --method dense --out dense
run 0 convert dense dense.h5
run 0 convert dense.h5 dense.rw --recipe tiny.yaml
run 1 verify dense.rw --against he_uniform
has err '^rewire: (conv2d_1|dense_1).kernel'

# What is no file of Keras, or does not fit.
printf 'no HDF5 at all' >bad.h5
run 1 convert bad.h5 bad.rw --recipe tiny.yaml
refused "'bad.h5' is not an HDF5 file: its signature is missing"
for length in 1 100 1000 3000 6000; do
  head -c $length out.h5 >cut.h5
  run 1 convert cut.h5 bad.rw --recipe tiny.yaml
  refused "'cut.h5'"
done
sed 's/filters=4/filters=5/' tiny.yaml >other.yaml
run 1 convert out.h5 bad.rw --recipe other.yaml
refused "'out.h5': layer 'conv2d_1'"
run 2 convert run torch.h5 --layout torch
refused "'torch.h5': Keras files have layout=keras"
run 1 convert run no/such/folder.h5
refused 'no/such/folder.h5'
for name in bad.rw torch.h5; do
  [ ! -e $name ] || fail "a refused file left $name behind"
done

# With h5py: the attributes that Keras asks for, and the same numbers as in .npz.
python=${PYTHON:-python3}
"$python" -c 'import h5py, numpy' 2>log || {
  left_out "what others read in our files (no h5py; PYTHON=... names one that has it)"
  finish
}
run 0 convert run out.npz
"$python" - <<'END' || fail "h5py reads other numbers"
import h5py, numpy
file, arrays = h5py.File("out.h5"), numpy.load("out.npz")
assert file.attrs["backend"] == b"tensorflow" and file.attrs["keras_version"].startswith(b"2.")
assert list(file.attrs["layer_names"]) == [b"conv2d_1", b"dense_1"]
for layer in file.attrs["layer_names"]:
    names = list(file[layer].attrs["weight_names"])
    assert names == [layer + b"/kernel:0", layer + b"/bias:0"], names
    for name in names:
        found = file[layer][name]
        part = name.decode().split("/")[1].split(":")[0]
        other = [arrays[k] for k in arrays if k.startswith(layer.decode()) and part in k]
        assert found.dtype == "float32" and len(other) == 1 and numpy.array_equal(found, other[0]), name
END
finish
