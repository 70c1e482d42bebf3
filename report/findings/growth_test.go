package findings

import (
	"math"
	"testing"

	"carousel/internal/result"
	"carousel/report/study"
)

// besides returns six rounds of a model beside each number of silent connections, with the cost of a request in microseconds.
func besides(model string, costs map[int]float64, more func(*result.Trial)) (list []result.Trial) {
	for silent, us := range costs {
		for round := range 6 {
			t := measured(round+1, result.Cell{Model: model, Scenario: "idle", Connections: 50, Idle: silent}, 1000)
			t.Load.TargetCPU.SystemNS = 0
			t.Load.TargetCPU.UserNS = int64(us * 1000 * t.Load.Served() * (1 + 0.01*float64(round-3)))
			if silent > 0 {
				t.Load.Silent = &result.Silent{Open: int64(silent), Before: &result.Memory{User: 8e6, Kernel: 9e7},
					Settled: &result.Memory{User: 8e6 + int64(400*silent), Kernel: 9e7 + int64(9000*silent) + int64(round)}}
			}
			if more != nil {
				more(&t)
			}
			list = append(list, t)
		}
	}
	return list
}

func TestGrowth(t *testing.T) {
	for _, test := range []struct {
		name  string
		costs map[int]float64
		to    int
		slope float64 // µs per 1,000
		shape string
	}{
		{"flat", map[int]float64{0: 6, 1000: 6.1, 5000: 6, 15000: 6.2}, 15000, 0.01, Flat},
		{"as a line", map[int]float64{0: 6, 1000: 16, 5000: 56, 15000: 156}, 15000, 10, Linear},
		{"as a square", map[int]float64{0: 6, 1000: 7, 5000: 31, 15000: 231}, 15000, 15.2, Faster},
		{"as a root", map[int]float64{0: 6, 1000: 38, 5000: 77, 15000: 92}, 15000, 4.9, Slower},
		{"at two numbers", map[int]float64{0: 6, 1000: 16}, 1000, 10, Grows},
		{"at two numbers, flat", map[int]float64{0: 6, 5000: 6}, 5000, 0, Flat},
	} {
		f := find(besides("poll", test.costs, nil))
		if len(f.Growth) != 1 {
			t.Errorf("%s: %+v", test.name, f.Growth)
			continue
		}
		g := f.Growth[0]
		if g.Model != "poll" || g.From != 0 || g.To != test.to || g.Shape != test.shape {
			t.Errorf("%s: %+v, want %s to %d", test.name, g, test.shape, test.to)
		}
		if g.Cost == nil || math.Abs(g.Cost.Value/1000-test.slope) > 0.02*test.slope+0.06 || len(g.Cost.Rounds) != 6 || !(g.Cost.Low <= g.Cost.Value && g.Cost.Value <= g.Cost.High) {
			t.Errorf("%s: %+v, want %v µs", test.name, g.Cost, test.slope)
		}
		if g.User == nil || math.Abs(g.User.Value-400e3) > 1 || g.Kernel == nil || math.Abs(g.Kernel.Value-9e6) > 1e3 {
			t.Errorf("%s: memory grows by %+v and %+v, want 400 kB and 9 MB", test.name, g.User, g.Kernel)
		}
	}
}

// A figure needs that all silent connections were open and all busy ones served.
func TestGrowthOfThoseWhoRefuse(t *testing.T) {
	costs := map[int]float64{0: 6, 1000: 16, 5000: 900}
	refuse := func(t *result.Trial) {
		if t.Cell.Idle == 5000 {
			t.Load.Silent.Refused = 3988
		}
	}
	f := find(besides("select", costs, refuse))
	if len(f.Growth) != 1 || f.Growth[0].To != 1000 || math.Abs(f.Growth[0].Cost.Value-10e3) > 500 {
		t.Errorf("%+v", f.Growth)
	}
	last := f.Cells[len(f.Cells)-1].Models[0]
	if last.Lacks == nil || last.Lacks.Kind != Refused || last.Lacks.Answered != 3988 || last.Lacks.Total != 5000 || last.Lacks.InRounds != 6 {
		t.Errorf("%+v", last.Lacks)
	}
	starve := func(t *result.Trial) {
		if t.Cell.Idle > 0 {
			t.Load.Connections.Answered = 0
		}
	}
	if f := find(besides("pool", costs, starve)); len(f.Growth) != 0 {
		t.Errorf("of one that serves nobody beside silent ones: %+v", f.Growth)
	}
}

// The numbers of clients that stay come from one round, the median one, so they add up.
func TestCrowdIsOfTheMiddleRound(t *testing.T) {
	list := flat(result.Cell{Model: "pool", Scenario: "ceiling", Connections: 100}, 1)
	for i, served := range []int{5, 1, 9, 3, 7, 100} {
		list[i].Load, list[i].Ceiling = nil, []result.Crowd{{Connections: 100, Served: served, Broken: 100 - served, BrokenBy: map[string]int{result.Reset: 100 - served}}}
	}
	m := find(list).Cells[0].Models[0]
	if len(m.Crowds) != 1 || m.Crowds[0].Served != 5 || m.Crowds[0].BrokenBy[result.Reset] != 95 {
		t.Errorf("%+v", m.Crowds)
	}
	for i := range list {
		list[i].Cell.Scenario, list[i].Exhaust, list[i].Ceiling = "exhaust", &result.Exhaust{Crowd: list[i].Ceiling[0], BusyShare: 0.5, Recovered: true, RecoveryNS: 3e6}, nil
		if i < 3 {
			list[i].Exhaust.Ended, list[i].Exhaust.Recovered = "exit status 1", false
		}
	}
	m = find(list).Cells[0].Models[0]
	if m.Ended != "" || len(m.Figures[study.Full].Rounds) != 3 || m.Figures[study.Recovery].Value != 3e6 {
		t.Errorf("ended in half: %q, %+v", m.Ended, m.Figures)
	}
	list[3].Exhaust.Ended = "exit status 1"
	if m = find(list).Cells[0].Models[0]; m.Ended != "exit status 1" {
		t.Errorf("ended in most: %q", m.Ended)
	}
}
