package study

import (
	"math"
	"slices"

	"carousel/internal/trial"
	"carousel/report/stats"
)

// ClientLimited is the share of the client's ceiling above which a rate is the client's rather than the server's.
const ClientLimited = 0.85

// Trial is a trial that can be counted, with its latency unpacked.
type Trial struct {
	trial.Trial
	Response *Curve // nil where no histogram was recorded or it cannot be read
}

// served is who was answered in one trial.
type served struct {
	answered, connections int64
	wait                  int64 // nanoseconds that those who were not answered waited
}

func (c *Cell) add(t trial.Trial) {
	switch {
	case t.NA != "":
		c.NA = t.NA
	case t.Failed != "":
		c.Failed = append(c.Failed, t)
	case t.Load == nil:
		c.append(Trial{Trial: t})
	default:
		who := t.Load.Connections
		asked := int64(t.Cell.Connections)
		if t.Cell.RateRPS > 0 {
			asked = who.Asked
		}
		switch {
		case who.Answered < asked: // which makes it invalid: it is shown, and has no rank
			c.served = append(c.served, served{who.Answered, asked, who.LongestWaitNS})
		case t.Load.Verdict.State == "invalid":
			c.Invalid++
			return
		}
		c.append(Trial{Trial: t, Response: newCurve(t.Load)})
	}
}

func (c *Cell) append(t Trial) {
	if t.Cell.Control {
		c.Again = append(c.Again, t)
		return
	}
	c.Trials = append(c.Trials, t)
}

func (c *Cell) finish(ceiling *Cell, enough bool) {
	c.enough = enough
	byRound := func(a, b Trial) int { return a.Round - b.Round }
	slices.SortStableFunc(c.Trials, byRound)
	slices.SortStableFunc(c.Again, byRound)
	if ceiling != nil {
		share := stats.Ratios(c.Series(Rate), ceiling.Series(Rate))
		if len(share) > 0 {
			c.limit = stats.Median(share.Values())
		}
	}
}

// Series is a metric of the cell, by round.
func (c *Cell) Series(m Metric) stats.Series {
	if c == nil {
		return nil
	}
	return series(c.Trials, m)
}

func series(trials []Trial, m Metric) stats.Series {
	s := stats.Series{}
	for _, t := range trials {
		if v := m.Of(t); !math.IsNaN(v) {
			s[t.Round] = v
		}
	}
	return s
}

// Summary is a metric of the cell over the rounds.
func (c *Cell) Summary(m Metric) stats.Summary { return stats.Summarize(c.Series(m).Values()) }

// Starved reports whether a connection was never answered in any trial: how many were answered in the worst, out of
// how many, and the longest wait in nanoseconds.
func (c *Cell) Starved() (answered, connections, wait int64, starved bool) {
	for i, s := range c.served {
		if i == 0 || s.answered < answered {
			answered, connections = s.answered, s.connections
		}
		wait = max(wait, s.wait)
	}
	return answered, connections, wait, len(c.served) > 0
}

// OfCeiling is the cell's rate as a share of the client's ceiling, 0 where that was not measured.
func (c *Cell) OfCeiling() float64 { return c.limit }

// Limited reports whether the client rather than the server set the rate.
func (c *Cell) Limited() bool { return c.limit > ClientLimited }

// Standing says why a cell has no rank.
type Standing int

const (
	Ranked Standing = iota
	NotApplicable
	NotMeasured // every trial failed, or none was made
	Starved
	AtCeiling
	TooFew // rounds, though the run has enough: trials failed or were invalid
)

// Standing says whether the cell may be ranked by a metric.
func (c *Cell) Standing(m Metric) Standing {
	switch _, _, _, starved := c.Starved(); {
	case c.NA != "":
		return NotApplicable
	case starved:
		return Starved
	case len(c.Series(m)) == 0:
		return NotMeasured
	case m.OfClient && c.Limited():
		return AtCeiling
	case c.enough && len(c.Series(m)) < stats.MinRounds:
		return TooFew
	}
	return Ranked
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
