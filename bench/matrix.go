package main

import (
	"math/rand/v2"
	"slices"
	"time"

	"carousel/internal/result"
)

// job is one trial to be done: where it stands in the run, and how long it is measured.
type job struct {
	round, order         int
	cell                 result.Cell
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
	if j.cell.Scenario == "download" { // its files are removed, and not every mode is done in its time
		return overhead + 3*j.window/2
	}
	return overhead + j.warmup + j.window
}

// jobs lists every trial of a run in its order, which the seed alone decides: each round holds every cell once, shuffled.
func (p *Plan) jobs(names []string, apart bool, seed uint64) []job {
	var all []job
	for round := 1; round <= int(p.Rounds); round++ {
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
	placement := result.Split
	if !apart {
		placement = result.Shared
	}
	for _, s := range p.Scenarios {
		models := p.taking(s.Models, names)
		if len(models) == 0 {
			continue
		}
		control := controlModel(models)
		add := func(c result.Cell) {
			c.Scenario = s.Name
			if c.Placement == "" {
				c.Placement = placement
			}
			jobs = append(jobs, job{cell: c, warmup: time.Duration(*s.Warmup), window: time.Duration(s.Window), wait: time.Duration(s.Wait)})
		}
		n := s.Connections[0]
		switch s.Name {
		case "hello":
			for _, n := range s.Connections {
				for _, model := range append(models, result.Null) {
					add(result.Cell{Model: model, Connections: n})
				}
			}
			if apart {
				for _, n := range s.Shared {
					for _, model := range append(p.taking(s.SharedModels, models), result.Null) {
						add(result.Cell{Model: model, Connections: n, Placement: result.Shared})
					}
				}
			}
			add(result.Cell{Model: control, Connections: reference, Control: true})
		case "spin":
			add(result.Cell{Model: control, Connections: n})
			add(result.Cell{Model: control, Connections: n, Engine: "hey"})
			jobs[len(jobs)-1].warmup = 0 // hey cannot leave one out of its figures
		case "download":
			for _, model := range models {
				add(result.Cell{Model: model, Connections: 1, RateRPS: downloadRate, Mode: result.OneByOne})
				add(result.Cell{Model: model, Connections: n, RateRPS: downloadRate, Mode: result.AllAtOnce})
				add(result.Cell{Model: model, Connections: n, RateRPS: downloadRate, Mode: result.Inline})
			}
		default:
			for _, model := range models {
				add(result.Cell{Model: model, Connections: n})
			}
		}
	}
	return jobs
}

// taking are those of names that a list of the plan lets take part: all where it is empty, and always the servers of the user's own.
func (p *Plan) taking(list, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		own := slices.ContainsFunc(p.Servers, func(g Guest) bool { return g.Name == name })
		return len(list) > 0 && !own && !slices.Contains(list, name)
	})
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

// pacedRate is the rate all paced cells are offered: half the slowest model's rate, among the models that served every connection
// of the reference level in the first round; 0 while there is none. A model's rate is its median over the levels of a
// few connections and more, so that one disturbed trial does not decide it. It follows from the trials alone, so an
// interrupted run finds it again.
func pacedRate(trials []result.Trial, placement string) float64 {
	rates, served := map[string][]float64{}, map[string]bool{}
	for _, t := range trials {
		c, l := t.Cell, t.Load
		if t.Round != 1 || c.Scenario != "hello" || c.Connections < few || c.Placement != placement || c.Control || c.Model == result.Null ||
			l == nil || t.Failed != "" || l.RateRPS <= 0 || l.Connections.Answered < int64(c.Connections) {
			continue
		}
		rates[c.Model] = append(rates[c.Model], l.RateRPS)
		served[c.Model] = served[c.Model] || c.Connections == reference
	}
	slowest := 0.0
	for model, all := range rates {
		if rate := median(all); served[model] && (slowest == 0 || rate < slowest) {
			slowest = rate
		}
	}
	return float64(int64(slowest / 2))
}

// median is the middle one of rates, of which there is one at least, or the lower of the two in the middle.
func median(rates []float64) float64 {
	return slices.Sorted(slices.Values(rates))[(len(rates)-1)/2]
}
