package protocol

import (
	"math/rand/v2"
	"slices"
	"time"

	"carousel/bench/plan"
	"carousel/internal/result"
)

// Job is a cell to be measured in a round: where it stands in the run, and with what.
type Job struct {
	plan.Cell
	Round, Order int     // from 1
	Seed         uint64  // of everything that is drawn in it
	Cycles       int     // where the servers take turns
	Rate         float64 // offered requests per second, where a rule gives it
}

// Slice is how long a short slice is; a long one is three times as long.
const Slice = 25 * time.Millisecond

// What a job takes beside its load. Measured on two processors, with room to spare.
const (
	startCell       = 200 * time.Millisecond // servers are started side by side and stopped so, and loadgen with them
	startServer     = 20 * time.Millisecond
	startConnection = 40 * time.Microsecond
	warmGuest       = 1500 * time.Millisecond // until it is steady
	betweenSlices   = 3 * time.Millisecond    // until replies are in and the server is at rest
	startTrial      = 120 * time.Millisecond  // of a server that has the client for itself
	startSecond     = 250 * time.Millisecond  // of a second client, until it is at work and until it has ended
	playing         = 200 * time.Millisecond  // of a script, and until its trace is read and kept
	opening         = 300 * time.Millisecond  // of thousands of silent connections
	openSilent      = 90 * time.Microsecond   // of one of them, by loadgen, until it is closed again
	resting         = 300 * time.Millisecond  // until memory is at rest, before and when they are open
)

// Jobs lists every cell of a run in its order, which the seed alone decides: each round holds the cells that are due in it once, shuffled.
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
		if round == 1 { // a rule's rate follows from this round's closed loop
			slices.SortStableFunc(jobs, func(a, b Job) int { return ruled(a) - ruled(b) })
		}
		for _, j := range jobs {
			j.Round, j.Order, j.Seed = round, len(all)+1, random.Uint64()>>32
			all = append(all, j)
		}
	}
	return all
}

func ruled(j Job) int {
	if j.Common.Rule != "" {
		return 1
	}
	return 0
}

// Trials are the records of a job before anything was measured, one of each trial. Where servers take turns each says how many they are, so
// that a file that was cut off shows.
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

// fixed is the forecast of what the job takes whatever its cycles.
func (j Job) fixed() time.Duration {
	n := time.Duration(len(j.Cell.Trials()))
	guests := time.Duration(j.Guests)
	switch {
	case j.InTurns():
		connections := n * time.Duration(j.Common.Connections)
		return startCell + n*(startServer+max(Slice, j.Warmup)) + connections*startConnection + guests*warmGuest
	case j.Scenario.Name == "exhaust": // nobody asks in the window
		return n*(startTrial+j.Window) + j.Wait
	case j.Scenario.Traced:
		return n * (startTrial + playing)
	case j.Scenario.Probe:
		return n*(startTrial+opening) + j.Wait
	}
	each := startTrial + j.Warmup + j.Window
	if silent := time.Duration(j.Common.Idle); silent > 0 {
		each += silent*openSilent + resting
	}
	if len(j.Scenario.SecondClient) > 0 {
		each += startSecond
	}
	if len(j.Scenario.Modes) > 0 { // its files are removed, and not every mode is done in its time
		each += j.Window / 2
	}
	return n * each
}

// pair is the forecast of a short and a long cycle; 0 where no turns are taken.
func (j Job) pair() time.Duration {
	if !j.InTurns() {
		return 0
	}
	return time.Duration(len(j.Cell.Trials())) * (4*Slice + 2*betweenSlices)
}

// Forecast is how long the job will take.
func (j Job) Forecast() time.Duration { return j.fixed() + time.Duration(j.Cycles/2)*j.pair() }

// Length is the forecast of jobs together.
func Length(jobs []Job) (sum time.Duration) {
	for _, j := range jobs {
		sum += j.Forecast()
	}
	return sum
}
