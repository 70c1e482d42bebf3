package findings

import (
	"testing"

	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/usage"
)

func TestDid(t *testing.T) {
	cell := func(scenario string, n int) result.Cell {
		return result.Cell{Model: "select", Scenario: scenario, Connections: n}
	}
	starve := func(t *result.Trial) { t.Load.Connections.Answered = 1 }
	serveSome := func(t *result.Trial) { t.Load.Connections.Answered, t.Load.Connections.Used = 38, 38 }
	refuse := func(t *result.Trial) { t.Load.Errors = map[string]int64{"status-503": 3} }
	fail := func(t *result.Trial) { t.Load, t.Failed = nil, "the server ended" }
	paced := cell("paced", 64)
	paced.RateRPS = 1000
	slow := func(ns int64) func(*result.Trial) {
		return func(t *result.Trial) { t.Load.Latency.P99, t.Load.Requests.OK = ns, 1000 }
	}
	reference := paced
	reference.Model = "epoll"
	beside := change(flat(reference, 1000), 6, slow(100))
	probes := func(unanswered int) []result.Trial {
		list := flat(cell("thinking", 64), 1)
		for i := range list {
			list[i].Load, list[i].Probe = nil, &result.Probe{Silent: 64, Limit: 64, Answered: i >= unanswered}
		}
		return list
	}
	crowds := func(served, refused, brokenInMost int) []result.Trial { // of 4,000 clients; all others are broken, and in four rounds brokenInMost more
		list := flat(cell("ceiling", 4000), 1)
		for i := range list {
			c := result.Crowd{Connections: 4000, Served: served, Refused: refused}
			if i < 4 {
				c.Served -= brokenInMost
			}
			c.Broken = 4000 - c.Served - c.Refused
			list[i].Load, list[i].Ceiling = nil, []result.Crowd{{Connections: 900, Served: 900}, c}
		}
		return list
	}
	full := func(n int, more func(*result.Exhaust)) []result.Trial {
		list := flat(cell("exhaust", 200), 1)
		for i := range list {
			list[i].Load, list[i].Exhaust = nil, &result.Exhaust{Crowd: result.Crowd{Connections: 200, Served: 53, Refused: 147}, BusyShare: 0.001, Recovered: true, RecoveryNS: 5e6}
			if i < n {
				more(list[i].Exhaust)
			}
		}
		return list
	}
	silent := func(beside int, times float64, more func(*result.Trial)) []result.Trial {
		list := flat(cell("idle", 50), 1000)
		c := cell("idle", 50)
		c.Idle = beside
		list = append(list, flat(c, 1000)...)
		for i := range list[6:] {
			t := &list[6+i]
			t.Load.TargetCPU.UserNS, t.Load.TargetCPU.SystemNS = int64(times*float64(t.Load.TargetCPU.UserNS)), int64(times*float64(t.Load.TargetCPU.SystemNS))
			t.Load.Silent = &result.Silent{Open: int64(beside)}
			if more != nil && i < 4 {
				more(t)
			}
		}
		return list
	}
	costly := func(name string, n int, times float64) []result.Trial { // beside the reference, at times its cost
		list := flat(cell(name, n), 1000)
		for i := range list {
			list[i].Load.TargetCPU = &usage.CPU{UserNS: int64(times * 1e6)}
		}
		other := cell(name, n)
		other.Model = "epoll"
		for _, t := range flat(other, 1000) {
			t.Load.TargetCPU = &usage.CPU{UserNS: 1e6}
			list = append(list, t)
		}
		return list
	}
	beaten := func(name string, ns, replies int64) []result.Trial { // ns is the response time of the small requests
		list := flat(cell(name, 16), 1000)
		for i := range list {
			l := list[i].Load
			l.Requests.OK, l.Latency = replies, result.Latency{P50: ns, P90: ns, P99: ns}
			if replies < 1000 {
				l.Latency.Withheld = map[string]string{"p99": "too few", "p90": "too few"}
			}
			if name == "compute" {
				l.Paths = []result.PathLatency{{Path: "/spin/20ms", Latency: result.Latency{P99: 1}}, {Path: "/", Count: replies, Latency: l.Latency}}
			} else {
				list[i].Second = &result.Second{Load: &result.Load{RateRPS: 1}}
			}
		}
		return list
	}
	saving := cell("download", 20)
	saving.RateRPS, saving.Mode = 1000, result.Inline
	serve := func(n int64) func(*result.Trial) {
		return func(t *result.Trial) { t.Load.Connections.Answered, t.Load.Connections.Used = n, 20 }
	}
	for _, test := range []struct {
		name     string
		scenario string
		trials   []result.Trial
		want     string
	}{
		{"hello, all served", "hello", flat(cell("hello", 64), 10), scenario.Fine},
		{"hello, starved in half", "hello", change(flat(cell("hello", 64), 10), 3, starve), scenario.Fine},
		{"hello, starved in most", "hello", change(flat(cell("hello", 64), 10), 4, starve), scenario.Degrades},
		{"hello, turned away", "hello", change(flat(cell("hello", 64), 10), 4, refuse), scenario.Refuses},
		{"hello, turned away in half", "hello", change(flat(cell("hello", 64), 10), 3, refuse), scenario.Fine},
		{"paced, kept up", "paced", change(flat(paced, 1000), 6, slow(200)), scenario.Fine},
		{"paced, slow", "paced", change(flat(paced, 1000), 6, slow(201)), scenario.Degrades},
		{"paced, behind", "paced", flat(paced, 899), scenario.Fails},
		{"paced, too slowly for all to be asked", "paced", change(flat(paced, 1000), 6, serveSome), scenario.Fine},
		{"paced, starved in half", "paced", change(flat(paced, 1000), 3, starve), scenario.Fine},
		{"paced, starved in most", "paced", change(flat(paced, 1000), 4, starve), scenario.Fails},
		{"thinking, half", "thinking", probes(3), scenario.Fine},
		{"thinking, most", "thinking", probes(4), scenario.Fails},
		{"block, one at a time", "block", flat(cell("block", 64), 199), scenario.Fails},
		{"block, a few", "block", flat(cell("block", 64), 200), scenario.Degrades},
		{"block, half of the ideal", "block", flat(cell("block", 64), 3200), scenario.Fine},
		{"sleep, starved in most", "sleep", change(flat(cell("sleep", 64), 6400), 4, starve), scenario.Fails},
		{"download, all served", "download", flat(saving, 1000), scenario.Fine},
		{"download, starved in half", "download", change(flat(saving, 1000), 3, serve(19)), scenario.Fine},
		{"download, starved in most", "download", change(flat(saving, 1000), 4, serve(19)), scenario.Degrades},
		{"download, few served in most", "download", change(flat(saving, 1000), 4, serve(10)), scenario.Fails},
		{"download, few served in half, and not all in most", "download", change(change(flat(saving, 1000), 4, serve(19)), 3, serve(10)), scenario.Degrades},
		{"failed in most", "hello", change(flat(cell("hello", 64), 10), 4, fail), ""},
		{"failed in half", "hello", change(flat(cell("hello", 64), 10), 3, fail), scenario.Fine},
		{"thinking, turned away", "thinking", change(probes(6), 4, func(t *result.Trial) { t.Probe.Status = 503 }), scenario.Refuses},
		{"thinking, turned away in half", "thinking", change(probes(6), 3, func(t *result.Trial) { t.Probe.Status = 503 }), scenario.Fails},
		{"ceiling, all served", "ceiling", crowds(4000, 0, 0), scenario.Fine},
		{"ceiling, some refused", "ceiling", crowds(1012, 2988, 0), scenario.Refuses},
		{"ceiling, some refused and one broken in most", "ceiling", crowds(1012, 2988, 1), scenario.Degrades},
		{"ceiling, half broken in most", "ceiling", crowds(4000, 0, 2000), scenario.Fails},
		{"ceiling, not quite half", "ceiling", crowds(4000, 0, 1999), scenario.Degrades},
		{"exhaust, calm", "exhaust", full(0, nil), scenario.Fine},
		{"exhaust, burns in most", "exhaust", full(4, func(x *result.Exhaust) { x.BusyShare = 0.11 }), scenario.Degrades},
		{"exhaust, burns in few", "exhaust", full(2, func(x *result.Exhaust) { x.BusyShare = 0.9 }), scenario.Fine},
		{"exhaust, slow to recover", "exhaust", full(4, func(x *result.Exhaust) { x.RecoveryNS = 11e8 }), scenario.Degrades},
		{"exhaust, does not recover", "exhaust", full(4, func(x *result.Exhaust) { x.Recovered, x.RecoveryNS = false, 5e9 }), scenario.Fails},
		{"exhaust, ends", "exhaust", full(4, func(x *result.Exhaust) { x.Recovered, x.Ended = false, "exit status 1" }), scenario.Fails},
		{"idle, flat", "idle", silent(15000, 1.4, nil), scenario.Fine},
		{"idle, grows", "idle", silent(15000, 1.6, nil), scenario.Degrades},
		{"idle, silent ones turned away", "idle", silent(15000, 1.6, func(t *result.Trial) { t.Load.Silent.Refused = 5 }), scenario.Refuses},
		{"idle, busy ones turned away", "idle", silent(15000, 1, refuse), scenario.Refuses},
		{"idle, starved in most", "idle", silent(15000, 1, starve), scenario.Fails},
		{"churn, as dear as the reference", "churn", costly("churn", 64, 1.09), scenario.Fine},
		{"churn, dear", "churn", costly("churn", 64, 1.2), scenario.Degrades},
		{"churn, too dear", "churn", costly("churn", 64, 2.1), scenario.Fails},
		{"flood, patient", "flood", beaten("flood", 25e6, 5000), scenario.Fine},
		{"flood, not", "flood", beaten("flood", 26e6, 5000), scenario.Degrades},
		{"flood, too few to tell more than the median", "flood", beaten("flood", 26e6, 30), scenario.Degrades},
		{"flood, starved in most", "flood", change(beaten("flood", 1e6, 5000), 4, starve), scenario.Fails},
		{"slowreader, slow", "slowreader", beaten("slowreader", 26e6, 5000), scenario.Degrades},
		{"compute, patient", "compute", beaten("compute", 8e6, 5000), scenario.Fine},
		{"compute, taken off", "compute", beaten("compute", 10e6, 5000), scenario.Degrades},
		{"compute, all of it", "compute", beaten("compute", 18e6, 5000), scenario.Fails},
		{"nothing measured", "sleep", flat(cell("block", 64), 1), ""},
	} {
		if got, _ := run(test.trials, beside).outcome(scenario.Find(test.scenario), "select"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestDelayIsTheOneAskedFor(t *testing.T) {
	list := flat(result.Cell{Model: "epoll", Scenario: "block", Connections: 4}, 1)
	if c := find(list).Cells[0]; c.DelayNS != 10e6 {
		t.Errorf("without a path the delay is %d ns, want 10 ms", c.DelayNS)
	}
	list[0].Load.Spec = result.Spec{Target: "http://127.0.0.1:5000/block/25ms"}
	if c := find(list).Cells[0]; c.DelayNS != 25e6 || c.One != 40 || c.All != 160 {
		t.Errorf("the delay is %d ns, and ideals are %v and %v, want 25 ms, 40 and 160", c.DelayNS, c.One, c.All)
	}
}
