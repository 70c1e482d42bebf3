#!/bin/sh
# doctor.sh checks whether this machine would distort a run. It changes nothing, needs no root and takes about a second.
#
# Each finding is a line: ok or warn, the subject, the value, and what to do about it. It omits what it cannot
# read. The exit code is 0 whatever it finds, 2 for a wrong command line.
set -u

if [ $# -gt 0 ]; then
    echo "usage: scripts/doctor.sh    (no arguments; prints one finding per line)" >&2
    exit 2
fi

root=${DOCTOR_ROOT:-} # where /proc and /sys are, for tests
cpu_dir=$root/sys/devices/system/cpu

# say ok|warn what found what-to-do
say() { printf '%-4s  %-14s  %-30s  %s\n' "$@"; }

# judge "a <= b" what found what-to-do: ok if awk finds the condition true.
judge() {
    if awk "BEGIN { exit !($1) }"; then
        say ok "$2" "$3" ""
    else
        say warn "$2" "$3" "$4"
    fi | sed 's/ *$//'
}

# value FILE: its first line, nothing if it cannot be read.
value() { head -n 1 "$1" 2>/dev/null; }

# jiffies: busy, steal and total of all processors, then one line for each process: pid, name, time.
jiffies() {
    awk '$1 == "cpu" { print "cpu", $2 + $3 + $4 + $7 + $8, $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' "$root/proc/stat"
    cat "$root"/proc/[0-9]*/stat 2>/dev/null | awk '
        {
            pid = $1; name = $0; rest = $0
            sub(/^[^(]*\(/, "", name); sub(/\)[^)]*$/, "", name); gsub(/[ \t]/, "_", name)
            sub(/^.*\) /, "", rest); split(rest, field, " ")
            print pid, name, field[12] + field[13]
        }'
}

descriptors() {
    # shellcheck disable=SC3045 # -S and -H are no POSIX, but every shell that is a /bin/sh has them
    soft=$(ulimit -Sn) hard=$(ulimit -Hn)
    [ "$hard" = unlimited ] && hard=1073741816
    judge "$hard >= 4096" descriptors "$soft, may be raised to $hard" \
        "5000 connections need about 5100: raise the hard limit (as root: ulimit -Hn 65536, or limits.conf)"
}

processors() {
    allowed=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
    judge "$allowed >= 2" processors "$allowed" \
        "server and client share it: only the shared placement means anything"

    cores=$(cat "$cpu_dir"/cpu[0-9]*/topology/thread_siblings_list 2>/dev/null | sort -u | wc -l)
    [ "$cores" -gt 0 ] && judge "$cores >= 2 || $allowed < 2" cores "$cores" \
        "the processors are hardware threads of one core, so server and client slow each other down"
}

clock() {
    governor=$(value "$cpu_dir/cpu0/cpufreq/scaling_governor")
    [ -n "$governor" ] && judge "\"$governor\" == \"performance\"" governor "$governor" \
        "clock speed follows load: as root, cpupower frequency-set -g performance"

    turbo=$(value "$cpu_dir/cpufreq/boost")
    case $(value "$cpu_dir/intel_pstate/no_turbo") in 0) turbo=1 ;; 1) turbo=0 ;; esac
    [ -n "$turbo" ] && judge "$turbo == 0" turbo "$([ "$turbo" = 1 ] && echo on || echo off)" \
        "clock speed follows temperature: as root, echo 1 > .../intel_pstate/no_turbo or echo 0 > .../cpufreq/boost"

    source=$(value "$root/sys/devices/system/clocksource/clocksource0/current_clocksource")
    [ -n "$source" ] && judge "\"$source\" !~ /^(hpet|acpi_pm|jiffies|refined-jiffies)\$/" "clock source" "$source" \
        "reading the time costs a system call: boot with clocksource=tsc if the machine allows"
}

sockets() {
    range=$(value "$root/proc/sys/net/ipv4/ip_local_port_range")
    [ -n "$range" ] && judge "$(echo "$range" | awk '{ print $2 - $1 }') >= 10000" ports "$(echo "$range" | awk '{ print $1 "-" $2 }')" \
        "too few for many connections: as root, sysctl -w net.ipv4.ip_local_port_range='15000 64999'"

    waiting=$(awk '$1 == "TCP:" { for (i = 2; i < NF; i += 2) if ($i == "tw") print $(i + 1) }' "$root/proc/net/sockstat" 2>/dev/null)
    [ -n "$waiting" ] && judge "$waiting < 5000" "ports waiting" "$waiting in TIME_WAIT" \
        "left by an earlier run: wait a minute"

    backlog=$(value "$root/proc/sys/net/core/somaxconn")
    [ -n "$backlog" ] && judge "$backlog >= 1024" somaxconn "$backlog" \
        "connections that come at once are turned away: as root, sysctl -w net.core.somaxconn=4096"
}

memory() {
    free=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' "$root/proc/meminfo" 2>/dev/null)
    [ -n "$free" ] && judge "$free >= 1024" memory "$free MiB free" \
        "less than 1 GiB: end programs that you do not need"
}

quota() {
    group=$(awk -F: '$1 == 0 { print $3 }' "$root/proc/self/cgroup" 2>/dev/null)
    limit=$(value "$root/sys/fs/cgroup$group/cpu.max")
    old=$(awk -F: '$2 ~ /(^|,)cpu(,|$)/ { print $3 }' "$root/proc/self/cgroup" 2>/dev/null)
    [ -n "$limit" ] || limit="$(value "$root/sys/fs/cgroup/cpu$old/cpu.cfs_quota_us") $(value "$root/sys/fs/cgroup/cpu$old/cpu.cfs_period_us")"
    case $limit in
    ' ') ;; # no control groups here
    max* | -1*) say ok "cgroup quota" none "" | sed 's/ *$//' ;;
    *) say warn "cgroup quota" "$(echo "$limit" | awk '{ printf "%g processors", $1 / $2 }')" \
        "the kernel stops the programs in the middle of a window: run outside this container, or lift its limit" ;;
    esac
}

counting() {
    level=$(value "$root/proc/sys/kernel/perf_event_paranoid")
    rights=$(awk '$1 == "CapEff:" { print $2 }' "$root/proc/self/status" 2>/dev/null)
    if [ -z "$level" ]; then
        say warn "system calls" "not counted" "the kernel has no perf events: scenario calls says n/a"
    elif [ $((0x${rights:-0} >> 21 & 1)) = 1 ]; then # CAP_SYS_ADMIN, which also mounts what lists the tracepoints
        say ok "system calls" "can be counted" ""
    elif [ "$level" -gt 1 ]; then
        say warn "system calls" "not counted" \
            "perf_event_paranoid is $level: run as root, or as root sysctl -w kernel.perf_event_paranoid=1"
    elif [ ! -r "$root/sys/kernel/tracing/events/raw_syscalls/sys_enter/id" ]; then
        say warn "system calls" "not counted" \
            "tracepoints cannot be read: run as root, or as root mount -t tracefs -o mode=755 tracefs /sys/kernel/tracing"
    else
        say ok "system calls" "can be counted" ""
    fi | sed 's/ *$//'
}

neighbours() {
    load=$(awk '{ print $1 }' "$root/proc/loadavg")
    count=$(grep -c '^cpu[0-9]' "$root/proc/stat")
    judge "$load <= 0.25 * $count" "load average" "$load on $count processors" \
        "somebody is at work: wait, or end it"

    before=$(jiffies)
    sleep 1
    after=$(jiffies)
    shares=$(printf '%s\n' "$before" "$after" | awk '
        $1 == "cpu" { if (seen++) { t = $4 - t; if (t > 0) print 100 * ($2 - b) / t, 100 * ($3 - s) / t; else print 0, 0 } b = $2; s = $3; t = $4 }')
    judge "${shares% *} <= 10" busy "$(printf '%.0f %% for one second' "${shares% *}")" \
        "what is measured shares the processors with this: end it"
    judge "${shares#* } <= 2" steal "$(printf '%.1f %% for one second' "${shares#* }")" \
        "the hypervisor gives our time to others: another hour or another machine"

    printf '%s\n' "$before" "$after" | awk '
        $1 == "cpu" { part++; next }
        part == 1 { then[$1] = $3 }
        part == 2 && ($1 in then) && $3 - then[$1] >= 5 { print $3 - then[$1], $2, $1 }' | sort -rn | head -n 3 |
        while read -r used name pid; do
            say warn "busy process" "$name ($pid), $used % of one" "end it, or wait for it"
        done
}

descriptors
processors
if [ -r "$root/proc/stat" ]; then
    clock
    sockets
    memory
    quota
    counting
    neighbours
else
    say warn system "$(uname -s)" "detailed checks need Linux, and only there do all models run"
fi
exit 0
