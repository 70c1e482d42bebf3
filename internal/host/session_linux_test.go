package host

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// sleeper is a child that leads a session of its own.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

// share returns number and nice value of the session of a process.
func share(pid int) string { return read(fmt.Sprintf("/proc/%d/autogroup", pid)) }

// A session is raised if that is permitted, and else stays as it is. The session of this process never changes.
func TestRaiseSession(t *testing.T) {
	ours := share(os.Getpid())
	child := sleeper(t).Process.Pid
	before := share(child)
	err := RaiseSession(child)
	switch after := share(child); {
	case err == nil && !strings.HasSuffix(after, " nice -19"):
		t.Errorf("raised, the session is %q", after)
	case err != nil && after != before:
		t.Errorf("%v, and the session was %q and is %q", err, before, after)
	case err == nil && before == ours:
		t.Errorf("a session of its own is %q as ours is", before)
	}
	if now := share(os.Getpid()); now != ours {
		t.Errorf("the session of this process was %q and is %q", ours, now)
	}
}

// Without permission the text is the same every time, because a run is compared by it.
func TestSessionShare(t *testing.T) {
	one, two := SessionShare(sleeper(t).Process.Pid), SessionShare(sleeper(t).Process.Pid)
	if one != two || one == "" || one != "-19" && !strings.HasPrefix(one, "not raised: ") {
		t.Errorf("of two sessions it says %q and %q", one, two)
	}
	gone := sleeper(t)
	gone.Process.Kill()
	gone.Wait()
	for _, pid := range []int{gone.Process.Pid, 1 << 30} {
		err := RaiseSession(pid)
		if err == nil || strings.Contains(err.Error(), fmt.Sprint(pid)) {
			t.Errorf("process %d is no more: %v", pid, err)
		}
		if text := SessionShare(pid); text != "not raised: "+err.Error() {
			t.Errorf("process %d is no more: %q", pid, text)
		}
	}
}
