package main

import (
	"math/rand/v2"
	"slices"
	"time"

	"carousel/internal/trial"
)

// job is one trial to be done: where it stands in the run, and how long it is measured.
type job struct {
	round, order         int
	cell                 trial.Cell
	warmup, window, wait time.Duration
}

// overhead is what a trial takes besides warm-up and window: a server and a client are started and stopped.
const overhead = 120 * time.Millisecond

// forecast is how long the job will take.
func (j job) forecast() time.Duration {
	if j.cell.Scenario == "thinking" {
		if scenarios["thinking"].expect[j.cell.Model] == fails {
			return overhead + j.wait
		}
		return overhead
	}
	return overhead + j.warmup + j.window
}

// jobs lists every trial of a run in its order, which the seed alone decides: each round holds every cell once, shuffled.
func (p *Plan) jobs(names []string, apart bool, seed uint64) []job {
	var all []job
	for round := 1; round <= p.Rounds; round++ {
		jobs := p.round(names, apart)
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		rng.Shuffle(len(jobs), func(i, k int) { jobs[i], jobs[k] = jobs[k], jobs[i] })
		if round == 1 { // paced cells take their rate from this round's hello
			slices.SortStableFunc(jobs, func(a, b job) int { return paced(a) - paced(b) })
		}
		for _, j := range jobs {
			j.round, j.order = round, len(all)+1
			all = append(all, j)
		}
	}
	return all
}

func paced(j job) int {
	if j.cell.Scenario == "paced" {
		return 1
	}
	return 0
}

// round is every cell once, in the order of the plan. Where server and client cannot be kept apart everything is shared.
func (p *Plan) round(names []string, apart bool) []job {
	var jobs []job
	placement := trial.Split
	if !apart {
		placement = trial.Shared
	}
	control := controlModel(names)
	for _, s := range p.Scenarios {
		add := func(c trial.Cell) {
			c.Scenario = s.Name
			if c.Placement == "" {
				c.Placement = placement
			}
			jobs = append(jobs, job{cell: c, warmup: time.Duration(s.Warmup), window: time.Duration(s.Window), wait: time.Duration(s.Wait)})
		}
		n := s.Connections[0]
		switch s.Name {
		case "hello":
			rivals := append(slices.Clone(names), trial.Null)
			for _, n := range s.Connections {
				for _, model := range rivals {
					add(trial.Cell{Model: model, Connections: n})
				}
			}
			if apart {
				for _, n := range s.Shared {
					for _, model := range rivals {
						add(trial.Cell{Model: model, Connections: n, Placement: trial.Shared})
					}
				}
			}
			add(trial.Cell{Model: control, Connections: reference, Control: true})
		case "spin":
			add(trial.Cell{Model: control, Connections: n})
			add(trial.Cell{Model: control, Connections: n, Engine: "hey"})
			jobs[len(jobs)-1].warmup = 0 // hey cannot leave one out of its figures
		default:
			for _, model := range names {
				add(trial.Cell{Model: model, Connections: n})
			}
		}
	}
	return jobs
}

// controlModel is the model that is measured against itself: epoll where it is, else one that serves many at once.
func controlModel(names []string) string {
	for _, model := range []string{"epoll", "goroutine"} {
		if slices.Contains(names, model) {
			return model
		}
	}
	return names[len(names)-1]
}

// length is the forecast of jobs together, with the gaps between them.
func (p *Plan) length(jobs []job) time.Duration {
	var sum time.Duration
	for _, j := range jobs {
		sum += j.forecast() + time.Duration(p.Gap)
	}
	return sum
}

// pacedRate is the rate all paced cells are offered: half of the slowest model's median at hello, among the models that served
// every connection in the first round; 0 while there is none. It follows from the trials alone, so an interrupted run
// finds it again.
func pacedRate(trials []trial.Trial, placement string) float64 {
	slowest := 0.0
	for _, t := range trials {
		c, l := t.Cell, t.Load
		if t.Round != 1 || c.Scenario != "hello" || c.Connections != reference || c.Placement != placement ||
			c.Control || c.Model == trial.Null {
			continue
		}
		if l == nil || t.Failed != "" || l.RateRPS <= 0 || l.Connections.Answered < int64(c.Connections) {
			continue
		}
		if slowest == 0 || l.RateRPS < slowest {
			slowest = l.RateRPS
		}
	}
	return float64(int64(slowest / 2))
}
