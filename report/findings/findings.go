// Package findings is what may be said of a run: plain data, without a sentence for people, which is written as findings.json too.
//
// The round is the sample. Two models are compared within rounds: where servers took turns by their effects, which are taken within cycles,
// else by the figures of their trials. The mean of the logs over the rounds with Student's t gives an interval of 95 % for each ratio by
// itself. That two differ is said where Holm's procedure over all pairs of a cell and metric upholds it, so that all differences of a cell are
// sure together: an interval may exclude 1 by a little, and the two be undecided. That models tie within so much needs no such care: each of
// their intervals has to lie within it (an intersection-union test). Most of a model's rounds decide what is said of it.
package findings

import (
	"time"

	"carousel/internal/result"
	"carousel/report/study"
)

// File is the name that findings are written under, beside the report.
const File = "findings.json"

// Findings is a run.
type Findings struct {
	Schema       int            `json:"schema"`
	Run          Run            `json:"run"`
	Cells        []Cell         `json:"cells"`      // in the order of the report
	Situations   []Situation    `json:"situations"` // which model for which load
	Ladder       []Step         `json:"ladder,omitempty"`
	Disagree     []Disagreement `json:"disagreements,omitempty"` // where cost at a fixed rate and the closed loop rank otherwise
	Expectations []Expectation  `json:"expectations,omitempty"`
	CrossChecks  []CrossCheck   `json:"opinions,omitempty"` // the same load by another engine
	Growth       []Growth       `json:"growth,omitempty"`   // what silent connections cost
	Warnings     []Warning      `json:"warnings,omitempty"` // the weightiest first, each once
}

// Run is what was measured, and on what.
type Run struct {
	ID          string            `json:"id"`
	Plan        string            `json:"plan"`
	Seed        uint64            `json:"seed"`
	Started     time.Time         `json:"started"`
	Finished    *time.Time        `json:"finished,omitempty"` // nil: it was interrupted
	Rounds      int               `json:"rounds"`             // in which anything was measured
	Planned     int               `json:"rounds_planned"`
	Comparable  bool              `json:"comparable"` // the rounds are enough to compare anything
	Processors  int               `json:"processors"` // 0: not known
	Models      []string          `json:"models"`     // in the order of the ladder, servers of the user's own last
	Guests      []string          `json:"guests,omitempty"`
	Reference   string            `json:"reference"`          // the model that others are put over, which is measured twice
	Placement   string            `json:"home"`               // the placement that the answers are about
	Beside      float64           `json:"beside_share"`       // of all processors' time that other programs took, in the middle round
	StallNS     int64             `json:"stall_ns,omitempty"` // the longest time for which loadgen itself stood still, where that is over a fifth of a second
	WarmupNS    int64             `json:"warmup_ns"`
	WindowNS    int64             `json:"window_ns"`
	Environment map[string]string `json:"environment,omitempty"`
	Doctor      string            `json:"doctor,omitempty"`
	Seats       map[string]string `json:"seats,omitempty"` // by placement: "processor 0, GOMAXPROCS 1"
}

// Cell is a scenario at a level and placement, with all its models.
type Cell struct {
	Scenario    string  `json:"scenario"`
	Connections int     `json:"connections"`
	Idle        int     `json:"idle,omitempty"`     // silent ones beside them
	RateRPS     float64 `json:"rate_rps,omitempty"` // offered, in the middle round where a rule made it; 0: a closed loop
	Rule        string  `json:"rule,omitempty"`
	Placement   string  `json:"placement"`
	Mode        string  `json:"mode,omitempty"`
	InTurns     bool    `json:"in_turns"` // the servers took turns; else each trial had the client for itself
	Rounds      int     `json:"rounds"`
	Cycles      int     `json:"cycles,omitempty"` // of a round: the fewest and the most
	MostCycles  int     `json:"most_cycles,omitempty"`
	SliceNS     int64   `json:"slice_ns,omitempty"`

	Models   []Model   `json:"models"`             // in the order of the ladder
	Null     *Model    `json:"null,omitempty"`     // the null responder
	Rankings []Ranking `json:"rankings"`           // by metric, where one is of interest here
	Twin     []Ratio   `json:"twin,omitempty"`     // the reference over itself, by metric
	DelayNS  int64     `json:"delay_ns,omitempty"` // of a handler, as the path says
	One      float64   `json:"one_rps,omitempty"`  // requests per second where handlers end one after another
	All      float64   `json:"all_rps,omitempty"`  // and all at once
}

// The metrics. Times are nanoseconds; processor time is per good reply.
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
	Total    = study.Total    // until all of a number of requests is done
	Memory   = study.Memory   // most that the server had resident
	User     = study.User     // resident, that silent connections added; of a Growth, for each 1,000
	Kernel   = study.Kernel   // of the kernel, likewise: of both ends
	Full     = study.Full     // share of one processor, while a server was full and nobody asked
	Fairness = study.Fairness // Jain's index of the replies of each connection
	Share    = study.Share    // of all replies, that a second client got
	Added    = study.Grown    // resident, more than before any client came
	Recovery = study.Recovery // from when a crowd left until somebody was served

	Calls      = study.Calls      // system calls of the server per good reply, as all that follow
	Waits      = study.Waits      // of these, those that wait for many descriptors
	Switches   = study.Switches   // context switches
	Migrations = study.Migrations // a thread went to another processor
	Faults     = study.Faults     // page faults
)

// Less reports whether less of a metric is better.
func Less(metric string) bool { return metric != Rate && metric != Capacity && metric != Fairness }

// Figure is a metric of a model over the rounds.
type Figure struct {
	Value   float64   `json:"value"` // the middle: the median over the rounds
	Low     float64   `json:"low"`   // of its interval of 95 %, whose ends are rounds; of fewer than six, the lowest and the highest
	High    float64   `json:"high"`
	AtLeast bool      `json:"at_least,omitempty"` // requests without an answer could raise it
	Rounds  []float64 `json:"rounds"`             // each round's, in their order
}

// Model is a model in a cell.
type Model struct {
	Name     string            `json:"name"`
	Figures  map[string]Figure `json:"figures,omitempty"`        // by metric; what is not known lacks
	Lacks    *Lack             `json:"lacks,omitempty"`          // why it has no rank in any metric
	Rounds   int               `json:"rounds"`                   // in which it was tried
	Doubts   []Doubt           `json:"doubts,omitempty"`         // what a minority of its rounds showed, or a check doubted
	OfNull   float64           `json:"of_null,omitempty"`        // its rate over the null responder's
	Limited  bool              `json:"client_limited,omitempty"` // the client, not the server, set its rate
	Curve    []Point           `json:"curve,omitempty"`          // response time by percentile, the median over the rounds; of paced cells and of the closed loop at scenario.Reference
	Silent   *Silent           `json:"silent,omitempty"`         // scenario thinking
	Crowds   []result.Crowd    `json:"crowds,omitempty"`         // scenarios ceiling and exhaust: of the middle round
	Ended    string            `json:"ended,omitempty"`          // scenario exhaust: how the server ended in most rounds, and its last words
	Portrait *result.Portrait  `json:"portrait,omitempty"`       // scenario portrait: of the last round

	Asked     *Asked            `json:"asked,omitempty"`     // scenario calls
	Uncounted map[string]string `json:"uncounted,omitempty"` // by metric, why it was not counted
}

// Asked is the system calls that a request was expected to make, beside those that were counted.
type Asked struct {
	Formula string  `json:"formula,omitempty"` // k is how many descriptors are ready per wait; "": nothing was expected
	Calls   float64 `json:"calls,omitempty"`   // by the formula, with as many waits as were counted; 0: these are not known
	K       float64 `json:"k,omitempty"`       // as counted; 0: it is not known, or the formula has none
	Beyond  float64 `json:"beyond,omitempty"`  // calls that were counted beyond it; of a yardstick all
	Further string  `json:"further,omitempty"` // which these are, where they are more than scenario.Tolerance and it is known
}

// Lack is why a model has no rank.
type Lack struct {
	Kind     string `json:"kind"`               // one of the kinds below
	InRounds int    `json:"in_rounds"`          // that were so; of Missing, those that count
	Answered int64  `json:"answered,omitempty"` // of a starved cell: connections, in the middle one of these rounds
	Asked    int64  `json:"asked,omitempty"`
	WaitNS   int64  `json:"wait_ns,omitempty"` // the longest wait of a connection that was never answered
	Text     string `json:"text,omitempty"`    // what the record says: "no /sleep", or why the trial failed
}

// Kinds of Lack and Doubt.
const (
	Starved = "starved" // a connection was never answered
	NA      = "na"      // the server cannot be measured so
	Failed  = "failed"  // trials came to nothing
	Invalid = "invalid" // trials cannot be believed
	Missing = "missing" // nothing was measured, or in too few rounds
	Deaf    = "deaf"    // a probe went unanswered
	Suspect = "suspect" // a check doubts trials, which count all the same
	Behind  = "behind"  // it fell behind the offered rate
	Refused = "refused" // it turned connections or requests away with a 503
	Broken  = "broken"  // clients were neither served nor turned away
	Ended   = "ended"   // the server ended
	Lost    = "lost"    // nobody was served any more
	Grown   = "grown"   // a request costs more beside silent connections
)

// Doubt is what some of a model's rounds showed; it decides nothing.
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

// Silent is how a model bears silent connections.
type Silent struct {
	Limit    int   `json:"limit"`             // most that were opened
	Bears    int   `json:"bears"`             // most beside which a probe was still answered, in the middle round
	All      bool  `json:"all"`               // it answered beside all of them, in most rounds
	Refused  bool  `json:"refused,omitempty"` // the probe was turned away politely, with a 503
	WaitNS   int64 `json:"wait_ns,omitempty"` // how long an unanswered probe waited at most
	InRounds int   `json:"in_rounds"`         // in how many of its rounds it did not answer beside all
}

// Ratio is one figure over another, with where it lies.
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
	Decides    int     `json:"decides_in,omitempty"` // undecided: about how many rounds would decide; 0: not known
}

// Ranking is a cell by one metric.
type Ranking struct {
	Metric string   `json:"metric"`
	Places []Place  `json:"places"`           // best first
	Others []string `json:"others,omitempty"` // models without rank
	Known  bool     `json:"known"`            // every place could be compared with the first
	Pairs  []Ratio  `json:"pairs,omitempty"`  // every two models, the better one over the other... in the order of Places: Of stands before To
}

// Place is a model in a ranking.
type Place struct {
	Model       string `json:"model"`
	Rank        int    `json:"rank"`              // one more than there are models that are surely better; 0: nothing could be compared
	Letters     string `json:"letters,omitempty"` // two models that share one cannot be told apart
	ToBest      *Ratio `json:"to_best,omitempty"`
	ToReference *Ratio `json:"to_reference,omitempty"`
}

// Situation is a kind of load somebody may have, and what the run says about it.
type Situation struct {
	Key     string   `json:"key"`  // one of the keys below
	Cell    int      `json:"cell"` // index in Cells
	Metric  string   `json:"metric,omitempty"`
	Outcome string   `json:"outcome"`              // one of the outcomes below
	Choose  string   `json:"choose,omitempty"`     // the one model to take: the winner, or the simplest of Tied that no other cell speaks against; a guess where they are undecided
	Passed  []Passed `json:"passed,omitempty"`     // the simpler ones of Tied, and what speaks against each
	Tied    []string `json:"tied,omitempty"`       // the leaders, in the order of the ladder, Choose among them
	Within  float64  `json:"within,omitempty"`     // how far these may differ at most, as a share
	Next    *Ratio   `json:"next,omitempty"`       // Choose over the best that is surely behind
	Last    *Ratio   `json:"last,omitempty"`       // and over the last that is
	Decides int      `json:"decides_in,omitempty"` // undecided: about how many rounds would decide
	Lacking []string `json:"lacking,omitempty"`    // models without rank
	Missing []string `json:"missing,omitempty"`    // models of the run that the cell does not have
}

// Passed is a model that ties with others and is not taken, for what another cell shows of it.
type Passed struct {
	Model string `json:"model"`
	Cell  int    `json:"cell"`           // index in Cells
	Over  *Ratio `json:"over,omitempty"` // it over another of the tied, behind which it is there by more than they may differ here; nil: silent clients stop it there, and another of the tied not
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
	Winner    = "winner"    // one is ahead of all others
	Tie       = "tie"       // several lead, and differ by no more than Within
	Undecided = "undecided" // several lead, and may well differ
	Alone     = "alone"     // only one has a rank, which wins nothing
	None      = "none"      // nothing can be compared
)

// TieWithin is how far models may differ at most to be said to tie: beyond it they are undecided.
const TieWithin = 0.20

// Step is a model of the ladder with what it costs the server to answer a request.
type Step struct {
	Model      string  `json:"model"`
	Cost       *Figure `json:"cost,omitempty"`   // nil: not measured
	At         int     `json:"connections"`      // where
	Before     string  `json:"before,omitempty"` // the measured model below it
	ToBefore   *Ratio  `json:"to_before,omitempty"`
	ToBaseline float64 `json:"to_baseline,omitempty"` // its cost over that of blocking at one connection
}

// Disagreement is two models that rank one way by what a request costs at a fixed rate and the other way in the closed loop.
type Disagreement struct {
	Models     [2]string `json:"models"`
	Fixed      Ratio     `json:"fixed"`      // Cost of the first over the second, at the rate below
	Closed     Ratio     `json:"closed"`     // and in the closed loop
	FixedCell  int       `json:"fixed_cell"` // indices in Cells
	ClosedCell int       `json:"closed_cell"`
}

// Expectation is what was stated before the run, beside what the trials show.
type Expectation struct {
	Scenario string `json:"scenario"`
	Model    string `json:"model"`
	Expected string `json:"expected"`
	Measured string `json:"measured,omitempty"` // empty: nothing
	Reason   Reason `json:"reason"`
}

// Reason is what a reader can check an expectation by.
type Reason struct {
	Cell   int     `json:"cell"`             // index in Cells: the one that shows the model at its worst, if any does
	Kind   string  `json:"kind,omitempty"`   // what decided: Refused, Starved, Deaf, Behind, Broken, Ended, Lost, Grown, Rate, P99, Cost, Beside99, Full, Recovery, or "" where no bound was passed
	Value  float64 `json:"value,omitempty"`  // what was measured: connections that were answered, borne or broken, requests per second, p99 over the reference's, cost over that beside the fewest, a share, nanoseconds
	Bound  float64 `json:"bound,omitempty"`  // and what decides: connections asked, or where another word would be said
	Rounds int     `json:"rounds,omitempty"` // in which it was so, of a Kind that rounds are counted for
}

// Growth is what silent connections cost a model: least squares over the numbers of them, in each round.
type Growth struct {
	Model  string  `json:"model"`
	From   int     `json:"from"`                   // silent connections, at fewest
	To     int     `json:"to"`                     // and at most; of models that were measured at one number alone, From
	Cost   *Figure `json:"cost_ns,omitempty"`      // more processor time of the server per request of others, for each 1,000; nil: not known
	Shape  string  `json:"shape,omitempty"`        // how that grows, one of the words below
	User   *Figure `json:"user_bytes,omitempty"`   // memory of the server, for each 1,000
	Kernel *Figure `json:"kernel_bytes,omitempty"` // memory of the kernel, of both ends
}

// How cost grows with silent connections.
const (
	Flat   = "flat"   // from the fewest to the most it does not grow by as much as would be called degrading
	Linear = "linear" // the second half of the way adds about as much for each as the first
	Faster = "faster" // it adds over twice as much
	Slower = "slower" // it adds less than half as much
	Grows  = "grows"  // two numbers of connections do not tell how
)

// CrossCheck is a load measured by loadgen's own engine and by another.
type CrossCheck struct {
	Cell   int               `json:"cell"`
	Model  string            `json:"model"`
	Engine string            `json:"engine"`
	Ratios []Ratio           `json:"ratios"` // of Engine over "loadgen", by metric: Rate, Mean, P50
	Own    map[string]Figure `json:"own"`
	Other  map[string]Figure `json:"other"`
}

// Warning is what a reader must know before believing the figures. Its words are made elsewhere.
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
	Where   string   `json:"where,omitempty"` // the cell: "epoll in hello at 64 connections, split"
	Text    string   `json:"text,omitempty"`  // as the record says it: words of others
	Advice  string   `json:"advice,omitempty"`
	List    []string `json:"list,omitempty"`
}

// Kinds of Warning, the weightiest first.
const (
	Interrupted     = "interrupted"      // N of Of planned rounds were begun
	FewRounds       = "few_rounds"       // N rounds, where Of are the fewest that compare anything
	Note            = "note"             // Text: of the run
	Apart           = "apart"            // the reference differed from itself in N of Of cells, most in Where: by Share, in the metric Text
	Beside          = "beside"           // other programs took Share of all processors' time in the middle cell, Worst in the worst; N slices of Of rounds of cells were repeated for it
	Flawed          = "flawed"           // N lines hold no trial; List are the first five, with their number and why
	Torn            = "torn"             // the last line, number N, has no end
	CutOff          = "cut_off"          // N trials of Of cells in a round, which were not written whole and count nowhere; Where and Round of the first
	Repeated        = "repeated"         // N further trials of a cell in a round, which count nowhere; Where and Round of the first
	FailedTrial     = "failed_trial"     // Text: why the trial of Where in Round came to nothing; the first five
	FailedMore      = "failed_more"      // N more did
	Undrawn         = "undrawn"          // N portraits are not there or not drawn; List says of the first five why
	Verdicts        = "verdicts"         // N of Of judged trials are in doubt, Invalid of them invalid
	Remarks         = "remarks"          // in N trials of schema 1 mere remarks are counted as reasons
	Check           = "check"            // N trials are in doubt, Invalid of them invalid, for Text, as the first says it, in Where; Advice may be empty
	ComparisonCheck = "comparison_check" // the same of N cells in a round whose servers took turns; Invalid of them so
	Miscounted      = "miscounted"       // in N trials the server counted otherwise than the client; in Where and Round, the first, it served Share, where Low to High fit
	Steal           = "steal"            // the hypervisor took Share of processor time in the middle trial, Worst in the worst
	Drops           = "drops"            // N attempts to connect were turned away since listening queues were full, in Of trials
	NoNull          = "no_null"          // the null responder was not measured in List, so whether the client limits them is unknown
	HomeShared      = "home_shared"      // there were no processors to keep server and client apart
)
