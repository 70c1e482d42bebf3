// Package findings draws the conclusions from a run: plain data without prose, which is also written as findings.json.
//
// The round is the sample. Two models are compared within rounds: by their effects, which come from cycles, if servers took turns, else by the
// figures of their trials. The mean of the logs over the rounds and Student's t give each ratio its own interval of 95 %. Two models differ if
// Holm's procedure over all pairs of a cell and metric confirms it, so that all differences in a cell hold together with 95 %: an interval may
// narrowly exclude 1 and the two still be undecided. Models tie within a bound if each of their intervals lies within it (an intersection-union
// test, which needs no correction). A model is what most of its rounds show.
package findings

import (
	"time"

	"carousel/internal/result"
	"carousel/report/study"
)

// File is the name of the file of findings, beside the report.
const File = "findings.json"

// Findings is all that a report says about a run.
type Findings struct {
	Schema       int            `json:"schema"`
	Run          Run            `json:"run"`
	Cells        []Cell         `json:"cells"`      // in the order of the report
	Situations   []Situation    `json:"situations"` // which model for which load
	Ladder       []Step         `json:"ladder,omitempty"`
	Disagree     []Disagreement `json:"disagreements,omitempty"` // where cost at a fixed rate and in the closed loop rank in opposite orders
	Expectations []Expectation  `json:"expectations,omitempty"`
	CrossChecks  []CrossCheck   `json:"opinions,omitempty"` // the same load by another engine
	Growth       []Growth       `json:"growth,omitempty"`   // what silent connections cost
	Warnings     []Warning      `json:"warnings,omitempty"` // the gravest first, each once
}

// Run says what was measured, and where.
type Run struct {
	ID            string            `json:"id"`
	Plan          string            `json:"plan"`
	Seed          uint64            `json:"seed"`
	Started       time.Time         `json:"started"`
	Finished      *time.Time        `json:"finished,omitempty"` // nil: it was interrupted
	Rounds        int               `json:"rounds"`             // with a trial that counts
	Planned       int               `json:"rounds_planned"`
	Comparable    bool              `json:"comparable"`         // there are enough rounds to compare models
	Processors    int               `json:"processors"`         // 0: not known
	Models        []string          `json:"models"`             // in the order of the ladder, then the user's own servers
	Guests        []string          `json:"guests,omitempty"`   // the user's own servers
	Reference     string            `json:"reference"`          // the model that ratios refer to; it is measured twice
	Placement     string            `json:"home"`               // the placement that the answers are about
	OtherPrograms float64           `json:"beside_share"`       // of all processors' time, that other programs took: the median over cells and rounds
	StallNS       int64             `json:"stall_ns,omitempty"` // the longest time that loadgen itself stood still; 0: at most a fifth of a second
	WarmupNS      int64             `json:"warmup_ns"`
	WindowNS      int64             `json:"window_ns"`
	Environment   map[string]string `json:"environment,omitempty"`
	Doctor        string            `json:"doctor,omitempty"`
	ServerOn      map[string]string `json:"seats,omitempty"` // where servers ran, by placement: "processor 0, GOMAXPROCS 1"
}

// Cell is a scenario at a level and in a placement, with all its models.
type Cell struct {
	Scenario    string  `json:"scenario"`
	Connections int     `json:"connections"`
	Idle        int     `json:"idle,omitempty"`     // silent connections beside them
	RateRPS     float64 `json:"rate_rps,omitempty"` // offered; with a Rule, the median of the rounds; 0: a closed loop
	Rule        string  `json:"rule,omitempty"`
	Placement   string  `json:"placement"`
	Mode        string  `json:"mode,omitempty"`
	InTurns     bool    `json:"in_turns"` // the servers took turns; else each trial had the client to itself
	Rounds      int     `json:"rounds"`
	Cycles      int     `json:"cycles,omitempty"` // the fewest in a round, and the most
	MostCycles  int     `json:"most_cycles,omitempty"`
	SliceNS     int64   `json:"slice_ns,omitempty"`

	Models   []Model   `json:"models"`             // in the order of the ladder
	Null     *Model    `json:"null,omitempty"`     // the null responder
	Rankings []Ranking `json:"rankings"`           // by the metrics that matter here
	Twin     []Ratio   `json:"twin,omitempty"`     // the second measurement of the reference over the first, by metric
	DelayNS  int64     `json:"delay_ns,omitempty"` // how long a handler takes, by its path
	One      float64   `json:"one_rps,omitempty"`  // requests per second if handlers run one after another
	All      float64   `json:"all_rps,omitempty"`  // and if all run at once
}

// The metrics. Times are in nanoseconds; processor time is per good reply.
const (
	Rate     = study.Rate
	Capacity = study.Capacity // requests per second of one server processor: one over Cost
	Cost     = study.Cost     // of the server; in turns the steady cost, without waking
	Whole    = study.Whole    // of the server, with waking
	Client   = study.Client   // of the client
	Both     = study.Both     // Whole and Client
	Waking   = study.Waking   // of the server, per slice
	Mean     = study.Mean     // of the response time, as all that follow
	P50      = study.P50
	P90      = study.P90
	P99      = study.P99
	P999     = study.P999
	Service  = study.Service  // 99th percentile of the service time, of an open loop
	Lateness = study.Lateness // 99th percentile of the send lateness, of an open loop
	Beside50 = study.Beside50 // of the requests for /, beside others that take longer or a second client
	Beside90 = study.Beside90
	Beside99 = study.Beside99
	Total    = study.Total    // until a fixed number of requests is done
	Memory   = study.Memory   // peak resident memory of the server
	User     = study.User     // resident memory that silent connections added; in a Growth, for each 1,000
	Kernel   = study.Kernel   // kernel memory that they added, for both ends
	Full     = study.Full     // share of one processor used while a server was full and no client sent anything
	Fairness = study.Fairness // Jain's index of the replies of each connection
	Share    = study.Share    // of all replies, the part of the second client
	Added    = study.Grown    // growth of resident memory since before any client came
	Recovery = study.Recovery // from when all clients left until one was served

	Calls      = study.Calls      // system calls of the server per good reply, as all that follow
	Waits      = study.Waits      // those of them that wait for many descriptors
	Switches   = study.Switches   // context switches
	Migrations = study.Migrations // a thread moved to another processor
	Faults     = study.Faults     // page faults
)

// Less reports whether lower values of a metric are better.
func Less(metric string) bool { return metric != Rate && metric != Capacity && metric != Fairness }

// Figure is a metric of a model, over the rounds.
type Figure struct {
	Value   float64   `json:"value"` // the median over the rounds
	Low     float64   `json:"low"`   // ends of its interval of 95 %; with fewer than six rounds, the lowest and the highest
	High    float64   `json:"high"`
	AtLeast bool      `json:"at_least,omitempty"` // unanswered requests could raise it
	Rounds  []float64 `json:"rounds"`             // each round's, in their order
}

// Model is a model in a cell.
type Model struct {
	Name     string            `json:"name"`
	Figures  map[string]Figure `json:"figures,omitempty"`        // by metric, without those that are not known
	Lacks    *Lack             `json:"lacks,omitempty"`          // why it has no rank in any metric
	Rounds   int               `json:"rounds"`                   // in which it was tried, with any result
	Doubts   []Doubt           `json:"doubts,omitempty"`         // what a minority of its rounds showed, or a check doubts
	OfNull   float64           `json:"of_null,omitempty"`        // its rate over the null responder's
	Limited  bool              `json:"client_limited,omitempty"` // the client, not the server, set its rate
	Curve    []Point           `json:"curve,omitempty"`          // response time by percentile, medians over the rounds; in paced cells and in the closed loop at scenario.Reference
	Silent   *Silent           `json:"silent,omitempty"`         // scenario thinking
	Crowds   []result.Crowd    `json:"crowds,omitempty"`         // scenarios ceiling and exhaust: the median round
	Ended    string            `json:"ended,omitempty"`          // scenario exhaust: how the server ended in most rounds, and its last words
	Portrait *result.Portrait  `json:"portrait,omitempty"`       // scenario portrait: the last play

	SystemCalls *SystemCalls      `json:"asked,omitempty"`     // scenario calls
	Uncounted   map[string]string `json:"uncounted,omitempty"` // why a counter is missing, by metric
}

// SystemCalls compares the expected number of system calls of a request with the counted one.
type SystemCalls struct {
	Formula string  `json:"formula,omitempty"` // with k, the number of descriptors that are ready per wait; "": nothing was expected
	Calls   float64 `json:"calls,omitempty"`   // the formula's value with the counted waits; 0: they are not known
	K       float64 `json:"k,omitempty"`       // by the counted waits; 0: not known, or not in the formula
	Beyond  float64 `json:"beyond,omitempty"`  // calls counted beyond the formula; of a yardstick all
	Further string  `json:"further,omitempty"` // which calls these are, if they are more than scenario.CallTolerance and known
}

// Lack is why a model has no rank.
type Lack struct {
	Kind     string `json:"kind"`               // one of the kinds below
	InRounds int    `json:"in_rounds"`          // rounds that were so; of Missing, rounds with a trial that counts
	Answered int64  `json:"answered,omitempty"` // Starved: connections answered; Refused: silent connections turned away; both of the median of these rounds
	Total    int64  `json:"asked,omitempty"`    // of so many
	WaitNS   int64  `json:"wait_ns,omitempty"`  // the longest wait of a connection that was never answered
	Text     string `json:"text,omitempty"`     // from the record: "no /sleep", or why the trial failed
}

// Kinds of Lack and Doubt.
const (
	Starved = "starved" // a connection was never answered
	NA      = "na"      // the server lacks what the scenario needs
	Failed  = "failed"  // trials failed
	Invalid = "invalid" // trials are invalid
	Missing = "missing" // measured in no round, or in too few
	Deaf    = "deaf"    // a probe was not answered
	Suspect = "suspect" // a check doubts trials, which still count
	Behind  = "behind"  // it fell behind the offered rate
	Refused = "refused" // it turned connections or requests away with a 503
	Broken  = "broken"  // clients were neither served nor turned away
	Ended   = "ended"   // the server ended
	Lost    = "lost"    // no client was served again
	Grown   = "grown"   // a request costs more beside silent connections
)

// Doubt is what only some of a model's rounds showed, so that it decides nothing.
type Doubt struct {
	Kind   string `json:"kind"`
	Rounds int    `json:"rounds"`
	Text   string `json:"text,omitempty"` // "11 of 64 served"
}

// Point is a percentile, as a share, with its response time.
type Point struct {
	Share float64 `json:"share"`
	NS    float64 `json:"ns"`
}

// Silent says how many silent connections a model bears.
type Silent struct {
	Limit    int   `json:"limit"`             // the most that were opened
	Bears    int   `json:"bears"`             // the most beside which a probe was answered, in the median round
	All      bool  `json:"all"`               // it answered beside all of them, in most rounds
	Refused  bool  `json:"refused,omitempty"` // the probe was turned away with a 503
	WaitNS   int64 `json:"wait_ns,omitempty"` // the longest wait of an unanswered probe
	InRounds int   `json:"in_rounds"`         // rounds in which it did not answer beside all
}

// Ratio is one model's figure over another's, with its interval.
type Ratio struct {
	Of         string  `json:"of"` // models
	To         string  `json:"to"`
	Metric     string  `json:"metric"`
	Ratio      float64 `json:"ratio"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	Rounds     int     `json:"rounds"`
	Outcome    string  `json:"outcome"`              // result.Higher, Lower, Same or Undecided
	Within     float64 `json:"within"`               // how far its interval reaches from 1, as a share
	Decides    int     `json:"decides_in,omitempty"` // undecided: about how many rounds in all would decide; 0: not known
}

// Ranking orders the models of a cell by one metric.
type Ranking struct {
	Metric string   `json:"metric"`
	Places []Place  `json:"places"`           // best first
	Others []string `json:"others,omitempty"` // models without rank
	Known  bool     `json:"known"`            // every model could be compared with the first
	Pairs  []Ratio  `json:"pairs,omitempty"`  // all pairs of models; Of comes before To in Places
}

// Place is a model in a ranking.
type Place struct {
	Model       string `json:"model"`
	Rank        int    `json:"rank"`              // one more than the number of models that are surely better; 0: nothing could be compared
	Letters     string `json:"letters,omitempty"` // models that share a letter do not surely differ
	ToBest      *Ratio `json:"to_best,omitempty"`
	ToReference *Ratio `json:"to_reference,omitempty"`
}

// Situation is a kind of load, and what the run says about it.
type Situation struct {
	Key     string   `json:"key"`  // one of the keys below
	Cell    int      `json:"cell"` // index in Cells
	Metric  string   `json:"metric,omitempty"`
	Outcome string   `json:"outcome"`              // one of the outcomes below
	Choose  string   `json:"choose,omitempty"`     // the model to take: the winner, or the simplest of Tied that no other cell speaks against; if undecided, a guess
	Passed  []Passed `json:"passed,omitempty"`     // simpler models of Tied, with what speaks against each
	Tied    []string `json:"tied,omitempty"`       // the leaders, in the order of the ladder, Choose among them
	Within  float64  `json:"within,omitempty"`     // the most that these may differ by, as a share
	Next    *Ratio   `json:"next,omitempty"`       // Choose over the best that is surely behind
	Last    *Ratio   `json:"last,omitempty"`       // and over the last
	Decides int      `json:"decides_in,omitempty"` // undecided: about how many rounds would decide
	Lacking []string `json:"lacking,omitempty"`    // models without rank
	Missing []string `json:"missing,omitempty"`    // models of the run that the cell does not have
}

// Passed is a tied model that is passed over because another cell speaks against it.
type Passed struct {
	Model string `json:"model"`
	Cell  int    `json:"cell"`           // index in Cells
	Over  *Ratio `json:"over,omitempty"` // its cost in that cell over that of another tied model, which is larger than the tie allows; nil: silent clients stop it, but not another tied model
}

// Keys of Situations.
const (
	OneBusy    = "one busy client"
	FewBusy    = "a few busy clients"
	ManyBusy   = "many busy clients"
	Steady     = "a steady stream below capacity"
	CostCounts = "processor time is what costs"
	Blocking   = "handlers block the thread"
	Awaiting   = "handlers wait for something slow"
	Idle       = "many idle or thinking clients"
	SharedAll  = "server and client share all processors"
)

// Outcomes of a Situation.
const (
	Winner    = "winner"    // one model is ahead of all others
	Tie       = "tie"       // several models lead, and differ by Within at most
	Undecided = "undecided" // several models lead, and may differ by more than TieWithin
	Alone     = "alone"     // only one model has a rank, so it is compared with none
	None      = "none"      // nothing can be compared
)

// TieWithin is the most that models may differ by and still tie, as a share; beyond it they are undecided.
const TieWithin = 0.20

// Step is a model of the ladder with the server's cost of a request.
type Step struct {
	Model      string  `json:"model"`
	Cost       *Figure `json:"cost,omitempty"`   // nil: not measured
	At         int     `json:"connections"`      // number of them at which Cost was measured
	Before     string  `json:"before,omitempty"` // the measured model below it
	ToBefore   *Ratio  `json:"to_before,omitempty"`
	ToBaseline float64 `json:"to_baseline,omitempty"` // its cost over that of blocking at one connection
}

// Disagreement is two models whose costs rank in opposite orders at a fixed rate and in the closed loop.
type Disagreement struct {
	Models     [2]string `json:"models"`
	Fixed      Ratio     `json:"fixed"`      // Cost of the first model over the second at the fixed rate
	Closed     Ratio     `json:"closed"`     // and in the closed loop
	FixedCell  int       `json:"fixed_cell"` // indices in Cells
	ClosedCell int       `json:"closed_cell"`
}

// Expectation compares what was stated before the run with what the trials show.
type Expectation struct {
	Scenario string `json:"scenario"`
	Model    string `json:"model"`
	Expected string `json:"expected"`
	Measured string `json:"measured,omitempty"` // "": nothing was measured
	Reason   Reason `json:"reason"`
}

// Reason is the figure that decided what an Expectation measured.
type Reason struct {
	Cell   int     `json:"cell"`             // index in Cells: the cell that shows the model at its worst
	Kind   string  `json:"kind,omitempty"`   // what decided: Refused, Starved, Deaf, Behind, Broken, Ended, Lost, Grown, Rate, P99, Cost, Beside99, Full or Recovery; "": no bound was passed
	Value  float64 `json:"value,omitempty"`  // the measured value, in the unit of Kind: connections answered, borne or broken, requests per second, a ratio to the reference or to the fewest silent connections, a share, nanoseconds
	Bound  float64 `json:"bound,omitempty"`  // the number of connections, or the value at which another word would apply
	Rounds int     `json:"rounds,omitempty"` // that were so, for kinds that are counted by rounds
}

// Growth is what silent connections cost a model: the slope over their number, by least squares in each round.
type Growth struct {
	Model  string  `json:"model"`
	From   int     `json:"from"`                   // the fewest silent connections
	To     int     `json:"to"`                     // and the most
	Cost   *Figure `json:"cost_ns,omitempty"`      // growth of the server's processor time per request of others, for each 1,000; nil: not known
	Shape  string  `json:"shape,omitempty"`        // how Cost grows, one of the words below
	User   *Figure `json:"user_bytes,omitempty"`   // growth of the server's memory, for each 1,000
	Kernel *Figure `json:"kernel_bytes,omitempty"` // growth of kernel memory for both ends, for each 1,000
}

// How cost grows with silent connections.
const (
	Flat   = "flat"   // from the fewest to the most it grows by scenario.Grown at most
	Linear = "linear" // the second half of the connections adds about as much for each as the first
	Faster = "faster" // it adds over twice as much
	Slower = "slower" // it adds less than half as much
	Grows  = "grows"  // measured at only two numbers of connections, so the shape is not known
)

// CrossCheck compares loadgen's own engine with another, under the same load.
type CrossCheck struct {
	Cell   int               `json:"cell"`
	Model  string            `json:"model"`
	Engine string            `json:"engine"`
	Ratios []Ratio           `json:"ratios"` // of Engine over "loadgen", by metric: Rate, Mean, P50
	Own    map[string]Figure `json:"own"`
	Other  map[string]Figure `json:"other"`
}

// Warning is what a reader must know before believing the figures. Package words has its text.
type Warning struct {
	Kind    string   `json:"kind"` // one of the kinds below, which say what the rest means
	N       int      `json:"n,omitempty"`
	Of      int      `json:"of,omitempty"`
	Invalid int      `json:"invalid,omitempty"`
	Share   float64  `json:"share,omitempty"`
	Worst   float64  `json:"worst,omitempty"`
	Low     float64  `json:"low,omitempty"`
	High    float64  `json:"high,omitempty"`
	Round   int      `json:"round,omitempty"`
	Where   string   `json:"where,omitempty"` // the trial or cell: "epoll in hello at 64 connections, split"
	Text    string   `json:"text,omitempty"`  // from the record: foreign text
	Advice  string   `json:"advice,omitempty"`
	List    []string `json:"list,omitempty"`
}

// Kinds of Warning, the gravest first.
const (
	Interrupted     = "interrupted"      // N of Of planned rounds were begun
	FewRounds       = "few_rounds"       // N rounds; at least Of are needed to compare models
	Note            = "note"             // Text is a note of the run
	Apart           = "apart"            // the reference, measured twice, differed in N of Of cells, most in Where, by Share of metric Text
	OtherPrograms   = "beside"           // other programs took Share of all processors' time in the median cell, Worst in the worst; N slices in Of cells and rounds were measured again
	Flawed          = "flawed"           // N lines hold no trial; List has the first five, each with its number and reason
	Torn            = "torn"             // the last line, number N, is incomplete
	CutOff          = "cut_off"          // N trials in Of cells and rounds count nowhere, since other trials of the cell are missing; Where and Round of the first
	Repeated        = "repeated"         // N further trials of a model in a cell and round count nowhere; Where and Round of the first
	FailedTrial     = "failed_trial"     // Text is why the trial of Where in Round failed; a warning for each of the first five
	FailedMore      = "failed_more"      // N more trials failed
	Undrawn         = "undrawn"          // N portraits are not drawn; List has the reasons of the first five
	Verdicts        = "verdicts"         // N of Of checked trials are in doubt, Invalid of them invalid
	Remarks         = "remarks"          // in N trials of schema 1 mere remarks count as doubts
	Check           = "check"            // N trials are in doubt, Invalid of them invalid; Where, Text and Advice of the first, Advice may be empty
	ComparisonCheck = "comparison_check" // the same for N comparisons in turns
	Miscounted      = "miscounted"       // in N trials the counts of server and client do not match; in the first, Where and Round, the server counted Share, the client allows Low to High
	Steal           = "steal"            // the hypervisor took Share of processor time in the median trial, Worst in the worst
	Drops           = "drops"            // full listen backlogs dropped N attempts to connect, in Of trials
	NoNull          = "no_null"          // the null responder was not measured in List, so it is not known whether the client was the limit
	HomeShared      = "home_shared"      // there were too few processors to separate server and client
)
