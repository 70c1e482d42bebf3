package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/study"
)

// situations is the table by kind of load.
func situations(s *study.Study) Table {
	t := Table{Words: 6, Header: []string{"situation", "cell", "choose", "by", "ahead of the next, and of the last", "without rank"}}
	list := s.Situations()
	waits := slices.IndexFunc(list, func(x study.Situation) bool { return x.Ranking.Group.Scenario == "hello" })
	for i, situation := range list {
		if i == max(waits, 0) {
			t.Rows = append(t.Rows, idle(s)...)
		}
		r := situation.Ranking
		row := []string{situation.Name, cell(r.Group), "not compared", r.Metric.Name, "", others(r)}
		if best := r.Best(); len(best) > 0 {
			row[2] = fmt.Sprintf("%s (%s)", models(best), medians(best, r.Metric))
			if len(best) > 1 {
				row[2] = "tie: " + row[2]
			}
		}
		if r.Alone() {
			row[2] = "not compared: " + alone(r)
		}
		if rest := r.Rest(); len(r.Best()) > 0 && len(rest) > 0 {
			row[4] = ahead(r, rest[0])
			if len(rest) > 1 {
				row[4] += ", " + ahead(r, rest[len(rest)-1])
			}
		}
		if r.Metric.Name == study.ServerTime.Name {
			row[3] += " (rates are the client's)"
		}
		if _, measured := s.Noise(r.Group.Scenario, r.Metric); !measured && len(r.Places) > 1 {
			row[3] += "; no control was measured"
		}
		t.Rows = append(t.Rows, row)
	}
	if len(list) == 0 {
		t.Rows = idle(s)
	}
	return t
}

// idle are the rows of scenario thinking, which has no metric to rank by.
func idle(s *study.Study) [][]string {
	var rows [][]string
	for _, g := range s.Find("thinking", "") {
		all, some := g.Bearing()
		if len(all)+len(some) == 0 {
			continue
		}
		row := []string{"many idle or thinking clients", cell(g), bearing(all), "a probe beside silent connections is answered", "", bearing(some)}
		if len(some) > 0 {
			row[5] += ": a probe went unanswered"
		}
		rows = append(rows, row)
	}
	return rows
}

func bearing(cells []*study.Cell) string {
	var out []string
	for _, c := range cells {
		out = append(out, code(c.Model))
	}
	return units.List(out)
}

// column is one figure of a group's table.
type column struct {
	name string
	of   func(c *study.Cell) string
}

// groupTable has a row for every cell of a group, and one for the null responder.
func groupTable(g *study.Group, columns []column) Table {
	t := Table{Words: 1, Header: []string{"model"}}
	for _, col := range columns {
		t.Header = append(t.Header, col.name)
	}
	add := func(name string, c *study.Cell) {
		row := []string{name}
		for _, col := range columns {
			row = append(row, col.of(c))
		}
		t.Rows = append(t.Rows, row)
	}
	for _, c := range g.Cells {
		if c.Engine == "" {
			add(code(c.Model), c)
		}
	}
	if g.Null != nil {
		add("null responder", g.Null)
	}
	return t
}

// groupColumns are the columns of a closed loop's table; brief keeps those that fit a terminal.
func groupColumns(s *study.Study, g *study.Group, brief bool) []column {
	letters := lettersOf(g.Rank(study.Rate))
	columns := []column{
		{"requests/s", rateOrWhy},
		{"range", func(c *study.Cell) string { return rangeOrWait(c, study.Rate) }},
		{"× " + words(s.Reference()), func(c *study.Cell) string { return relative(g, c, g.Cell(s.Reference()), study.Rate) }},
		{"tie", func(c *study.Cell) string { return letters[c] }},
	}
	if g.Null != nil && !brief {
		columns = append(columns, column{"of null", func(c *study.Cell) string {
			if c.OfNull() == 0 || c.Starved() {
				return ""
			}
			return units.Percent(c.OfNull())
		}})
	}
	columns = append(columns,
		column{"p50", func(c *study.Cell) string { return percentile(c, study.P50) }},
		column{"p99", func(c *study.Cell) string { return percentile(c, study.P99) }})
	return append(columns, costColumns(s, brief)...)
}

// pacedColumns are the columns of a paced group's table.
func pacedColumns(s *study.Study, g *study.Group) []column {
	letters := lettersOf(g.Rank(study.P99))
	columns := []column{
		{"requests/s", rateOrWhy},
		{"range", func(c *study.Cell) string { return rangeOrWait(c, study.Rate) }},
		{"of offered", func(c *study.Cell) string {
			if c.Starved() || c.Summary(study.Rate).N == 0 {
				return ""
			}
			return units.Percent(c.Summary(study.Rate).Median / g.RateRPS)
		}},
		{"p50", func(c *study.Cell) string { return percentile(c, study.P50) }},
		{"p99", func(c *study.Cell) string { return percentile(c, study.P99) }},
		{"p99 range", func(c *study.Cell) string { return rangeOf(c, study.P99) }},
		{"p99 × " + words(s.Reference()), func(c *study.Cell) string { return relative(g, c, g.Cell(s.Reference()), study.P99) }},
		{"tie", func(c *study.Cell) string { return letters[c] }},
		{"p99.9", func(c *study.Cell) string { return percentile(c, study.P999) }},
		{"p99 of service", func(c *study.Cell) string { return percentile(c, study.ServiceP) }},
		{"p99 of send lateness", func(c *study.Cell) string { return percentile(c, study.LatenessP) }},
	}
	return append(columns, costColumns(s, false)...)
}

// costColumns say what a request costs, and in how many trials a check cast doubt.
func costColumns(s *study.Study, brief bool) []column {
	us := func(m study.Metric) func(*study.Cell) string {
		return func(c *study.Cell) string { return units.Micros(c.Summary(m).Median) }
	}
	columns := []column{{"server µs", us(study.ServerTime)}, {"client µs", us(study.ClientTime)}, {"both µs", us(study.BothTime)}}
	if s.Baseline() != nil && !brief {
		columns = append(columns, column{"server × blocking at 1", func(c *study.Cell) string {
			if c.Model == result.Null {
				return ""
			}
			return units.Ratio(stats.Summarize(stats.Ratios(c.Series(study.ServerTime), s.Baseline().Series(study.ServerTime)).Values()).Median)
		}})
	}
	return append(columns, column{"doubt", doubt})
}

func rateOrWhy(c *study.Cell) string {
	if why := unranked(c, study.Rate); why != "" && c.Standing(study.Rate) < study.ClientSet {
		return why
	}
	return units.Rate(c.Summary(study.Rate).Median)
}

func rangeOrWait(c *study.Cell, m study.Metric) string {
	if c.Starved() {
		return "others waited " + units.Duration(float64(c.Hunger().WaitNS))
	}
	return rangeOf(c, m)
}

func rangeOf(c *study.Cell, m study.Metric) string {
	sum := c.Summary(m)
	if sum.N == 0 || c.Starved() {
		return ""
	}
	if m.Name == study.Rate.Name {
		return units.Rate(sum.Low) + "–" + units.Rate(sum.High)
	}
	return units.Duration(sum.Low) + "–" + units.Duration(sum.High)
}

// relative is a over b within rounds: "~" where they cannot be told apart.
func relative(g *study.Group, a, b *study.Cell, m study.Metric) string {
	switch {
	case a.Model == result.Null:
		return ""
	case a.Standing(m) == study.ClientSet:
		return limited
	case a.Standing(m) != study.Ranked || b == nil || b.Standing(m) != study.Ranked:
		return units.None
	case a == b:
		return "1"
	}
	switch c := g.Compare(a, b, m); c.Order {
	case stats.Unknown:
		return units.None
	case stats.Tied:
		return "~"
	default:
		return units.Ratio(c.Median)
	}
}

func lettersOf(r study.Ranking) map[*study.Cell]string {
	letters := map[*study.Cell]string{}
	for _, p := range r.Places {
		letters[p.Cell] = cmp.Or(p.Letters, units.None)
	}
	for _, c := range r.Others {
		letters[c] = units.None
	}
	return letters
}

func percentile(c *study.Cell, m study.Metric) string {
	sum := c.Summary(m)
	if c.Starved() || sum.N == 0 {
		return units.None
	}
	if c.AtLeast(m) {
		return "≥ " + units.Duration(sum.Median)
	}
	return units.Duration(sum.Median)
}

// doubt says how many of a cell's trials a check called into question, or came to nothing.
func doubt(c *study.Cell) string {
	suspect := 0
	for _, t := range c.Trials {
		if t.Load != nil && t.Load.Verdict.State == "suspect" {
			suspect++
		}
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{suspect, "suspect"}, {c.Invalid, "invalid"}, {len(c.Failed), "failed"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if less := lapse(c); less != "" {
		parts = append(parts, less)
	}
	return strings.Join(parts, ", ")
}
