#!/bin/sh
# bench/run.py: ratios, shares of peak and tables, from programs that answer by heart.
# shellcheck disable=SC1091,SC2154 # lib.sh is found when run
. "$SOURCE/tests/cli/lib.sh"

command -v python3 >found || exit 77

cat >rewire <<'END_OF_REWIRE'
#!/bin/sh
case "$*" in
--version) echo "rewire 1.2.3" && exit ;;
*bf16*) echo "rewire: no bf16" >&2 && exit 1 ;;
*--data*) echo "rewire: no data" >&2 && exit 1 ;;
*latents=keep*) step=11 ;;
*) step=10 ;;
esac
echo "{\"step_ms\": $step, \"sync_ms\": 2, \"sync_far_ms\": 3, \"wait_ms\": null, \"loader_ms\": 1, \"period\": 20," \
    "\"weights\": 100, \"gflop_per_image\": 0.002, \"images_per_second\": 5000, \"batch\": 50, \"peak_bytes\": 50000000}"
END_OF_REWIRE

cat >torch <<'END_OF_TORCH'
#!/bin/sh
case "$*" in
*"import torch"*) echo 9.9 && exit ;;
*"--run traced"*) echo '{"error": "cannot trace"}' && exit ;;
*sync_numpy*) step=8 ;;
*"--mode sync"*) step=40 ;;
*"--run compiled"*) step=25 ;;
*) step=30 ;;
esac
echo "{\"step_ms\": $step, \"images_per_second\": 2000, \"weights\": 100, \"torch\": \"9.9\", \"peak_bytes\": 600000000}"
while read -r line; do
    echo "{\"step_ms\": $step, \"images_per_second\": 2000, \"weights\": 100, \"torch\": \"9.9\", \"peak_bytes\": 600000000}"
done
END_OF_TORCH

cat >peak <<'END_OF_PEAK'
#!/bin/sh
echo '{"f32": "fast", "f32_gflops": 20, "bf16": "n/a", "bf16_gflops": null, "triad_gb_per_second": 7}'
END_OF_PEAK
chmod +x rewire torch peak

what="bench/run.py conv2"
REWIRE=./rewire PEAK=./peak PYTHON="$PWD/torch" python3 "$SOURCE/bench/run.py" conv2 --rounds 3 --dtypes f32,bf16 \
  --batches 50 --infer 1 --threads 2 --out csv >out 2>err || fail "$what: exit code $?"
has out '^peak: 20 GFLOP/s f32 \(fast\), n/a bf16, 7 GB/s$'
has out '^\| conv2 \| 50 +\| f32 +\| 5000 +\| 50% +\| 2000 +\| 20% +\| 2.50 +\| 2000 +\| 2.50 +\| 50 \| 600 +\| 9.9 compiled default fused'
has out '^\| conv2 \| 1 +\| f32 +\| 5000 '
has out '^\| conv2 \| 2.00 +\| 3.00 +\| 40.0 +\| 20.0 +\| 40.0 +\| 20.0 +\| 8.0 +\| 4.0 +\| 1.0% +\| 1.0% +\| 30.0% '
has out '^\| conv2 \| 1.00 +\| 10.00 +\| - '
has err 'no bf16'
has err 'traced default: cannot trace'
has err 'compiled channels_last fused: 25.00 ms'
cat csv/*.csv >rows
has rows '^time,commit,cpu,threads,net,what,dtype,batch,who,'
has rows ',2,conv2,train,f32,50,torch,compiled default fused,9.9,3,25,25,25,'
has rows ',2,conv2,sync,f32,,numpy,,9.9,3,8,8,8,,,,4.0,'
has rows ',peak,f32,,machine,fast,'
has rows ',2,conv2,train first look,f32,50,torch,eager channels_last fused,9.9,1,30,'
has rows ',2,conv2,infer first look,f32,1,torch,traced default,,,.*cannot trace'
has rows ',2,conv2,train first look,f32,50,torch,compiled default fused huge pages,9.9,1,25,'

# Of a thousand images in pieces, too, and beside them in one call; another net is not compared with.
sed 's/\*"--run compiled"\*) step=25/*"--pieces "*) step=20/' torch >torch2
sed 's/\\"weights\\": 100/\\"weights\\": 99/' torch >torch3
chmod +x torch2 torch3
what="bench/run.py, pieces"
REWIRE=./rewire PEAK=./peak PYTHON="$PWD/torch2" python3 "$SOURCE/bench/run.py" conv2 --quick --no-parts --batches 0 \
  --infer 1000 --threads 2 --out csv2 >out 2>err || fail "$what: exit code $?"
has out '2000 +\| 20% +\| 2.00 +\| 2000 +\| 3.00 +\| 50 \| 600 +\| 9.9 eager channels_last in pieces of 50'
what="bench/run.py, another net"
REWIRE=./rewire PEAK=./peak PYTHON="$PWD/torch3" python3 "$SOURCE/bench/run.py" conv2 --quick --no-parts --batches 50 \
  --infer 0 --threads 2 --out csv3 >out 2>err || fail "$what: exit code $?"
has err 'left out: not the same net: 99 weights, ours has 100'
has out '^\| conv2 \| 50 +\| f32 +\| 5000 +\| 50% +\| - '

what="bench/run.py nothing"
python3 "$SOURCE/bench/run.py" nothing >out 2>err && fail "$what: exit code 0"
has err "no net 'nothing'; there are: conv7 conv2 conv4 conv13 resnet50"

# A machine without PyTorch.
what="bench/run.py --alone"
REWIRE=./rewire PEAK=./missing python3 "$SOURCE/bench/run.py" conv2 --quick --alone --threads 1 --out csv >out 2>err ||
  fail "$what: exit code $?"
has out '^\| conv2 \| 50 +\| f32 +\| 5000 +\| - +\| - '
finish
