#!/bin/sh
# Downloading data sets, from a server on the loopback. Official files are not at hand, so that is
# about everything that goes wrong; what goes right is in tests/unit/test_data_fetch.c.
. "$SOURCE/tests/cli/lib.sh"
command -v python3 >/dev/null 2>&1 || {
  left_out "downloads (no python3)"
  finish
}
export no_proxy='*'

run 2 data fetch mnits
refused "did you mean 'mnist'"
run 2 data fetch glyphs
refused "nothing to fetch"
"$REWIRE" data fetch mnist --to nowhere --mirror http://127.0.0.1:1 2>err
grep -q 'built without libcurl' err && {
  left_out "downloads (built without libcurl)"
  finish
}

mkdir mirror
python3 - mirror >port 2>log <<'END' &
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.HTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()
END
server=$!
trap 'kill $server; rm -rf "$DIR"' EXIT
tries=0
while [ ! -s port ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || {
    fail "the server of this test did not start"
    finish
  }
  sleep 0.1
done
url=http://127.0.0.1:$(cat port)/
name=train-images-idx3-ubyte.gz

run 1 data fetch mnist --mirror "$url" --to set
empty out
has err "$name': the server answers 404"

# Cut short, the part stays; the same again goes on with it.
head -c 1000 /dev/zero >"mirror/$name"
run 1 data fetch mnist --mirror "$url" --to set
has err 'ended after 1000 of 9912422 bytes; the same again continues'
[ "$(size "set/$name.part")" -eq 1000 ] || fail "no part of 1000 bytes"

# The right size, the wrong bytes: deleted.
head -c 9912422 /dev/zero >"mirror/$name"
run 1 data fetch mnist --mirror "$url" --to set
has err 'is not the official file and was deleted'
has err 'expected 440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'
[ -z "$(ls -A set)" ] || fail "files are left: $(ls -A set)"

# Without --to it goes to the cache, where names are looked up.
head -c 7 /dev/zero >"mirror/$name"
run 1 data fetch mnist --mirror "$url"
[ "$(size "cache/rewire/mnist/$name.part")" -eq 7 ] || fail "no part in the cache"

# What is in the way is not overwritten.
mkdir mine
echo precious >"mine/$name"
run 1 data fetch mnist --mirror "$url" --to mine
has err 'a file that is not the official one is in the way'
[ "$(cat "mine/$name")" = precious ] || fail "the file was overwritten"

kill $server
wait $server 2>log
trap 'rm -rf "$DIR"' EXIT
run 1 data fetch mnist --mirror "$url" --to set
has err "127.0.0.1"

finish
