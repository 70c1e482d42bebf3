package text

import (
	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/study"
)

// ladder says what each step up costs.
func (d *document) ladder() {
	steps := d.study.Ladder()
	if len(steps) < 2 {
		return
	}
	d.say("## The ladder")
	d.say("What a request costs the server, model by model in the order in which each answers what the one before it lacks: %s, closed loop, `GET /`; `blocking`, which serves one at a time, at 1 connection, where every request also pays for waking the server. **~**: the data cannot tell the two apart.",
		units.Plural(d.study.Main().Connections, "connection"))
	t := Table{Words: 1, Header: []string{"model", "server µs per request", "range", "× the step before", "× blocking at 1"}}
	for i, step := range steps {
		row := []string{code(step.Model), "not measured here", "", "", ""}
		if step.Cell != nil {
			row[1] = units.Micros(step.Cost.Median)
			row[2] = units.Micros(step.Cost.Low) + "–" + units.Micros(step.Cost.High)
			if step.Before != "" {
				row[3] = times(step.ToBefore)
				if step.Before != steps[i-1].Model {
					row[3] += " (" + step.Before + ")"
				}
				row[4] = times(step.ToBaseline)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	d.table(t)
}

// times is a ratio, or "~" where the two cannot be told apart.
func times(c stats.Comparison) string {
	if c.Order == stats.Tied {
		return "~"
	}
	return units.Ratio(c.Median)
}

// download says what a synchronous write does to an asynchronous client.
func (d *document) download() {
	groups := d.study.Find("download", "")
	if len(groups) == 0 {
		return
	}
	d.say("## download: what a synchronous write does to an asynchronous program")
	d.say("Here it is the client that is looked at. In each mode it is due to send %s/s on connections that are kept: ten pictures in turn (2 KiB to 1 MiB), each through a redirect, and nine small replies after each. It saves every body to a file of its own. "+
		"`one-by-one` has one connection and writes a file before it goes on; `all-at-once` has %s and hands files to other threads; `inline` has as many, and the thread that sends and receives writes the files itself.",
		units.Rate(groups[0].RateRPS), units.Plural(widest(groups), "connection"))
	d.say("A request is timed from when it was due until its reply is there, its own file not included: what it waits for is the files of others. The percentiles are those of the small replies beside the pictures. "+
		"A client that keeps up has all done when the last was due, after %s.", units.Duration(due(groups[0])))
	t := Table{Words: 2, Header: []string{"model", "mode", "all done after", "p50", "p90", "p90 range", "p90 × all-at-once", "p99", "server µs", "client µs", "doubt"}}
	for _, model := range d.study.Models() {
		for _, g := range groups {
			c := g.Cell(model)
			if c == nil {
				continue
			}
			row := []string{code(model), words(g.Mode), units.Duration(c.Summary(study.Total).Median)}
			if why := unranked(c, study.Total); why != "" {
				row[2] = why
			}
			row = append(row, percentile(c, study.Beside50), percentile(c, study.Beside90), rangeOf(c, study.Beside90), besides(d.study, groups, g, model),
				percentile(c, study.Beside99), units.Micros(c.Summary(study.ServerTime).Median), units.Micros(c.Summary(study.ClientTime).Median), doubt(c))
			t.Rows = append(t.Rows, row)
		}
	}
	d.say("%s.", upper(d.on(groups[0])))
	d.table(t)
	d.picture("download.png")
}

// besides puts a model's mode over the one that hands its files to others.
func besides(s *study.Study, groups []*study.Group, g *study.Group, model string) string {
	for _, other := range groups {
		if other.Mode == study.Modes[1] && other.Placement == g.Placement {
			return relative(g, g.Cell(model), other.Cell(model), study.Beside90)
		}
	}
	return units.None
}

// widest is the largest number of connections among groups.
func widest(groups []*study.Group) int {
	n := 0
	for _, g := range groups {
		n = max(n, g.Connections)
	}
	return n
}

// due is when the last request of a paced group was due, in nanoseconds.
func due(g *study.Group) float64 {
	for _, c := range g.Cells {
		for _, t := range c.Trials {
			if t.Load != nil && g.RateRPS > 0 {
				return float64(t.Load.Requests.Planned) / g.RateRPS * 1e9
			}
		}
	}
	return 0
}
