#!/bin/sh
# agree.sh [MODEL ...]: checks that other load generators measure the same rate and median response time as loadgen, of
# the same running server (default epoll). It exits with 1 if one of them differs by more than 5 %. They take
# turns in $ROUNDS rounds (5) of $LENGTH seconds each (2), in a new random order every round, and ratios are taken within rounds,
# so that a disturbance of the machine affects all alike. loadgen takes part twice: any difference between the two is chance.
# It needs bin/servers and bin/loadgen (make build) and loads only loopback, for a minute and a half per model.
set -u
cd "$(dirname "$0")/.." || exit 2
. scripts/common.sh
loadgen=${LOADGEN:-bin/loadgen}
[ -x "$loadgen" ] || { echo "$loadgen is not there: run \"make build\""; exit 2; }
rounds=${ROUNDS:-5} length=${LENGTH:-2}
for n in "$rounds" "$length"; do
    [ "$n" -ge 1 ] 2>/dev/null || { echo "ROUNDS and LENGTH are whole numbers from 1 on, not \"$n\""; exit 2; }
done
[ $# -gt 0 ] || set -- epoll
for model; do
    [ "$model" = blocking ] && { echo "blocking serves one connection at a time, so nothing is measured over 16: name another model"; exit 2; }
done

# The server is the bottleneck: it works for a millisecond per request while others wait, so that no client sets the pace,
# and neither side is ever without work for so long that its processor falls asleep, whose waking would be measured instead.
closed=/spin/1ms
# At a fixed rate, half of what it can serve, it does sleep between requests. So it works for longer: twenty milliseconds, beside which
# it is little that vegeta's times hold some tenths of a millisecond more than the wire's, those of a client that has just woken up.
open=/spin/20ms rate=25

# by_TOOL: loads the server and prints its requests per second and its p50 in milliseconds, or nothing if a request failed or it has no figures.

by_loadgen() {
    load "$loadgen" -q -o "$tmp/record" -c 16 -d "${length}s" "$url$closed"
    loadgen_says latency_ns
}

by_wrk() {
    load wrk -t1 -c16 -d"${length}s" --latency "$url$closed"
    awk '
        /Socket errors|Non-2xx/ { bad = 1 }
        $1 == "50%" { p50 = $2 * ($2 ~ /us$/ ? 0.001 : $2 ~ /ms$/ ? 1 : 1000) }
        $1 == "Requests/sec:" { rate = $2 }
        END { if (!bad && rate > 0 && p50 > 0) print rate, p50 }' "$tmp/out"
}

# Its own rate is a mean of samples of 10 ms, so it is taken from the counts.
by_bombardier() {
    load bombardier -c 16 -d "${length}s" --latencies --print result --format json "$url$closed"
    for n in req1xx req3xx req4xx req5xx others; do
        [ "$(field "$n" <"$tmp/out")" = 0 ] || return
    done
    echo "$(field req2xx <"$tmp/out") $(field timeTakenSeconds <"$tmp/out") $(field latency percentiles 50 <"$tmp/out")" |
        awk '$1 + 0 > 0 && $2 + 0 > 0 && $3 + 0 > 0 { print $1 / $2, $3 / 1000 }'
}

# It prints tenths of a millisecond: of some sixteen that is less than a per cent.
by_hey() {
    load hey -c 16 -z "${length}s" "$url$closed"
    awk '
        /Error distribution/ || $1 ~ /^\[[0-9]+\]$/ && $3 == "responses" && $1 != "[200]" { bad = 1 }
        $1 ~ /^50%+$/ { p50 = 1000 * $3 }
        $1 == "Requests/sec:" { rate = $2 }
        END { if (!bad && rate > 0 && p50 > 0) print rate, p50 }' "$tmp/out"
}

# vegeta times a request from when it sends it, not from when it was due: that is what loadgen calls service time.
by_paced_loadgen() {
    load "$loadgen" -q -o "$tmp/record" -c 16 -d "${length}s" -r "$rate" "$url$open"
    loadgen_says service_ns
}

# Its time ends with its last reply, most of a gap before loadgen's does, so its rate is up to one request per run higher.
by_vegeta() {
    echo "GET $url$open" >"$tmp/target"
    load vegeta attack -targets "$tmp/target" -output "$tmp/results" -rate "$rate" -duration "${length}s" -keepalive -workers 16 -max-workers 16
    vegeta report -type=json "$tmp/results" >>"$tmp/out" 2>&1
    sent=$(field requests <"$tmp/out")
    [ "$(field status_codes 200 <"$tmp/out")" = "$sent" ] || return
    echo "$(field throughput <"$tmp/out") $(field latencies 50th <"$tmp/out")" | awk '$1 + 0 > 0 && $2 + 0 > 0 { print $1, $2 / 1e6 }'
}

# loadgen_says TIME: what by_loadgen prints, by its response time or service time.
loadgen_says() {
    [ "$(field requests errors <"$tmp/record") $(field requests unanswered <"$tmp/record")" = "0 0" ] || return
    echo "$(field window rate_rps <"$tmp/record") $(field "$1" p50 <"$tmp/record")" | awk '$1 + 0 > 0 && $2 + 0 > 0 { print $1, $2 / 1e6 }'
}

# load COMMAND ...: runs a client on its processor. What it prints is in $tmp/out.
load() {
    : >"$tmp/record"
    # shellcheck disable=SC2086 # words, or none
    timeout $((length + 30)) $client_on "$@" >"$tmp/out" 2>&1
}

# table LOADGEN WHAT TOOL ...: what tools found in the rounds, against what loadgen did. It fails if one differs.
table() {
    awk -v base="$1" -v what="$2" -v tools="$3" '
        function sort(a, n,    i, k, x) {
            for (i = 2; i <= n; i++) {
                x = a[i]
                for (k = i - 1; k > 0 && a[k] > x; k--) a[k + 1] = a[k]
                a[k + 1] = x
            }
        }
        function median(a, n) { sort(a, n); return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2 }
        # column gives the ratios of a figure as text and notes in far whether their median is too far from 1.
        function column(tool, figure,    r, n, a, m) {
            for (r = 1; r <= last; r++)
                if ((r, tool, figure) in found && (r, base, figure) in found)
                    a[++n] = found[r, tool, figure] / found[r, base, figure]
            if (!n) return "-"
            m = median(a, n)
            if (m < 0.95 || m > 1.05) far = far " " figure
            return sprintf("%.3f [%.3f..%.3f]", m, a[1], a[n])
        }
        { found[$1, $2, "rate"] = $3; found[$1, $2, "p50"] = $4; last = $1 }
        $2 == base { rate[++n] = $3; p50[n] = $4 }
        END {
            if (!n) exit 1
            printf "%s: loadgen finds %.4g/s, p50 %.4g ms\n", what, median(rate, n), median(p50, n)
            printf "  %-16s%-24s%s\n", "against it", "rate", "p50"
            count = split(tools, tool, " ")
            for (k = 1; k <= count; k++) {
                far = ""
                name = tool[k] ~ /^again_/ ? "loadgen again" : tool[k]
                line = sprintf("  %-16s%-24s%-24s", name, column(tool[k], "rate"), column(tool[k], "p50"))
                if (far != "") {
                    line = line "DIFFERS:" far
                    if (tool[k] ~ /^again_/) line = line " (the machine is too restless to tell: try again, or with more ROUNDS)"
                    bad = 1
                }
                sub(/ +$/, "", line)
                print line
            }
            exit bad
        }' "$tmp/figures"
}

wrong=0
server_on="" client_on=""
if taskset -c 0 true 2>/dev/null && taskset -c 1 true 2>/dev/null; then
    server_on="taskset -c 0" client_on="taskset -c 1"
else
    echo "-     not on two processors of their own: server and clients"
fi
find_clients wrk bombardier hey vegeta
in_closed=again_loadgen in_open=again_paced_loadgen
for client in wrk bombardier hey; do
    has "$client" && in_closed="$in_closed $client"
done
has vegeta && in_open="$in_open vegeta"

echo "Ratios are medians of the rounds ($rounds, of $length s a client); in brackets are the lowest and the highest."
for model; do
    # shellcheck disable=SC2086 # words, or none
    start "$model" $server_on || { wrong=1; continue; }
    url="http://$addr"
    : >"$tmp/figures"
    for round in $(seq "$rounds"); do
        # shellcheck disable=SC2086 # words
        for tool in $(shuf -e loadgen paced_loadgen $in_closed $in_open); do
            figures=$("by_${tool#again_}")
            if [ -n "$figures" ]; then
                echo "$round $tool $figures" >>"$tmp/figures"
            else
                echo "WRONG $model  ${tool#again_} in round $round gives no figures, since requests failed, or it withholds them, or its words are not known here:"
                sed 's/^/      /' "$tmp/out" | tail -n 15
                wrong=1
            fi
        done
    done
    echo
    table loadgen "$model, $closed over 16 connections" "$in_closed" || wrong=1
    table paced_loadgen "$model, $open at $rate a second" "$in_open" || wrong=1
    kill -TERM "$pid"
    wait "$pid"
    pid=
done
exit $wrong
