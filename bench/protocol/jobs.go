package protocol

import (
	"math/rand/v2"
	"slices"
	"time"

	"carousel/bench/plan"
	"carousel/internal/result"
)

// Job is a cell of one round, with its place in the run.
type Job struct {
	plan.Cell
	Round, Order int     // from 1
	Seed         uint64  // of all that is random in it
	Cycles       int     // where the servers take turns
	Rate         float64 // offered requests per second, where a rule gives it
}

// Slice is the length of a short slice. A long one is three times as long.
const Slice = 25 * time.Millisecond

// What a job takes besides its load, with room to spare. Measured on two processors.
const (
	startCell       = 200 * time.Millisecond // start and stop of all servers, side by side, and of loadgen
	startServer     = 20 * time.Millisecond
	startConnection = 40 * time.Microsecond
	warmGuest       = 1500 * time.Millisecond // until its rate is steady
	betweenSlices   = 3 * time.Millisecond    // until all replies are in and the server is idle
	startTrial      = 120 * time.Millisecond  // of a server that does not take turns
	startSecond     = 250 * time.Millisecond  // start and end of a second client
	playScript      = 200 * time.Millisecond  // of a script, until its trace is saved
	openCrowd       = 300 * time.Millisecond  // of the connections of thinking, ceiling or exhaust
	openSilent      = 90 * time.Microsecond   // open and close of one silent connection, by loadgen
	memoryRest      = 300 * time.Millisecond  // until memory is steady, before and after they are opened
)

// Jobs lists the jobs of a run: each round has the cells that are due in it, shuffled. The order depends on the seed alone.
func Jobs(cells []plan.Cell, rounds int, seed uint64) (all []Job) {
	for round := 1; round <= rounds; round++ {
		var jobs []Job
		for _, c := range cells {
			if (round-1)%c.Every == 0 {
				jobs = append(jobs, Job{Cell: c})
			}
		}
		random := rand.New(rand.NewPCG(seed, uint64(round)))
		random.Shuffle(len(jobs), func(i, k int) { jobs[i], jobs[k] = jobs[k], jobs[i] })
		if round == 1 { // the rate of a rule follows from hello in this round
			slices.SortStableFunc(jobs, func(a, b Job) int { return hasRule(a) - hasRule(b) })
		}
		for _, j := range jobs {
			j.Round, j.Order, j.Seed = round, len(all)+1, random.Uint64()>>32
			all = append(all, j)
		}
	}
	return all
}

// hasRule returns 1 for a job with a rule, else 0.
func hasRule(j Job) int {
	if j.Common.Rule != "" {
		return 1
	}
	return 0
}

// Trials returns the empty records of a job, one for each trial. Where servers take turns each record has their number, so that a cell whose
// lines were cut off is noticed.
func (j Job) Trials(started time.Time) (trials []result.Trial) {
	cells := j.Cell.Trials()
	for i, c := range cells {
		if c.Rule != "" {
			c.RateRPS = j.Rate
		}
		t := result.Trial{Schema: result.Schema, Round: j.Round, Order: j.Order, Cell: c, Started: started}
		if j.InTurns() {
			t.Turns = &result.Turns{Servers: len(cells), Place: i + 1, Seed: j.Seed, Slices: []result.Slice{},
				Verdict: result.Verdict{State: result.Valid, Reasons: []result.Reason{}}}
		}
		trials = append(trials, t)
	}
	return trials
}

// fixedTime forecasts the part of the job that does not depend on its cycles.
func (j Job) fixedTime() time.Duration {
	n := time.Duration(len(j.Cell.Trials()))
	guests := time.Duration(j.Guests)
	switch {
	case j.InTurns():
		connections := n * time.Duration(j.Common.Connections)
		return startCell + n*(startServer+max(Slice, j.Warmup)) + connections*startConnection + guests*warmGuest
	case j.Scenario.Name == "exhaust": // no requests are sent in the window
		return n*(startTrial+j.Window) + j.Wait
	case j.Scenario.Traced:
		return n * (startTrial + playScript)
	case j.Scenario.Probe:
		return n*(startTrial+openCrowd) + j.Wait
	}
	each := startTrial + j.Warmup + j.Window
	if silent := time.Duration(j.Common.Idle); silent > 0 {
		each += silent*openSilent + memoryRest
	}
	if len(j.Scenario.SecondClient) > 0 {
		each += startSecond
	}
	if len(j.Scenario.Modes) > 0 { // its files are removed, and some modes take longer than the window
		each += j.Window / 2
	}
	return n * each
}

// pairTime forecasts a short and a long cycle; it is 0 where servers do not take turns.
func (j Job) pairTime() time.Duration {
	if !j.InTurns() {
		return 0
	}
	return time.Duration(len(j.Cell.Trials())) * (4*Slice + 2*betweenSlices)
}

// Forecast returns how long the job will take.
func (j Job) Forecast() time.Duration { return j.fixedTime() + time.Duration(j.Cycles/2)*j.pairTime() }

// TotalForecast returns the sum of the forecasts of jobs.
func TotalForecast(jobs []Job) (sum time.Duration) {
	for _, j := range jobs {
		sum += j.Forecast()
	}
	return sum
}
