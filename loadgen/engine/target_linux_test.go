package engine

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// A target that ends during the run has no processor time in the record, which has the reason instead.
func TestTargetThatEnds(t *testing.T) {
	for _, engine := range engines() {
		target := exec.Command("cat")
		in, err := target.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := target.Start(); err != nil {
			t.Fatal(err)
		}
		end := sync.OnceFunc(func() { in.Close(); target.Wait() })
		defer end()
		srv := serve(t, "127.0.0.1:0", func(p *peer) {
			if p.request() {
				end() // between the two readings of its processor time
				fmt.Fprint(p, hello)
				say(hello)(p)
			}
		})
		s := load("http://" + srv.addr + "/")
		s.Engine, s.PID, s.Duration, s.Requests = engine, target.Process.Pid, 0, 100
		if l := carryOut(t, s); l.TargetCPU != nil || !strings.Contains(l.TargetCPULacks, "no such process") {
			t.Errorf("%s: target %+v, lacks %q", engine, l.TargetCPU, l.TargetCPULacks)
		}
	}
}
