// Package scenario is the situations that tell models apart, a file each: what is asked of the client, at which levels, what each model is
// expected to do, by which bounds the report finds what it did, and the words for it.
//
// bench measures by it and report judges by it, so that no name, number or bound stands twice. A further scenario is a file beside these and
// a line in All.
package scenario

import (
	"slices"
	"strings"
	"time"

	"carousel/internal/result"
)

// All are the scenarios, in the order of the report.
var All = []*Scenario{hello, cost, paced, thinking, ceiling, idle, slowreader, flood, block, sleep, compute, churn, download, exhaust, calls, spin, portrait}

const (
	ReferenceLevel = 64 // connections at which models are compared at a common rate, and from which paced rates follow
	Few            = 16 // connections from which on a rate is the server's rather than the round trip's
)

// Scenario is one situation.
type Scenario struct {
	Name  string
	Path  string   // what is asked for
	Paths []string // and after it in turn, on the same connections; none: Path alone

	Levels       []int     // connections, unless a plan says otherwise
	Idle         []int     // silent connections beside them, a cell each; none: there are none
	Rates        []float64 // offered requests per second, a cell each; none: a closed loop
	Flags        []string  // further flags of loadgen
	SecondClient []string  // flags and path of a second client, which is there from before the window until after it; none: there is none
	RateRule     string    // how one offered rate follows from the run itself, which is the cell's name instead of the number
	Modes        []Mode    // ways for the client to go about it, a cell each

	NotSliced      string                // why servers cannot take turns here, so that a trial has the client for itself; "": they take turns
	Weight         map[int]int           // how much a cell counts where time is short, by offered rate or, without one, by connections; others count Usual
	MeasuresClient bool                  // the client is what is measured, on one server
	CountCalls     bool                  // what the server asks of the kernel is counted
	Probe          bool                  // bench asks by itself, without loadgen
	Traced         bool                  // a script is played once, and the server keeps a trace of it
	Shared         bool                  // server and client have all processors in any case
	Expect         map[string]string     // by model, stated before the run
	Judge          func(Observed) string // what a model did, in one of the four words; nil: nothing is expected

	Title       string // as a heading: "a few words: what it is"
	Description string // what happens in it, in a sentence or two
	Why         string // behind what is expected, where that is no matter of course
}

// Mode is a way for the client to go about a scenario.
type Mode struct {
	Name        string
	Connections int // 0: those of the level
}

// untilItLeaves is why models of few workers fail where all clients stay.
const untilItLeaves = "`pool` and `prefork` serve a client until it leaves, so where all stay as many are served as there are workers."

// What a model is expected to do, and what it did.
const (
	Fine     = "fine"
	Degrades = "degrades"
	Refuses  = "refuses"
	Fails    = "fails"
)

// Outcomes are these four, from good to bad.
var Outcomes = []string{Fine, Degrades, Refuses, Fails}

// Observed is what a cell shows of a model: what most of its rounds do.
type Observed struct {
	Refused                  bool    // connections or requests were turned away with a 503
	Starved                  bool    // a connection was never answered
	HalfStarved              bool    // half of the connections or more were never answered
	ProbeLost                bool    // a probe beside silent connections was not answered
	BrokenShare              float64 // share of clients who asked while all others stayed, and were neither served nor turned away
	Ended                    bool    // the server ended
	NeverRecovered           bool    // nobody was served any more when all had left
	BusyShare                float64 // of one processor, that the server used while it was full and nobody asked for anything
	Recovery                 float64 // seconds until the next client was served when all had left
	Growth                   float64 // what a request cost beside silent connections over what it cost beside the fewest; not-a-number where one of them is not known
	Overloaded               bool    // the server fell behind the offered rate
	Rate                     float64 // requests per second
	Offered                  float64 // likewise, by the schedule; 0: a closed loop
	P99                      float64 // of the response time, over that of the reference; not-a-number where one of them is not known
	Cost                     float64 // processor time per request, over that of the reference; not-a-number where one of them is not known
	TailNS                   float64 // p99 of the response time of the requests for "/" in nanoseconds, at least; not-a-number where it is not known
	SerialRate, ParallelRate float64 // requests per second when handlers end one after another, and all at once
}

// Outcome returns what a model did, as one of Words; "" where the scenario expects nothing. A model that turned clients away refuses.
func (s *Scenario) Outcome(seen Observed) string {
	switch {
	case s.Judge == nil:
		return ""
	case seen.Refused:
		return Refuses
	}
	return s.Judge(seen)
}

// DefaultWeight is the weight of a cell that a scenario says nothing else about.
const DefaultWeight = 2

// WeightAt is how much a cell counts where time is short: where servers take turns its share of a round's cycles, and what counts least is
// left out first.
func (s *Scenario) WeightAt(connections int, rate float64, placement string) int {
	if placement == result.Shared {
		return 1
	}
	at := connections
	if rate > 0 {
		at = int(rate)
	}
	if weight := s.Weight[at]; weight > 0 {
		return weight
	}
	return DefaultWeight
}

// Find is the scenario of that name; nil where there is none.
func Find(name string) *Scenario {
	if i := slices.IndexFunc(All, func(s *Scenario) bool { return s.Name == name }); i >= 0 {
		return All[i]
	}
	return nil
}

// Names are those of all.
func Names() (names []string) {
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}

// Rank is the scenario's place in the order of the report; others come after all that are known.
func Rank(name string) int {
	if i := slices.IndexFunc(All, func(s *Scenario) bool { return s.Name == name }); i >= 0 {
		return i
	}
	return len(All)
}

// Endpoint is the path's first word, such as /sleep: what a server of the user's own may lack. Where there is a second client it is that of its
// path.
func (s *Scenario) Endpoint() string {
	path := s.Path
	if len(s.SecondClient) > 0 {
		path = s.SecondClient[len(s.SecondClient)-1]
	}
	word, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return "/" + word
}

// Delay is how long a handler takes by request, as a path such as /sleep/10ms says; 0 where it does not.
func Delay(path string) time.Duration {
	d, err := time.ParseDuration(path[strings.LastIndexByte(path, '/')+1:])
	if err != nil {
		return 0
	}
	return d
}

// models turns lists of models by expectation into expectations by model.
func models(lists map[string]string) map[string]string {
	expect := map[string]string{}
	for word, list := range lists {
		for _, model := range strings.Fields(list) {
			expect[model] = word
		}
	}
	return expect
}
