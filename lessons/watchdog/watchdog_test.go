package watchdog

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const endless = "WATCHDOG_ENDLESS"

func TestMain(m *testing.M) {
	if os.Getenv(endless) != "" {
		start("Nothing", time.Millisecond)()
		start("Ride", 10*time.Millisecond)
		for began := time.Now(); time.Since(began) < 20*time.Second; {
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A watchdog ends a loop without end and names it; one that was stopped does nothing.
func TestStart(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), endless+"=1")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.HasPrefix(string(out), "--- FAIL: Ride has not returned after 10ms") {
		t.Errorf("%v, %s", err, out)
	}
}
