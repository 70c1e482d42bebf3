package study

import (
	"testing"
	"time"

	"carousel/internal/result"
)

func TestDid(t *testing.T) {
	cell := func(scenario string, n int) result.Cell {
		return result.Cell{Model: "select", Scenario: scenario, Connections: n}
	}
	with := func(list []result.Trial, how int, change func(*result.Trial)) []result.Trial {
		for i := range how {
			change(&list[i])
		}
		return list
	}
	starve := func(t *result.Trial) { t.Load.Connections.Answered = 1 }
	serveSome := func(t *result.Trial) { t.Load.Connections.Answered, t.Load.Connections.Asked = 38, 38 }
	refuse := func(t *result.Trial) { t.Load.Errors = map[string]int64{"status-503": 3} }
	fail := func(t *result.Trial) { t.Load, t.Failed = nil, "the server ended" }
	paced := cell("paced", 64)
	paced.RateRPS = 1000
	slow := func(ns int64) func(*result.Trial) {
		return func(t *result.Trial) { t.Load.Latency.P99, t.Load.Requests.OK = ns, 1000 }
	}
	reference := paced
	reference.Model = "epoll"
	beside := with(flat(reference, 1000), 6, slow(100))
	probes := func(unanswered int) []result.Trial {
		list := flat(cell("thinking", 64), 1)
		for i := range list {
			list[i].Load, list[i].Probe = nil, &result.Probe{Silent: 64, Limit: 64, Answered: i >= unanswered}
		}
		return list
	}
	saving := cell("download", 20)
	saving.RateRPS, saving.Mode = 1000, result.Inline
	serve := func(n int64) func(*result.Trial) {
		return func(t *result.Trial) { t.Load.Connections.Answered, t.Load.Connections.Asked = n, 20 }
	}
	for _, test := range []struct {
		name     string
		scenario string
		trials   []result.Trial
		want     string
	}{
		{"hello, all served", "hello", flat(cell("hello", 64), 10), Fine},
		{"hello, starved in half", "hello", with(flat(cell("hello", 64), 10), 3, starve), Fine},
		{"hello, starved in most", "hello", with(flat(cell("hello", 64), 10), 4, starve), Degrades},
		{"hello, turned away", "hello", with(flat(cell("hello", 64), 10), 4, refuse), Refuses},
		{"hello, turned away in half", "hello", with(flat(cell("hello", 64), 10), 3, refuse), Fine},
		{"paced, kept up", "paced", with(flat(paced, 1000), 6, slow(200)), Fine},
		{"paced, slow", "paced", with(flat(paced, 1000), 6, slow(201)), Degrades},
		{"paced, behind", "paced", flat(paced, 899), Fails},
		{"paced, too slowly for all to be asked", "paced", with(flat(paced, 1000), 6, serveSome), Fine},
		{"paced, starved in half", "paced", with(flat(paced, 1000), 3, starve), Fine},
		{"paced, starved in most", "paced", with(flat(paced, 1000), 4, starve), Fails},
		{"thinking, half", "thinking", probes(3), Fine},
		{"thinking, most", "thinking", probes(4), Fails},
		{"block, one at a time", "block", flat(cell("block", 64), 199), Fails},
		{"block, a few", "block", flat(cell("block", 64), 200), Degrades},
		{"block, half of the ideal", "block", flat(cell("block", 64), 3200), Fine},
		{"sleep, starved in most", "sleep", with(flat(cell("sleep", 64), 6400), 4, starve), Fails},
		{"download, all served", "download", flat(saving, 1000), Fine},
		{"download, starved in half", "download", with(flat(saving, 1000), 3, serve(19)), Fine},
		{"download, starved in most", "download", with(flat(saving, 1000), 4, serve(19)), Degrades},
		{"download, few served in most", "download", with(flat(saving, 1000), 4, serve(10)), Fails},
		{"download, few served in half, and not all in most", "download", with(with(flat(saving, 1000), 4, serve(19)), 3, serve(10)), Degrades},
		{"failed in most", "hello", with(flat(cell("hello", 64), 10), 4, fail), ""},
		{"failed in half", "hello", with(flat(cell("hello", 64), 10), 3, fail), Fine},
		{"nothing measured", "sleep", flat(cell("block", 64), 1), ""},
	} {
		if got := study(test.trials, beside).Did(test.scenario, "select"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestDelayIsTheOneAskedFor(t *testing.T) {
	list := flat(result.Cell{Model: "epoll", Scenario: "block", Connections: 4}, 1)
	if d := study(list).Find("block", "")[0].Delay(); d != 10*time.Millisecond {
		t.Errorf("without a path the delay is %v, want 10ms", d)
	}
	list[0].Load.Spec = result.Spec{Target: "http://127.0.0.1:5000/block/25ms"}
	g := study(list).Find("block", "")[0]
	if d := g.Delay(); d != 25*time.Millisecond {
		t.Errorf("the delay is %v, want 25ms", d)
	}
	if one, all := g.Ideals(); one != 40 || all != 160 {
		t.Errorf("ideals are %v and %v, want 40 and 160", one, all)
	}
}
