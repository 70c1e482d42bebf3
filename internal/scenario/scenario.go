// Package scenario has the situations that tell models apart, one file each: what the clients request, with how many connections, what each
// model is expected to do, by which bounds the report judges what it did, and the report's text about it.
//
// bench measures by it and report judges by it, so that no name, number or bound stands twice. To add a scenario, add a file and an entry in
// All.
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
	ReferenceLevel = 64 // connections at which models are compared at one rate; the rates of paced are derived from its cells
	Few            = 16 // with fewer connections the round trip limits a rate rather than the server
)

// Scenario is one situation.
type Scenario struct {
	Name  string
	Path  string   // of the first request
	Paths []string // of the requests after it, in turn, on the same connections; none: Path alone

	Levels       []int     // connections, unless a plan says otherwise
	Idle         []int     // silent connections beside those, a cell each; none: no silent ones
	Rates        []float64 // offered requests per second, a cell each; none: a closed loop
	Flags        []string  // further flags of loadgen
	SecondClient []string  // flags and path of a second client, which runs from before the window until after it; none: one client
	RateRule     string    // how the offered rate is derived from other cells of the run; it names the cell in place of a number
	Modes        []Mode    // ways in which the client does it, a cell each

	NotSliced      string                // why it is not measured in slices: a trial has the client for itself; "": servers take turns in slices
	Weight         map[int]int           // share of a cell in a time budget, by offered rate or, without one, by connections; others have DefaultWeight
	MeasuresClient bool                  // it measures loadgen, on one server, and no models
	CountCalls     bool                  // the system calls and other kernel events of the server are counted
	Probe          bool                  // bench sends the requests itself, without loadgen
	Traced         bool                  // clients play a script once, and the server writes a trace
	Shared         bool                  // server and client have all processors in any case
	Expect         map[string]string     // by model, stated before the run
	Judge          func(Observed) string // which of Outcomes a model had; nil: nothing is expected

	Title       string // the heading
	Description string // what happens in it, in a sentence or two
	Why         string // why that is expected, if it is not obvious
}

// Mode is a way in which the client does a scenario.
type Mode struct {
	Name        string
	Connections int // 0: those of the level
}

// untilItLeaves says why models with few workers fail where all clients stay.
const untilItLeaves = "`pool` and `prefork` serve a client until it leaves. Where all clients stay, they serve as many as they have workers."

// The outcomes: what a model is expected to do, and what it did.
const (
	Fine     = "fine"
	Degrades = "degrades"
	Refuses  = "refuses"
	Fails    = "fails"
)

// Outcomes has the four outcomes, from good to bad.
var Outcomes = []string{Fine, Degrades, Refuses, Fails}

// Observed is what a model did in a cell, in most of its rounds. A number that is not known is NaN.
type Observed struct {
	Refused                  bool    // connections or requests were turned away with a 503
	Starved                  bool    // a connection was never answered
	HalfStarved              bool    // half of the connections or more were never answered
	ProbeLost                bool    // a probe beside silent connections was not answered
	BrokenShare              float64 // share of clients that were neither served nor refused while all others stayed
	Ended                    bool    // the server ended
	NeverRecovered           bool    // no client was served after all had left
	BusyShare                float64 // of one processor, used while the server was full and no client sent anything
	Recovery                 float64 // seconds until the next client was served after all had left
	Growth                   float64 // cost of a request beside silent connections, over its cost beside the fewest
	Overloaded               bool    // the server fell behind the offered rate
	Rate                     float64 // requests per second
	Offered                  float64 // requests per second by the schedule; 0: a closed loop
	P99                      float64 // of the response time, over that of the reference model
	Cost                     float64 // processor time per request, over that of the reference model
	TailNS                   float64 // p99 of the response time of the requests for "/", or a lower bound of it, in nanoseconds
	SerialRate, ParallelRate float64 // requests per second if handlers ran one after another, and if all ran at once
}

// Outcome returns what a model did, as one of Outcomes; "" if the scenario expects nothing. A model that refused clients Refuses.
func (s *Scenario) Outcome(seen Observed) string {
	switch {
	case s.Judge == nil:
		return ""
	case seen.Refused:
		return Refuses
	}
	return s.Judge(seen)
}

// DefaultWeight is the weight of a cell that is not in a scenario's Weight.
const DefaultWeight = 2

// WeightAt returns the weight of a cell in a time budget. Where servers take turns it is the cell's share of a round's cycles; a budget that
// is too short leaves out the cells with the least weight first.
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

// Find returns the scenario of that name, nil if there is none.
func Find(name string) *Scenario {
	if i := slices.IndexFunc(All, func(s *Scenario) bool { return s.Name == name }); i >= 0 {
		return All[i]
	}
	return nil
}

// Names returns the names of all scenarios.
func Names() (names []string) {
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}

// Rank returns a scenario's place in the order of the report. Unknown names come last.
func Rank(name string) int {
	if i := slices.IndexFunc(All, func(s *Scenario) bool { return s.Name == name }); i >= 0 {
		return i
	}
	return len(All)
}

// Endpoint returns the first part of the path, such as /sleep: a server of the user's own may lack it. If there is a second client, it is that
// of the second client's path.
func (s *Scenario) Endpoint() string {
	path := s.Path
	if len(s.SecondClient) > 0 {
		path = s.SecondClient[len(s.SecondClient)-1]
	}
	word, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return "/" + word
}

// Delay returns how long a handler takes, by a path such as /sleep/10ms; 0 if the path has no duration.
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
