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
	a := Snapshot{total: 100, busy: 50, steal: 5, drops: 7, retransmits: 3, syns: 1, throttled: 2, lost: 5, programs: map[int]int64{renumbered: 9e9, ended: 1e9, works: 2e9}}
	b := Snapshot{total: 110, busy: 55, steal: 6, drops: 10, retransmits: 9, syns: 3, throttled: 4, lost: 9, programs: map[int]int64{renumbered: 1e9, works: 5e9, new: 4e9}}
	if got, want := a.Until(b), (Delta{AllNS: 10e9, ProgramsNS: 7e9, BusyShare: 0.5, StealShare: 0.1, ListenDrops: 3, Retransmits: 6, SynRetransmits: 2, Throttled: 2, ThrottledNS: 4}); got != want {
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

// fullQueue returns the address of a socket that accepts nothing and whose queue is full.
func fullQueue(t *testing.T) (addr string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
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
	addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*unix.SockaddrInet4).Port))
	full, err := net.Dial("tcp", addr) // a backlog of 0 holds one
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { full.Close() })
	return addr
}

// The kernel counts a drop at the first SYN, so the test does not wait for retries. It tries again because drops of other programs may be
// counted meanwhile.
func TestTakeSeesDrops(t *testing.T) {
	addr := fullQueue(t)
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

// A connect to a full queue retries after a second.
func TestTakeSeesRetransmits(t *testing.T) {
	before := Take()
	if c, err := net.DialTimeout("tcp", fullQueue(t), 1500*time.Millisecond); err == nil {
		c.Close()
		t.Fatal("the queue is not full")
	}
	if d := before.Until(Take()); d.SynRetransmits < 1 || d.Retransmits < d.SynRetransmits {
		t.Errorf("%d retransmits, %d of them to connect", d.Retransmits, d.SynRetransmits)
	}
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

// control makes a tree of control groups in files.
func control(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestThrottled(t *testing.T) {
	root := control(t, map[string]string{
		"cpu.stat":         "usage_usec 9\n",
		"two/cpu.stat":     "usage_usec 9\nnr_periods 7\nnr_throttled 3\nthrottled_usec 20\n",
		"two/in/cpu.stat":  "nr_throttled 1\nthrottled_usec 5\n",
		"cpu/one/cpu.stat": "nr_periods 7\nnr_throttled 2\nthrottled_time 12345\n",
	})
	for _, c := range []struct {
		name          string
		groups        []procfs.Cgroup
		periods, lost int64
	}{
		{"no group", nil, 0, 0},
		{"version 2", []procfs.Cgroup{{Path: "/two"}}, 3, 20_000},
		{"a parent's too", []procfs.Cgroup{{Path: "/two/in"}}, 4, 25_000},
		{"one that is elsewhere", []procfs.Cgroup{{Path: "/three"}}, 0, 0},
		{"version 1", []procfs.Cgroup{{HierarchyID: 2, Controllers: []string{"cpu"}, Path: "/one"}, {Path: "/"}}, 2, 12_345},
		{"another controller", []procfs.Cgroup{{HierarchyID: 2, Controllers: []string{"memory"}, Path: "/one"}}, 0, 0},
	} {
		if periods, lost := throttled(root, c.groups); periods != c.periods || lost != c.lost {
			t.Errorf("%s: %d periods, %d ns; want %d, %d", c.name, periods, lost, c.periods, c.lost)
		}
	}
}

func TestQuota(t *testing.T) {
	root := control(t, map[string]string{
		"two/cpu.max":                 "150000 100000\n",
		"free/cpu.max":                "max 100000\n",
		"two/three/free/cpu.max":      "max 100000\n",
		"two/wide/cpu.max":            "800000 100000\n",
		"cpu/one/cpu.cfs_quota_us":    "50000\n",
		"cpu/one/cpu.cfs_period_us":   "100000\n",
		"cpu/noone/cpu.cfs_quota_us":  "-1\n",
		"cpu/noone/cpu.cfs_period_us": "100000\n",
	})
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
