package compare

import (
	"strings"
	"testing"
)

// FuzzGate reads what it wrote, and takes nothing that is no ratio.
func FuzzGate(f *testing.F) {
	for _, seed := range []string{"worse_ratio>1.03", " RATE_RATIO <= 97% ", "p99_ratio>", "p99>5ms", "worse_ratio>1e9", "worse_ratio>.", "worse_ratio>=-1", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		g, err := ParseGate(expr)
		if err != nil {
			return
		}
		if !(g.limit > 0) || g.Expr != strings.TrimSpace(expr) {
			t.Fatalf("%q: %+v", expr, g)
		}
		again, err := ParseGate(g.Expr)
		if err != nil || again != g {
			t.Fatalf("%q: %+v, again %+v, %v", expr, g, again, err)
		}
	})
}

// FuzzFields reads any plan, and finds no difference between a plan and itself with other rounds.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{"window: 1s\nscenarios:\n- name: hello\n  window: 2s\nservers:\n- name: mine\n  command: x: y\n", "- name\n", "servers:\n  url: x", "a:\n  b: c\nscenarios:\n  d: e\n", ": :\n-\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, plan string) {
		measured, servers := fields(plan)
		again, others := fields("rounds: 7\n" + plan)
		if d := append(diff(Plan, measured, again), diff(Plan, servers, others)...); len(d) > 0 {
			t.Fatalf("%q: %v", plan, d)
		}
	})
}
