package host

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

func TestUntil(t *testing.T) {
	const renumbered, ended, works, new = 1, 2, 3, 4
	a := Snapshot{total: 100, busy: 50, steal: 5, drops: 7, programs: map[int]int64{renumbered: 9e9, ended: 1e9, works: 2e9}}
	b := Snapshot{total: 110, busy: 55, steal: 6, drops: 10, programs: map[int]int64{renumbered: 1e9, works: 5e9, new: 4e9}}
	if got, want := a.Until(b), (Delta{AllNS: 10e9, ProgramsNS: 7e9, BusyShare: 0.5, StealShare: 0.1, ListenDrops: 3}); got != want {
		t.Errorf("Until = %+v, want %+v", got, want)
	}
	busy := Snapshot{total: a.total + 0.1, busy: a.busy + 0.1000000001, steal: a.steal - 0.01}
	if got := a.Until(busy); got.BusyShare != 1 || got.StealShare != 0 {
		t.Errorf("sums that were rounded apart make shares of %+v", got)
	}
	if got := a.Until(a); got != (Delta{}) {
		t.Errorf("in no time %+v happened", got)
	}
}

func TestBeside(t *testing.T) {
	busy := Delta{AllNS: 4e9, BusyShare: 0.75}
	for _, c := range []struct {
		delta Delta
		known int64
		want  float64
	}{
		{busy, 0, 0.75},
		{busy, 1e9, 0.5},
		{busy, 3e9, 0},
		{busy, 4e9, 0}, // clocks of nanoseconds may be ahead of ticks
		{Delta{AllNS: 4e9}, 1e6, 0},
		{Delta{}, 1e9, 0},
		{Delta{AllNS: 4e9, BusyShare: 0.25, ProgramsNS: 3e9}, 1e9, 0.5}, // unseen by ticks
		{Delta{AllNS: 4e9, BusyShare: 0.75, ProgramsNS: 1e9}, 1e9, 0.5}, // ended
	} {
		if got := c.delta.Beside(c.known); got != c.want {
			t.Errorf("%+v beside %d ns is %v, want %v", c.delta, c.known, got, c.want)
		}
	}
}

func TestTakeSeesWork(t *testing.T) {
	before := TakeAll()
	burn(100 * time.Millisecond)
	after := TakeAll()
	if d := before.Until(after); d.StealShare < 0 || d.StealShare > 1 || d.BusyShare <= 0 || d.BusyShare > 1 {
		t.Errorf("shares out of range after 100 ms of work: %+v", d)
	}
	if d := before.Until(after); d.ProgramsNS < 50e6 {
		t.Errorf("100 ms of work were %d ns of all programs", d.ProgramsNS)
	}
	if total := after.total - before.total; total < 0.08 {
		t.Errorf("100 ms of work were %.2f s of all processors' time", total)
	}
}

// TestTakeSeesDrops fills the queue of a socket that nobody accepts from. The kernel counts a connection it turned
// away at the first try already, so no retry is waited for. Somebody else's may come in between, hence another try.
func TestTakeSeesDrops(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*unix.SockaddrInet4).Port))
	full, err := net.Dial("tcp", addr) // a backlog of 0 holds one
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	var drops int64
	for range 5 {
		before := Take()
		for range 3 {
			if c, err := net.DialTimeout("tcp", addr, 50*time.Millisecond); err == nil {
				defer c.Close()
			}
		}
		if drops = before.Until(Take()).ListenDrops; drops == 3 {
			return
		}
	}
	t.Errorf("3 connections to a full queue: %d drops", drops)
}

func TestCPUs(t *testing.T) {
	cpus := CPUs()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil || len(cpus) != set.Count() || len(cpus) == 0 {
		t.Fatalf("CPUs = %v of %d, %v", cpus, set.Count(), err)
	}
	for _, cpu := range cpus {
		if !set.IsSet(cpu) || slices.Contains(Siblings(cpu), cpu) {
			t.Errorf("processor %d: allowed %v, siblings %v", cpu, set.IsSet(cpu), Siblings(cpu))
		}
	}
	if got := Siblings(1 << 20); got != nil {
		t.Errorf("a processor that is not there has siblings %v", got)
	}
}

func TestParseList(t *testing.T) {
	for text, want := range map[string][]int{
		"0":         {0},
		"0-2,8":     {0, 1, 2, 8},
		"3,1":       {3, 1},
		"":          nil,
		"0-":        nil,
		"x":         nil,
		"0-9999999": nil,
	} {
		if got := parseList(text); !slices.Equal(got, want) {
			t.Errorf("parseList(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestFDLimit(t *testing.T) {
	soft, hard, err := FDLimit()
	if err != nil || soft == 0 || soft > hard {
		t.Errorf("FDLimit = %d, %d, %v", soft, hard, err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("GOGC", "37")
	env := Environment()
	if env["gogc"] != "37" {
		t.Errorf("gogc is %q", env["gogc"])
	}
	for _, name := range []string{"os", "arch", "go", "gomaxprocs", "cpus", "cpus_allowed", "descriptors", "descriptors_hard",
		"kernel", "load_average", "memory_bytes", "somaxconn", "ip_local_port_range", "cgroup_cpus"} {
		if env[name] == "" {
			t.Errorf("%s is not known", name)
		}
	}
	for name, value := range env {
		if value == "" {
			t.Errorf("%s is there but empty", name)
		}
	}
}

func TestQuota(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{
		"two/cpu.max":                 "150000 100000\n",
		"free/cpu.max":                "max 100000\n",
		"two/three/free/cpu.max":      "max 100000\n",
		"two/wide/cpu.max":            "800000 100000\n",
		"cpu/one/cpu.cfs_quota_us":    "50000\n",
		"cpu/one/cpu.cfs_period_us":   "100000\n",
		"cpu/noone/cpu.cfs_quota_us":  "-1\n",
		"cpu/noone/cpu.cfs_period_us": "100000\n",
	} {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	v1 := []string{"cpu", "cpuacct"}
	for _, c := range []struct {
		name   string
		groups []procfs.Cgroup
		want   string
	}{
		{"no group", nil, "unlimited"},
		{"version 2", []procfs.Cgroup{{Path: "/two"}}, "1.5"},
		{"version 2 without a limit", []procfs.Cgroup{{Path: "/free"}}, "unlimited"},
		{"a parent's", []procfs.Cgroup{{Path: "/two/three/free"}}, "1.5"},
		{"the tightest", []procfs.Cgroup{{Path: "/two/wide"}}, "1.5"},
		{"version 1", []procfs.Cgroup{{HierarchyID: 2, Controllers: v1, Path: "/one"}, {Path: "/"}}, "0.5"},
		{"version 1 without a limit", []procfs.Cgroup{{HierarchyID: 2, Controllers: v1, Path: "/noone"}}, "unlimited"},
		{"another controller", []procfs.Cgroup{{HierarchyID: 2, Controllers: []string{"memory"}, Path: "/one"}}, "unlimited"},
	} {
		if got := quota(root, c.groups); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
