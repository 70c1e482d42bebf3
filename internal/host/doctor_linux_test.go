package host

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const doctor = "../../scripts/doctor.sh"

// machines are the files of /proc and /sys on a machine that is fit and on one that is not.
var machines = map[string]map[string]string{
	"fit": {
		"proc/stat": "cpu  100 0 50 900 0 0 0 0 0 0\ncpu0 50 0 25 450 0 0 0 0 0 0\ncpu1 50 0 25 450 0 0 0 0 0 0\n",
		"sys/devices/system/cpu/cpu0/topology/thread_siblings_list":       "0\n",
		"sys/devices/system/cpu/cpu1/topology/thread_siblings_list":       "1\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":            "performance\n",
		"sys/devices/system/cpu/intel_pstate/no_turbo":                    "1\n",
		"sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
		"proc/sys/net/ipv4/ip_local_port_range":                           "32768\t60999\n",
		"proc/net/sockstat":                                               "sockets: used 9\nTCP: inuse 5 orphan 0 tw 3 alloc 6 mem 1\n",
		"proc/sys/net/core/somaxconn":                                     "4096\n",
		"proc/meminfo":                                                    "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n",
		"proc/self/cgroup":                                                "0::/mine\n",
		"sys/fs/cgroup/mine/cpu.max":                                      "max 100000\n",
		"proc/self/status":                                                "CapEff:\t000001ffffffffff\n",
		"proc/sys/kernel/perf_event_paranoid":                             "2\n",
		"proc/loadavg":                                                    "0.10 0.20 0.30 1/100 4711\n",
	},
	"unfit": {
		"proc/stat": "cpu  100 0 50 900 0 0 0 0 0 0\ncpu0 50 0 25 450 0 0 0 0 0 0\ncpu1 50 0 25 450 0 0 0 0 0 0\n",
		"sys/devices/system/cpu/cpu0/topology/thread_siblings_list":       "0-1\n",
		"sys/devices/system/cpu/cpu1/topology/thread_siblings_list":       "0-1\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":            "powersave\n",
		"sys/devices/system/cpu/cpufreq/boost":                            "1\n",
		"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n",
		"proc/sys/net/ipv4/ip_local_port_range":                           "60000\t60999\n",
		"proc/net/sockstat":                                               "sockets: used 9\nTCP: inuse 5 orphan 0 tw 20000 alloc 6 mem 1\n",
		"proc/sys/net/core/somaxconn":                                     "128\n",
		"proc/meminfo":                                                    "MemTotal: 9000000 kB\nMemAvailable: 80000 kB\n",
		"proc/self/cgroup":                                                "2:cpu,cpuacct:/mine\n0::/\n",
		"sys/fs/cgroup/cpu/mine/cpu.cfs_quota_us":                         "50000\n",
		"sys/fs/cgroup/cpu/mine/cpu.cfs_period_us":                        "100000\n",
		"proc/self/status":                                                "CapEff:\t0000000000000000\n",
		"proc/sys/kernel/perf_event_paranoid":                             "2\n",
		"proc/loadavg":                                                    "1.90 0.20 0.30 1/100 4711\n",
	},
}

// finding is one of the doctor's lines; columns are separated by at least two spaces.
var finding = regexp.MustCompile(`(?m)^(ok|warn) +(\S+(?: \S+)*)  +(\S+(?: \S+)*)(?:  +(\S.*\S))?$`)

func TestDoctor(t *testing.T) {
	for name, files := range machines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := laidOut(t, files)
			verdict := map[string]string{"fit": "ok", "unfit": "warn"}[name]
			want := []string{}
			for _, what := range []string{"cgroup quota", "clock source", "cores", "governor", "load average", "memory", "ports",
				"ports waiting", "somaxconn", "system calls", "turbo"} {
				want = append(want, verdict+" "+what)
			}
			got := []string{}
			for _, f := range examine(t, "DOCTOR_ROOT="+root) {
				// These come from the shell, from nproc, and from reading a file twice that does not change here.
				if !slices.Contains([]string{"descriptors", "processors", "busy", "steal"}, f[2]) {
					got = append(got, f[1]+" "+f[2])
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// laidOut returns a folder with the files of a machine.
func laidOut(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// The doctor reports whether the user can count system calls, and else why not.
func TestDoctorCounts(t *testing.T) {
	const rights, level, listed = "proc/self/status", "proc/sys/kernel/perf_event_paranoid", "sys/kernel/tracing/events/raw_syscalls/sys_enter/id"
	for name, c := range map[string]struct {
		files  map[string]string
		advice string
	}{
		"root":                {map[string]string{rights: "CapEff:\t000001ffffffffff\n", level: "4\n"}, ""},
		"root of a container": {map[string]string{rights: "CapEff:\t00000000a80425fb\n", level: "2\n"}, "perf_event_paranoid is 2"},
		"permitted":           {map[string]string{rights: "CapEff:\t0000000000000000\n", level: "-1\n", listed: "411\n"}, ""},
		"no tracepoints":      {map[string]string{rights: "CapEff:\t0000000000000000\n", level: "1\n"}, "mount -t tracefs"},
		"no perf events":      {map[string]string{rights: "CapEff:\t000001ffffffffff\n"}, "no perf events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(machines["fit"])
			delete(files, level)
			maps.Copy(files, c.files)
			for _, f := range examine(t, "DOCTOR_ROOT="+laidOut(t, files)) {
				if f[2] != "system calls" {
					continue
				}
				if (f[1] == "ok") != (c.advice == "") || !strings.Contains(f[4], c.advice) {
					t.Errorf("it says %q, want %q", f[0], c.advice)
				}
				return
			}
			t.Error("it says nothing")
		})
	}
}

func TestDoctorHere(t *testing.T) {
	var seen []string
	for _, f := range examine(t) {
		seen = append(seen, f[2])
	}
	for _, what := range []string{"descriptors", "processors", "ports", "somaxconn", "memory", "load average", "busy", "steal", "system calls"} {
		if !slices.Contains(seen, what) {
			t.Errorf("%s was not looked at; seen: %q", what, seen)
		}
	}
	if err := exec.Command("sh", doctor, "--help").Run(); err == nil || err.(*exec.ExitError).ExitCode() != 2 {
		t.Errorf("an argument ends it with %v, want exit code 2", err)
	}
}

// examine runs the doctor and returns its findings; a warning without advice or a line of another form is an error.
func examine(t *testing.T, env ...string) [][]string {
	t.Helper()
	cmd := exec.Command("sh", doctor)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v, %s", err, out)
	}
	findings := finding.FindAllStringSubmatch(string(out), -1)
	text := ""
	for _, f := range findings {
		if (f[1] == "warn") != (f[4] != "") {
			t.Errorf("advice and verdict do not go together: %q", f[0])
		}
		text += f[0] + "\n"
	}
	if diff := cmp.Diff(text, string(out)); diff != "" {
		t.Errorf("lines of another form (-form +out):\n%s", diff)
	}
	return findings
}
