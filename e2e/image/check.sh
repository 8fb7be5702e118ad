#!/usr/bin/env bash
# Checks what the Dockerfile promises, without a container engine: its RUN lines are run as written in a copy of the
# build context, and the program is started in a directory that holds what the image would hold, as the image's user
# where root runs this, else as whoever runs it.
set -euo pipefail
cd "$(dirname "$0")/../.."

max_size=$((25 * 1024 * 1024))
start_limit=30 # seconds
stop_limit=10  # seconds; what an orchestrator grants between TERM and KILL

fail() {
  echo "image-check: $*" >&2
  if [[ -s ${log:-} ]]; then
    cat "$log" >&2
  fi
  exit 1
}

# within SECONDS CONDITION... waits until the condition holds, and fails when it does not in time.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

need() {
  command -v "$1" > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$2" > /dev/null; }
}

# instruction NAME gives what follows that name in the Dockerfile, a line each.
instruction() { sed -n "s/^$1 //p" Dockerfile; }

need curl curl
need readelf binutils

work=$(mktemp -d)
log=$work/log
context=$work/context
image=$work/image
clean_up() {
  if [[ -n ${pid:-} ]] && kill -KILL "$pid"; then
    wait "$pid" || true
  fi 2> /dev/null
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap clean_up EXIT
chmod 755 "$work"
mkdir -p "$context" "$image/etc/ssl/certs"
touch "$log"

# Build.
find . -mindepth 1 -maxdepth 1 -printf '%P\0' |
  tar --create --null --anchored --wildcards --exclude-from=.dockerignore --files-from=- |
  tar --extract --directory="$context"
while read -r line; do
  echo "$line"
  (cd "$context" && bash -ec "$line" < /dev/null) || fail "this line of the Dockerfile fails: $line"
done < <(instruction RUN)

# The binary is complete in itself, and small.
binary=$image/jobsgateway
install -m 555 "$context/jobsgateway" "$binary"
if readelf --dynamic --program-headers --wide "$binary" | grep -E 'NEEDED|INTERP'; then
  fail 'the binary is not static'
fi
size=$(stat --format=%s "$binary")
echo "$size bytes"
((size <= max_size)) || fail "the binary has $size bytes, more than $max_size"

# Start: nothing there but the image's files, none of them writable, and its environment, but for the ports.
cp /etc/ssl/certs/ca-certificates.crt "$image/etc/ssl/certs/" 2> /dev/null || true
chmod -R a-w "$image"
mapfile -t environment < <(instruction ENV)
environment+=(JOBSGW_LISTEN=127.0.0.1:0 JOBSGW_ADMIN_LISTEN=127.0.0.1:0)
if ((EUID == 0)); then
  user=65532
  env --ignore-environment "${environment[@]}" \
    "$(command -v chroot)" --userspec="$(instruction USER)" --groups= "$image" /jobsgateway --demo 2> "$log" &
else
  user=$EUID
  (cd "$image" && exec env --ignore-environment "${environment[@]}" ./jobsgateway --demo 2> "$log") &
fi
pid=$!

listening() { grep -q '"msg":"listening"' "$log" || ! kill -0 "$pid" 2> /dev/null; }
within "$start_limit" listening || fail "not listening after $start_limit s"
address() { sed -nE "/\"msg\":\"listening\"/s/.*\"$1\":\"([^\"]+)\".*/\1/p" "$log"; }
public=$(address public)
admin=$(address admin)
[[ -n $public && -n $admin ]] || fail 'the program ended before it listened'
grep -qE "^Uid:(\\s+$user){4}\$" "/proc/$pid/status" || fail "the program does not run as $user"

# Serve.
curl --silent --show-error --fail --max-time 10 --output /dev/null "http://$admin/healthz" || fail '/healthz'
answer=$(curl --silent --show-error --fail --max-time 10 --json '{"query":"{ __typename }"}' "http://$public/graphql") ||
  fail '/graphql'
[[ $answer == '{"data":{"__typename":"Query"}}' ]] || fail "/graphql answered $answer"

# Stop.
ended() { ! kill -0 "$pid" 2> /dev/null; }
kill -TERM "$pid"
within "$stop_limit" ended || fail "still running $stop_limit s after TERM"
wait "$pid" || fail "exit code $? after TERM"
echo 'image-check: ok'
