#!/bin/sh
# clients.sh [MODEL ...]: runs other clients against our servers and checks every reply. It lists the clients that this
# machine lacks, and exits with 1 if a reply is wrong. It needs bin/servers (make build) and loads only loopback.
set -u
cd "$(dirname "$0")/.." || exit 2
. scripts/common.sh
[ $# -gt 0 ] || set -- $("$servers" --list | awk '!/unavailable:/ { print $1 }')
wrong=0

# check CLIENT WANT GOT: prints whether a client got the right reply.
check() {
    if [ "$2" = "$3" ]; then
        echo "ok    $model  $1"
    else
        echo "WRONG $model  $1: got '$3', want '$2'"
        wrong=1
    fi
}

with_curl() {
    check curl "Hello world" "$(curl -sS --max-time 10 "$url/")"
    check "curl, twice on a connection" "Hello world Hello world" "$(curl -sS --max-time 10 "$url/" "$url/" | xargs)"
    check "curl, a megabyte" "200 1048576" "$(curl -sS --max-time 20 -o "$tmp/body" -w '%{http_code} %{size_download}' "$url/bytes/1048576")"
    check "curl, its content" "$(awk 'BEGIN { for (i = 0; i < 16384; i++) printf "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }' | cksum)" "$(cksum <"$tmp/body")"
    check "curl, an echo" "xyz" "$(curl -sS --max-time 10 -d xyz "$url/echo")"
    check "curl, a redirect to a picture" "200 16384" "$(curl -sSL --max-time 10 -o "$tmp/body" -w '%{http_code} %{size_download}' "$url/moved/image/3")"
    check "curl, nothing there" "404" "$(curl -sS --max-time 10 -o "$tmp/body" -w '%{http_code}' "$url/nothing")"
}

with_wrk() {
    wrk -t1 -c"$many" -d1s "$url/" >"$tmp/wrk" 2>&1
    check "wrk, $many connections" "answers, no errors" "$(awk '/requests in/ && $1 > 0 { a = "answers" } /Socket errors|Non-2xx/ { e = "errors" } END { print a ", " (e ? e : "no errors") }' "$tmp/wrk")"
}

with_ab() {
    ab -q -k -n 1000 -c "$many" "$url/" >"$tmp/ab" 2>&1
    check "ab -k, $many connections" "1000 complete, 0 failed, 1000 kept" "$(awk '/^Complete requests/ { c = $3 } /^Failed requests/ { f = $3 } /^Keep-Alive requests/ { k = $3 } END { print c " complete, " f " failed, " k " kept" }' "$tmp/ab")"
}

with_h2load() {
    h2load --h1 -n 1000 -c "$many" "$url/" >"$tmp/h2load" 2>&1
    check "h2load --h1, $many connections" "1000 succeeded 1000 2xx" "$(awk '/^requests:/ { s = $8 } /^status codes:/ { t = $3 } END { print s " succeeded " t " 2xx" }' "$tmp/h2load")"
}

with_python3() {
    check "http.client, keep-alive" "three times b'Hello world\\n' on one connection" "$(timeout 20 python3 - "$host" "$port" <<'PYTHON'
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=10)
bodies, sockets = set(), set()
for _ in range(3):
    c.request("GET", "/")
    sockets.add(id(c.sock))
    bodies.add(c.getresponse().read())
print("three times", *bodies, "on one connection" if len(sockets) == 1 and c.sock else "on several")
PYTHON
)"
}

with_nc() {
    case $model in nethttp | fasthttp) echo "-     $model  nc: it does not speak lines"; return ;; esac
    check "nc, two lines" "Hello world Hello world" "$(printf 'one\ntwo\n' | timeout 10 nc -N "$host" "$port" | xargs)"
}

with_hey() {
    # As many for each connection: hey leaves out what remains of the division.
    timeout 60 hey -n 1600 -c "$many" "$url/" >"$tmp/hey" 2>&1
    check "hey, $many connections" "19200 bytes, [200] 1600, no errors" "$(awk '/Total data:/ { b = $3 } $1 ~ /^\[[0-9]+\]$/ && $3 == "responses" { s = s $1 " " $2 ", " } /Error distribution/ { e = "errors" } END { print b " bytes, " s (e ? e : "no errors") }' "$tmp/hey")"
}

with_vegeta() {
    echo "GET $url/" | timeout 60 vegeta attack -rate 500 -duration 1s -workers "$many" -max-workers "$many" | vegeta report -type=json >"$tmp/vegeta" 2>&1
    # How many were sent is vegeta's affair: it leaves out what a stall at the end of the second made late.
    sent=$(field requests <"$tmp/vegeta")
    check "vegeta, at most $many connections" "answers, all 200, $((${sent:-0} * 12)) bytes" "$([ "${sent:-0}" -gt 0 ] && echo answers), $([ "$(field status_codes 200 <"$tmp/vegeta")" = "$sent" ] && echo all 200), $(field bytes_in total <"$tmp/vegeta") bytes"
}

with_bombardier() {
    timeout 60 bombardier -n 1000 -c "$many" --print result --format json "$url/" >"$tmp/bombardier" 2>&1
    check "bombardier, $many connections" "1000 2xx, 77000 bytes, 0 others" "$(field req2xx <"$tmp/bombardier") 2xx, $(field bytesRead <"$tmp/bombardier") bytes, $(field others <"$tmp/bombardier") others"
}

clients="curl wrk ab h2load hey vegeta bombardier python3 nc"
# shellcheck disable=SC2086 # words
find_clients $clients
for model; do
    many=16
    case $model in
    blocking) many=1 ;;
    pool | prefork) many=2 ;; # they have two workers at least
    esac
    start "$model" || { wrong=1; continue; }
    host=${addr%:*} port=${addr##*:} url="http://$addr"
    for client in $clients; do
        has "$client" && "with_$client"
    done
    kill -TERM "$pid"
    wait "$pid"
    check "ends well" 0 $?
    pid=
done
exit $wrong
