package study

import (
	"testing"

	"carousel/internal/result"
)

// The ways in which a trial of `epoll` goes wrong.
var wrongs = map[string]struct {
	spoil    func(*result.Trial)
	standing Standing // of a cell in which most trials do
}{
	"starved": {func(t *result.Trial) {
		t.Load.Connections.Answered, t.Load.Verdict.State, t.Load.RateRPS = 11, "invalid", 9
	}, Starved},
	"not applicable": {func(t *result.Trial) { t.Load, t.NA = nil, "no /" }, NotApplicable},
	"failed":         {func(t *result.Trial) { t.Load, t.Failed = nil, "the server ended" }, TooFew},
	"invalid":        {func(t *result.Trial) { t.Load.Verdict.State = "invalid" }, TooFew},
}

// TestMostRoundsDecide holds every rule about a model to the majority of its rounds: one bad trial condemns nobody, and one good
// trial saves nobody.
func TestMostRoundsDecide(t *testing.T) {
	for name, wrong := range wrongs {
		for bad, want := range map[int]Standing{1: Ranked, 2: Ranked, 4: wrong.standing, 5: wrong.standing} {
			list := flat(hello("epoll", 64), 100)
			for i := range bad {
				wrong.spoil(&list[i])
			}
			g := study(list, flat(hello("select", 64), 50)).Main()
			if got := g.Cell("epoll").Standing(Rate); got != want {
				t.Errorf("%s in %d of 6: epoll stands %v, want %v", name, bad, got, want)
			}
			if want == Ranked {
				if sum := g.Cell("epoll").Summary(Rate); sum.Low != 100 || sum.N != 6-bad {
					t.Errorf("%s in %d of 6: the rate is %+v, want that of the %d good trials", name, bad, sum, 6-bad)
				}
				if best := g.Rank(Rate).Best(); len(best) != 1 || best[0].Cell.Model != "epoll" {
					t.Errorf("%s in %d of 6: the best are %v, want epoll, which is twice as fast whenever it was measured", name, bad, best)
				}
			}
		}
	}
}

func TestAControlJudgesNoModel(t *testing.T) {
	for name, wrong := range wrongs {
		again := flat(hello("epoll", 64), 100)
		for i := range again {
			again[i].Cell.Control = true
			wrong.spoil(&again[i])
		}
		s := study(flat(hello("epoll", 64), 100), again, flat(hello("select", 64), 50), flat(hello("select", 256), 50))
		c := s.At("hello", 64, result.Split).Cell("epoll")
		if c.Standing(Rate) != Ranked || len(c.Trials) != 6 || len(c.Failed) != 0 || c.Invalid != 0 {
			t.Errorf("%s controls: epoll stands %v by %d trials, %d failed, %d invalid; want all 6 counted", name, c.Standing(Rate), len(c.Trials), len(c.Failed), c.Invalid)
		}
		if s.Main().Connections != 64 {
			t.Errorf("%s controls: the headline is about %d connections, want those that were measured twice", name, s.Main().Connections)
		}
	}
}

func TestMostRoundsBear(t *testing.T) {
	probes := func(model string, unanswered int) []result.Trial {
		list := flat(result.Cell{Model: model, Scenario: "thinking", Connections: 64}, 1)
		for i := range list {
			list[i].Load, list[i].Probe = nil, &result.Probe{Silent: 64, Limit: 64, Answered: i >= unanswered}
		}
		return list
	}
	all, some := study(probes("blocking", 5), probes("select", 3), probes("epoll", 1)).Find("thinking", "")[0].Bearing()
	if len(some) != 1 || some[0].Model != "blocking" || len(all) != 2 {
		t.Errorf("%d bear silence and %d do not, want 2 and blocking", len(all), len(some))
	}
}

func TestASoleRankedModelHasWonNothing(t *testing.T) {
	for name, wrong := range wrongs {
		others := flat(hello("select", 64), 50)
		for i := range others {
			wrong.spoil(&others[i])
		}
		if best := study(flat(hello("epoll", 64), 100), others).Main().Rank(Rate).Best(); len(best) != 0 {
			t.Errorf("all others are %s: %s wins", name, best[0].Cell.Model)
		}
	}
	fast := flat(hello("select", 64), 99)
	if best := study(flat(hello("epoll", 64), 50), fast, flat(hello(result.Null, 64), 100)).Main().Rank(Rate).Best(); len(best) != 0 {
		t.Errorf("%s wins over one that the client holds back", best[0].Cell.Model)
	}
}
