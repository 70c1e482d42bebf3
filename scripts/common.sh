# Shared by clients.sh and agree.sh, which source it from the top of the repository.
# shellcheck shell=sh

servers=${SERVERS:-bin/servers}
[ -x "$servers" ] || { echo "$servers is not there: run \"make build\""; exit 2; }

tmp=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

has() { command -v "$1" >/dev/null 2>&1; }

# find_clients CLIENT ...: builds those that are written in Go into bin/clients, at the versions of scripts/clients/go.mod, and
# says which of all are not on this machine. One that cannot be built may still be on the PATH. $CLIENTS, where it is set,
# is a folder to take them from instead.
find_clients() {
    if [ -z "${CLIENTS:-}" ]; then
        # Beyond the time there is a network that swallows what is asked.
        (cd scripts/clients && CGO_ENABLED=0 timeout 300 go build -o ../../bin/clients/ tool) >"$tmp/go" 2>&1 ||
            echo "-     vegeta, bombardier and hey cannot be built (the first time takes Go and the network): $(tail -n 1 "$tmp/go")"
    fi
    PATH=${CLIENTS:-$PWD/bin/clients}:$PATH
    for client; do
        has "$client" || echo "-     not on this machine: $client"
    done
}

# start MODEL [PREFIX ...]: starts a server, by a command such as taskset, and sets pid and addr. It fails if the server does not start.
start() {
    model=$1
    shift
    : >"$tmp/ready" # now, for the shell behind & does it when it gets to it
    "$@" "$servers" --model "$model" --addr 127.0.0.1:0 >"$tmp/ready" 2>"$tmp/stderr" &
    pid=$!
    for _ in $(seq 200); do
        grep -q READY "$tmp/ready" && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    addr=$(awk '/^READY/ { print $2 }' "$tmp/ready")
    [ -n "$addr" ] && return
    echo "WRONG $model  does not start: $(cat "$tmp/stderr")"
    kill "$pid" 2>/dev/null
    pid=
    return 1
}

# field KEY ...: reads JSON and prints what follows the last key, each looked for behind the one before it.
field() {
    awk -v keys="$*" '
        { text = text $0 }
        END {
            n = split(keys, key, " ")
            for (k = 1; k <= n; k++) {
                at = index(text, "\"" key[k] "\":")
                if (!at) exit
                text = substr(text, at + length(key[k]) + 3)
            }
            sub(/[,}].*/, "", text)
            print text
        }'
}
