package study

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// ClientLimited is the share of the null responder's rate above which a rate is the client's rather than the server's.
const ClientLimited = 0.85

// Cell is one model in a group, with its trials. The majority of its rounds decides every question about the model.
type Cell struct {
	Key
	Model   string
	Engine  string         // loadgen's engine where it is not the default
	Trials  []*Trial       // whose figures stand for the model: those that served all, or those that starved, whichever are more
	Again   []*Trial       // the controls: the same cell a second time in a round
	Failed  []result.Trial // came to nothing
	Invalid int            // trials that cannot be believed and did not starve
	Lacking int            // trials that found that the server cannot be measured so
	NA      string         // why it cannot

	all, starved []*Trial                // trials in which every connection was answered, and in which some never was
	known        map[string]stats.Series // by the metric's name
	twice        bool                    // it is measured twice a round
	enough       bool                    // the run has rounds enough to compare
	limit        float64                 // median share of the null responder's rate, 0 where that was not measured
}

// Trial is a trial without what a report does not look at, so that many of them find room.
type Trial struct {
	result.Trial
	Response []float64 // along Grid, in nanoseconds, as far as it can be shown

	overloaded bool // the server fell behind the offered rate, for which its response time is withheld
}

// Unpack makes a trial ready to be sorted: its latency is read and its histograms are let go.
func Unpack(t result.Trial) *Trial {
	u := &Trial{Trial: t}
	u.Server.Command = nil
	if t.Load == nil {
		return u
	}
	l := *t.Load
	// Of what was asked a report looks at these; where a foreign record says otherwise, the cell holds.
	l.Spec = result.Spec{Target: l.Spec.Target, Warmup: l.Spec.Warmup, Requests: l.Spec.Requests, Connections: t.Cell.Connections, Rate: t.Cell.RateRPS}
	u.overloaded = result.Overloaded(&l)
	if u.drawn() {
		u.Response = curve(l.DoubtResponse(Grid...))
	} else {
		l.DoubtResponse()
	}
	if t.Cell.RateRPS > 0 {
		l.DoubtService()
		l.DoubtLateness()
	} else {
		l.Service, l.Lateness = closedLoop, closedLoop
	}
	for _, latency := range []*result.Latency{&l.Latency, &l.Service, &l.Lateness, &l.PacerLateness} {
		share(latency)
	}
	l.Histogram, l.ServiceHistogram = "", ""
	for _, counts := range []*map[string]int64{&l.UnsentBy, &l.Errors, &l.ConnectErrors} {
		if len(*counts) == 0 {
			*counts = nil
		}
	}
	u.Load = &l
	return u
}

// withheld are the names of figures that some trial withholds, by all of them together.
var withheld sync.Map

// share has trials that withhold the same figures keep one map between them. The reasons differ, and nobody asks for them here.
func share(l *result.Latency) {
	if len(l.Withheld) > 0 {
		names := strings.Join(slices.Sorted(maps.Keys(l.Withheld)), " ")
		same, _ := withheld.LoadOrStore(names, l.Withheld)
		l.Withheld = same.(map[string]string)
	}
}

// drawn reports whether the trial's latency may be in a picture.
func (t *Trial) drawn() bool {
	return (t.Cell.Scenario == "hello" || t.Cell.Scenario == "paced") && t.believed() && !t.starved() && !t.Cell.Control
}

// closedLoop is a latency that is shown of open loops only.
var closedLoop = result.Latency{Withheld: map[string]string{"p99": "a closed loop"}}

// served is how many connections were answered, of those that were asked.
func (t *Trial) served() (answered, asked int64) {
	if t.Load == nil {
		return 0, 0
	}
	return t.Load.Connections.Answered, t.Load.Entitled()
}

func (t *Trial) starved() bool {
	answered, asked := t.served()
	return answered < asked
}

func (t *Trial) believed() bool { return t.Load == nil || t.Load.Verdict.State != "invalid" }

// add files a trial under what became of it. A control measures noise and nothing else: whatever becomes of it, it says
// nothing of the model.
func (c *Cell) add(t *Trial) {
	switch {
	case t.Cell.Control:
		c.twice = true
		if t.NA == "" && t.Failed == "" && t.believed() && !t.starved() {
			c.Again = append(c.Again, t)
		}
	case t.NA != "":
		c.NA = t.NA
		c.Lacking++
	case t.Failed != "":
		c.Failed = append(c.Failed, t.Trial)
	case t.starved():
		c.starved = append(c.starved, t)
	case t.believed():
		c.all = append(c.all, t)
	default:
		c.Invalid++
	}
}

func (c *Cell) finish(null *Cell, enough bool) {
	c.enough, c.known = enough, map[string]stats.Series{}
	byRound := func(a, b *Trial) int { return a.Round - b.Round }
	for _, list := range [][]*Trial{c.all, c.starved, c.Again} {
		slices.SortStableFunc(list, byRound)
	}
	c.Trials = c.all
	if c.most(len(c.starved)) {
		c.Trials = c.starved
	}
	if null != nil {
		share := stats.Ratios(c.Series(Rate), null.Series(Rate))
		if len(share) > 0 {
			c.limit = stats.Median(share.Values())
		}
	}
}

// Rounds is in how many rounds the cell was tried, whatever became of it.
func (c *Cell) Rounds() int {
	return len(c.all) + len(c.starved) + len(c.Failed) + c.Invalid + c.Lacking
}

// most reports whether n are more than half of the cell's rounds.
func (c *Cell) most(n int) bool { return 2*n > c.Rounds() }

// judged are the trials that show what the model does to its clients.
func (c *Cell) judged() []*Trial { return slices.Concat(c.all, c.starved) }

// Series is a metric of the cell, by round.
func (c *Cell) Series(m Metric) stats.Series {
	if c == nil {
		return nil
	}
	if c.known[m.Name] == nil {
		c.known[m.Name] = series(c.Trials, m)
	}
	return c.known[m.Name]
}

func series(trials []*Trial, m Metric) stats.Series {
	s := stats.Series{}
	for _, t := range trials {
		if v := m.Of(*t); !math.IsNaN(v) {
			s[t.Round] = v
		}
	}
	return s
}

// Summary is a metric of the cell over the rounds.
func (c *Cell) Summary(m Metric) stats.Summary { return stats.Summarize(c.Series(m).Values()) }

// Hunger is what became of connections in the rounds of a cell in which one was never answered.
type Hunger struct {
	Rounds       int
	Answered, Of int64 // connections, in the middle one of these rounds (the lower of two)
	WaitNS       int64 // the longest wait of a connection that was never answered
}

// Hunger describes the rounds in which the cell starved.
func (c *Cell) Hunger() Hunger {
	h := Hunger{Rounds: len(c.starved)}
	if h.Rounds == 0 {
		return h
	}
	byAnswered := slices.SortedStableFunc(slices.Values(c.starved), func(a, b *Trial) int {
		return cmp.Compare(a.Load.Connections.Answered, b.Load.Connections.Answered)
	})
	h.Answered, h.Of = byAnswered[(h.Rounds-1)/2].served()
	for _, t := range c.starved {
		h.WaitNS = max(h.WaitNS, t.Load.Connections.LongestWaitNS)
	}
	return h
}

func (h Hunger) String() string { return fmt.Sprintf("%d of %d served", h.Answered, h.Of) }

// Starved reports whether a connection was never answered in most rounds.
func (c *Cell) Starved() bool { return c.most(len(c.starved)) }

// OfNull is the cell's rate as a share of the null responder's, 0 where that was not measured. Above 1 it is noise.
func (c *Cell) OfNull() float64 { return c.limit }

// Limited reports whether the client rather than the server set the rate.
func (c *Cell) Limited() bool { return c.limit > ClientLimited }

// Standing says why a cell has no rank.
type Standing int

const (
	Ranked Standing = iota
	NotApplicable
	NotMeasured // every trial failed or was invalid, or none was made
	Starved
	ClientSet
	TooFew // rounds give the figure, though the run has enough
)

// Standing says whether the cell may be ranked by a metric.
func (c *Cell) Standing(m Metric) Standing {
	figures := len(c.Series(m))
	switch {
	case c.most(c.Lacking):
		return NotApplicable
	case c.Starved():
		return Starved
	case figures == 0:
		return NotMeasured
	case m.OfClient && c.Limited():
		return ClientSet
	case c.enough && (figures < stats.MinApart || !c.most(figures)):
		return TooFew
	}
	return Ranked
}

// Overloaded reports whether the server fell behind the offered rate in most rounds: the response time is withheld.
func (c *Cell) Overloaded() bool {
	n := 0
	for _, t := range c.Trials {
		if t.overloaded {
			n++
		}
	}
	return c.most(n)
}

// Silent is how many silent connections the model bore while a probe beside them was still answered, by round, and the
// most that was tried.
func (c *Cell) Silent() (borne stats.Series, limit int) {
	borne = stats.Series{}
	for _, t := range c.Trials {
		if t.Probe == nil {
			continue
		}
		limit = max(limit, t.Probe.Limit)
		k := t.Probe.Silent
		if !t.Probe.Answered {
			k--
		}
		borne[t.Round] = float64(max(k, 0))
	}
	return borne, limit
}

// Deaf is in how many rounds a probe beside silent connections went unanswered, and how many nanoseconds it waited at most.
func (c *Cell) Deaf() (rounds int, wait int64) {
	for _, t := range c.Trials {
		if t.Probe != nil && !t.Probe.Answered {
			rounds++
			wait = max(wait, t.Probe.WaitNS)
		}
	}
	return rounds, wait
}

// Bears reports whether a model of scenario thinking answered beside every silent client, in all rounds but a minority.
func (c *Cell) Bears() bool {
	deaf, _ := c.Deaf()
	return !c.most(deaf)
}
