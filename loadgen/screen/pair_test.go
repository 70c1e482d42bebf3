package screen

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"carousel/internal/golden"
	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/loadgen/kept"
	"carousel/loadgen/verdict"
)

// pairOf returns two runs of example; change alters the second.
func pairOf(t *testing.T, change func(a, b *kept.Record)) *kept.Pair {
	t.Helper()
	record := func(name string, began time.Time) kept.Record {
		l := example(t)
		l.Window.Start, l.TargetCPU = began, &usage.CPU{UserNS: 80e6, SystemNS: 70e6}
		l.Series = &result.Series{BinNS: 100e6}
		for i := range int64(20) {
			l.Series.Replies, l.Series.BusyNS = append(l.Series.Replies, 1000+i), append(l.Series.BusyNS, 1)
		}
		return kept.Record{Name: name, Load: l}
	}
	began := time.Date(2026, 11, 27, 20, 0, 0, 0, time.UTC)
	a, b := record("before.json", began), record("after.json", began.Add(5*time.Minute))
	change(&a, &b)
	for _, r := range []kept.Record{a, b} {
		r.Load.Verdict = verdict.Judge(r.Load)
		r.Load.Annotate()
	}
	p, err := kept.Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPair(t *testing.T) {
	for name, change := range map[string]func(a, b *kept.Record){
		"pair.txt": func(a, b *kept.Record) {
			b.Load.RateRPS *= 1.25
			b.Load.Spec.Target, b.Load.Spec.Seed = "http://10.0.0.7:8080/", 7
			b.Load.Requests.OK -= 2
			b.Load.Requests.Errors, b.Load.Errors = 2, map[string]int64{"status-503": 2}
		},
		"pair-doubt.txt": func(a, b *kept.Record) {
			a.Name = "results of a night with a name that is very long indeed.json"
			a.Load.TargetCPU = nil
			b.Load.Complete = false
			b.Load.Window.Start = a.Load.Window.Start.Add(time.Second)
			starve(b.Load)
		},
	} {
		var b strings.Builder
		if err := Pair(&b, "loadgen compare a b", pairOf(t, change), false); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, name, b.String())
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > terminal {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	}
}
