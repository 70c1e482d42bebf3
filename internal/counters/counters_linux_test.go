package counters

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
)

// dropped is the environment variable that makes the test binary give up its privilege and print which counters it can still open.
const dropped = "COUNTERS_DROPPED"

func TestMain(m *testing.M) {
	if os.Getenv(dropped) == "" {
		os.Exit(m.Run())
	}
	const nobody = 65534
	if err := syscall.Setresuid(nobody, nobody, nobody); err != nil {
		panic(err)
	}
	runtime.LockOSThread()
	json.NewEncoder(os.Stdout).Encode(Open().Read())
}

// Without privilege each counter has a reason and what to do about it, and no count of 0.
func TestWithoutPrivilege(t *testing.T) {
	if level, err := paranoid(); os.Geteuid() != 0 || err != nil || level <= 1 {
		t.Skipf("there is no privilege to lose: user %d, kernel.perf_event_paranoid %d, %v", os.Geteuid(), level, err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), dropped+"=1")
	out, err := cmd.CombinedOutput()
	var c result.Counters
	if err != nil || json.Unmarshal(out, &c) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range result.CounterNames {
		if n, counted := c.Counts[name]; counted || !strings.Contains(c.Lacks[name], "run as root") {
			t.Errorf("%s: counted %d (%v), reason %q, want one that says what to do", name, n, counted, c.Lacks[name])
		}
	}
}

// The mount that shows the tracepoints is visible to no other thread.
func TestNothingStaysMounted(t *testing.T) {
	before, _ := os.ReadFile("/proc/self/mounts")
	id, err := uint64(0), error(nil)
	apart(func() { id, err = mounted() })
	if err != nil {
		t.Skip("no tracefs can be mounted here: ", err)
	}
	if id == 0 {
		t.Error("the tracepoint has number 0")
	}
	after, _ := os.ReadFile("/proc/self/mounts")
	if string(before) != string(after) {
		t.Errorf("mounts were %s and are %s", before, after)
	}
	for _, task := range must(os.ReadDir("/proc/self/task")) {
		space, err := os.Readlink(fmt.Sprintf("/proc/self/task/%s/ns/mnt", task.Name()))
		if own := must(os.Readlink("/proc/self/ns/mnt")); err == nil && space != own {
			t.Errorf("thread %s stays in %s, the process is in %s", task.Name(), space, own)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Inherited rejects an unknown name, and a descriptor that is no counter.
func TestInherited(t *testing.T) {
	if _, err := Inherited(map[string]int{"miles": 3}); err == nil || !strings.Contains(err.Error(), "miles") {
		t.Errorf("an unknown name: %v", err)
	}
	plain, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	fd, err := unix.Dup(int(plain.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Inherited(map[string]int{result.Calls: fd}); err == nil || !strings.Contains(err.Error(), "no counter") {
		t.Errorf("a descriptor of something else: %v", err)
	}
}
