package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
	"carousel/report/words"
)

// widest is the width of the first table in characters; long names may exceed it.
const widest = 100

// situations is the table of the kinds of load.
func situations(f *findings.Findings) Table {
	t := Table{Words: 4, Header: []string{"load", "choose", "by", "how sure"}}
	for i := range f.Situations {
		s := &f.Situations[i]
		t.Rows = append(t.Rows, []string{words.Situation(f, s), words.Choose(s), words.Criterion(s), ""})
	}
	left := widest - len("|  |") // of the last column
	for col := range 3 {
		wide := utf8.RuneCountInString(t.Header[col])
		for _, row := range t.Rows {
			wide = max(wide, utf8.RuneCountInString(row[col]))
		}
		left -= wide + len("|  ")
	}
	for i := range t.Rows {
		t.Rows[i][3] = words.HowSure(f, &f.Situations[i], left)
	}
	return t
}

// column is one figure of a cell's table.
type column struct {
	name string
	of   func(m *findings.Model) string
}

// cellTable has a row for every model of a cell, and one for the null responder.
func cellTable(c *findings.Cell, columns []column) Table {
	t := Table{Words: 1, Header: []string{"model"}}
	for _, col := range columns {
		t.Header = append(t.Header, col.name)
	}
	add := func(name string, m *findings.Model) {
		row := []string{name}
		for _, col := range columns {
			row = append(row, col.of(m))
		}
		t.Rows = append(t.Rows, row)
	}
	for i := range c.Models {
		add(words.Model(c.Models[i].Name), &c.Models[i])
	}
	if c.Null != nil {
		add("null responder", c.Null)
	}
	// leave out empty columns
	for i := len(t.Header) - 1; i > 0; i-- {
		if !slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != "" && row[i] != units.None }) {
			t = t.without(t.Header[i])
		}
	}
	return t
}

// value is a figure's middle.
func value(name, metric string) column {
	return column{name, func(m *findings.Model) string {
		f, ok := m.Figures[metric]
		if !ok || hidden(m, metric) {
			return units.None
		}
		return words.AtLeast(f) + number(metric, f.Value)
	}}
}

// number is a figure without its unit, if the column's header has that.
func number(metric string, v float64) string {
	switch metric {
	case findings.Rate:
		return units.Rate(v)
	case findings.Capacity:
		return words.Thousands(v)
	case findings.Cost, findings.Whole, findings.Client, findings.Both:
		return units.Micros(v)
	case findings.Waking:
		return units.Rate(v / 1000)
	case findings.Memory, findings.Added:
		return units.Rate(v / (1 << 20))
	}
	return words.Value(metric, v)
}

// hidden reports whether a figure is not shown: those of a model without a rank would flatter it, except its memory.
func hidden(m *findings.Model, metric string) bool {
	return m.Lacks != nil && metric != findings.Memory
}

// waking is the cost of a slice apart from its requests, with its interval. It is small and noisy: "~0" if the interval includes 0.
var waking = column{"waking, µs per slice", func(m *findings.Model) string {
	f, ok := m.Figures[findings.Waking]
	if !ok || hidden(m, findings.Waking) {
		return units.None
	}
	middle := number(findings.Waking, f.Value)
	if f.Low < 0 {
		middle = "~0"
	}
	return middle + " (" + number(findings.Waking, f.Low) + " to " + number(findings.Waking, f.High) + ")"
}}

// first is the main figure of a cell, or why a model has none.
func first(name, metric string) column {
	of := value(name, metric).of
	return column{name, func(m *findings.Model) string {
		if m.Lacks != nil {
			return words.Lack(m)
		}
		return of(m)
	}}
}

// interval is the interval of a figure; where connections starved, how long they waited.
func interval(metric string) column {
	return column{"interval", func(m *findings.Model) string {
		f, ok := m.Figures[metric]
		switch {
		case m.Lacks != nil && m.Lacks.WaitNS > 0:
			return "others waited " + units.Duration(float64(m.Lacks.WaitNS))
		case !ok || hidden(m, metric):
			return ""
		}
		if number(metric, f.Low) == words.Value(metric, f.Low) {
			return words.Interval(metric, f)
		}
		return number(metric, f.Low) + "–" + number(metric, f.High)
	}}
}

// toReference is the ratio of a model to the reference.
func toReference(f *findings.Findings, c *findings.Cell, metric string) column {
	r := c.Ranking(metric)
	return column{"× " + words.Words(words.Name(f.Run.Reference)), func(m *findings.Model) string {
		if m.Name == f.Run.Reference && m.Lacks == nil {
			return "1"
		}
		if r != nil {
			for _, p := range r.Places {
				if p.Model == m.Name && p.ToReference != nil {
					return words.Ratio(p.ToReference.Over(m.Name))
				}
			}
		}
		return ""
	}}
}

// tie are the letters of a ranking: two models that share one cannot be told apart.
func tie(c *findings.Cell, metric string) column {
	r := c.Ranking(metric)
	return column{"tie", func(m *findings.Model) string {
		if r != nil {
			for _, p := range r.Places {
				if p.Model == m.Name {
					return p.Letters
				}
			}
		}
		return ""
	}}
}

var doubt = column{"doubt", words.Doubts}

// ofNull is a model's rate over the null responder's.
var ofNull = column{"of null", func(m *findings.Model) string {
	if m.OfNull == 0 || m.Lacks != nil {
		return ""
	}
	return units.Percent(m.OfNull)
}}

// costs are the columns about the cost of a request that follow the main figure.
func costs(c *findings.Cell) []column {
	server := "server µs"
	if c.InTurns {
		server = "server µs, steady"
	}
	return []column{value(server, findings.Cost), waking, value("client µs", findings.Client),
		value("both µs", findings.Both), value("MiB", findings.Memory), doubt}
}

// closedTable is the table of a closed loop: capacity first if it is known, else the rate.
func closedTable(f *findings.Findings, c *findings.Cell) Table {
	metric, name := findings.Capacity, "requests/s per processor"
	if r := c.Ranking(metric); r == nil || len(r.Places) == 0 {
		metric, name = findings.Rate, "requests/s"
	}
	columns := []column{first(name, metric), interval(metric), toReference(f, c, metric), tie(c, metric)}
	if metric != findings.Rate {
		columns = append(columns, value("requests/s", findings.Rate))
	}
	columns = append(columns, ofNull, value("p50", findings.P50), value("p99", findings.P99))
	t := cellTable(c, append(columns, costs(c)...))
	t.Spare = []string{"of null", "MiB", "both µs", "client µs", "waking, µs per slice", "doubt", "interval", "server µs, steady", "p50", "server µs", "requests/s", "tie"}
	return t
}

// costTable is the table of a fixed rate.
func costTable(f *findings.Findings, c *findings.Cell) Table {
	return cellTable(c, []column{first("server µs, steady", findings.Cost), interval(findings.Cost), toReference(f, c, findings.Cost), tie(c, findings.Cost),
		waking, value("server µs, with waking", findings.Whole), value("client µs", findings.Client), value("both µs", findings.Both),
		value("p50", findings.P50), value("p99", findings.P99), value("MiB", findings.Memory), doubt})
}

// callsTable shows the system calls and other kernel events of a request, beside the expected number of calls.
func callsTable(c *findings.Cell) Table {
	each := func(name, metric string) column {
		return column{name, func(m *findings.Model) string {
			switch f, ok := m.Figures[metric]; {
			case m.Uncounted[metric] != "":
				return "n/a"
			case ok && !hidden(m, metric):
				return words.Value(metric, f.Value)
			}
			return units.None
		}}
	}
	expected := func(name string, of func(a *findings.SystemCalls) string) column {
		return column{name, func(m *findings.Model) string {
			if m.SystemCalls == nil {
				return ""
			}
			return of(m.SystemCalls)
		}}
	}
	calls := each("calls", findings.Calls)
	return cellTable(c, []column{
		{"calls", func(m *findings.Model) string {
			if m.Lacks != nil {
				return words.Lack(m)
			}
			return calls.of(m)
		}},
		expected("expected", words.Expected),
		expected("k", func(a *findings.SystemCalls) string {
			if a.K == 0 {
				return ""
			}
			return fmt.Sprintf("%.3g", a.K)
		}),
		each("switches", findings.Switches), each("migrations", findings.Migrations), each("page faults", findings.Faults), doubt,
	})
}

// offered is the share of the offered rate that was served.
func offered(c *findings.Cell) column {
	return column{"of offered", func(m *findings.Model) string {
		if rate, ok := m.Figures[findings.Rate]; ok && c.RateRPS > 0 && !hidden(m, findings.Rate) {
			return units.Percent(rate.Value / c.RateRPS)
		}
		return ""
	}}
}

// pacedTable is the table of a steady stream.
func pacedTable(f *findings.Findings, c *findings.Cell) Table {
	decides, other := findings.P99, findings.P50
	if s := f.Situation(findings.Steady); s != nil && s.Metric == findings.P50 {
		decides, other = other, decides
	}
	names := map[string]string{findings.P50: "p50", findings.P99: "p99"}
	return cellTable(c, append([]column{first(names[decides], decides), interval(decides), toReference(f, c, decides), tie(c, decides),
		value(names[other], other), value("p90", findings.P90), value("p99.9", findings.P999), value("service time p99", findings.Service),
		value("send lateness p99", findings.Lateness), offered(c)}, costs(c)...))
}

// othersTable is the table of clients with small requests beside a flooder, slow readers or computing handlers.
func othersTable(f *findings.Findings, c *findings.Cell) Table {
	rate := value("their requests/s", findings.Rate)
	if c.RateRPS > 0 {
		rate = offered(c)
	}
	columns := []column{first("p99 of the others", findings.Beside99), interval(findings.Beside99), toReference(f, c, findings.Beside99), tie(c, findings.Beside99),
		value("p90", findings.Beside90), value("p50", findings.Beside50), rate}
	for _, m := range c.Models {
		if _, ok := m.Figures[findings.Share]; ok { // there is a flooder
			columns = append(columns, value("fairness", findings.Fairness), value("share of the flooder", findings.Share))
			break
		}
	}
	return cellTable(c, append(columns, value("MiB added", findings.Added), value("MiB", findings.Memory), doubt))
}

// silentAt lists the numbers of silent connections that the table of scenario thinking shows: 1, 64, just below the descriptor limit of select,
// and all.
func silentAt(limit int) []int {
	at := []int{1}
	for _, n := range []int{64, 900, limit} {
		if n > at[len(at)-1] && n <= limit {
			at = append(at, n)
		}
	}
	return at
}

// thinkingTable shows beside how many silent connections a model still answers.
func thinkingTable(c *findings.Cell) Table {
	limit := c.Connections
	for _, m := range c.Models {
		if m.Silent != nil {
			limit = max(limit, m.Silent.Limit)
		}
	}
	t := Table{Header: []string{"model"}}
	for _, n := range silentAt(limit) {
		t.Header = append(t.Header, "beside "+units.Count(n))
	}
	t.Header = append(t.Header, "where it stopped", "MiB", "doubt")
	t.Words = len(t.Header)
	for i := range c.Models {
		m := &c.Models[i]
		row := []string{words.Model(m.Name)}
		for _, n := range silentAt(limit) {
			answered := "–"
			if s := m.Silent; s != nil {
				answered = map[bool]string{true: "answered", false: "no"}[s.All || n <= s.Bears]
			}
			row = append(row, answered)
		}
		row = append(row, stopped(m), value("", findings.Memory).of(m), words.Doubts(m))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// stopped says at how many silent connections a model refused or stopped answering.
func stopped(m *findings.Model) string {
	s := m.Silent
	switch {
	case s == nil:
		return words.Lack(m)
	case s.All:
		return ""
	case s.Refused:
		return "refused clients at " + units.Count(words.Stop(s))
	}
	wait := ""
	if s.WaitNS > 0 {
		wait = ", no reply for " + units.Duration(float64(s.WaitNS))
	}
	return "stopped at " + units.Count(words.Stop(s)) + wait
}

// ceilingTable shows how many clients were served, refused and broken, at each number of clients that stay.
func ceilingTable(c *findings.Cell) Table {
	t := Table{Header: []string{"model"}}
	var at []int
	for _, m := range c.Models {
		for _, step := range m.Crowds {
			if !slices.Contains(at, step.Connections) {
				at = append(at, step.Connections)
			}
		}
	}
	slices.Sort(at)
	for _, n := range at {
		t.Header = append(t.Header, "of "+units.Count(n))
	}
	t.Header = append(t.Header, "broken", "MiB", "doubt")
	t.Words = len(t.Header)
	for i := range c.Models {
		m := &c.Models[i]
		row := []string{words.Model(m.Name)}
		how := ""
		for _, n := range at {
			crowd := words.Lack(m)
			if k := slices.IndexFunc(m.Crowds, func(step result.Crowd) bool { return step.Connections == n }); k >= 0 {
				crowd, how = words.Crowd(m.Crowds[k]), words.BrokenBy(m.Crowds[k])
			}
			row = append(row, crowd)
		}
		t.Rows = append(t.Rows, append(row, how, value("", findings.Memory).of(m), words.Doubts(m)))
	}
	return t
}

// exhaustTable shows what a server does with more clients than descriptors.
func exhaustTable(c *findings.Cell) Table {
	clients := column{"clients", func(m *findings.Model) string {
		if m.Lacks != nil || len(m.Crowds) == 0 {
			return words.Lack(m)
		}
		return words.Crowd(m.Crowds[0])
	}}
	broken := column{"broken", func(m *findings.Model) string {
		if len(m.Crowds) == 0 {
			return ""
		}
		return words.BrokenBy(m.Crowds[0])
	}}
	ended := column{"how the server ended", func(m *findings.Model) string { return words.Words(m.Ended) }}
	t := cellTable(c, []column{clients, broken, value("processor use while full", findings.Full), value("served again after", findings.Recovery), ended, doubt})
	t.Words = len(t.Header)
	return t
}

// idleTable shows the cost of a request beside each number of silent connections, and how cost and memory grow with them.
func idleTable(f *findings.Findings, cells []*findings.Cell) Table {
	t := Table{Words: 1, Header: []string{"model"}}
	for _, c := range cells {
		t.Header = append(t.Header, "server µs beside "+units.Count(c.Idle))
	}
	t.Header = append(t.Header, "µs per 1,000", "growth", "server MiB per 1,000", "kernel MiB per 1,000", "doubt")
	for _, model := range f.Run.Models {
		row := []string{words.Model(model)}
		var all []*findings.Model
		for _, c := range cells {
			m := c.Model(model)
			if m == nil {
				row = append(row, "")
				continue
			}
			row, all = append(row, first("", findings.Cost).of(m)), append(all, m)
		}
		if strings.Join(row[1:], "") == "" {
			continue
		}
		growth := findings.Growth{}
		if i := slices.IndexFunc(f.Growth, func(g findings.Growth) bool { return g.Model == model }); i >= 0 {
			growth = f.Growth[i]
		}
		row = append(row, sloped(growth.Cost, units.Micros), words.Grown[growth.Shape], sloped(growth.User, words.Mebibytes), sloped(growth.Kernel, words.Mebibytes),
			words.AllDoubts(all))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sloped is a slope with its lowest and highest round.
func sloped(f *findings.Figure, write func(float64) string) string {
	if f == nil {
		return units.None
	}
	of := func(v float64) string {
		if s := write(v); strings.Trim(s, "-0.") != "" {
			return s
		}
		return "0"
	}
	return of(f.Value) + " (" + of(f.Low) + " to " + of(f.High) + ")"
}

// blockTable shows handlers that block beside handlers that wait.
func blockTable(f *findings.Findings, block, sleep *findings.Cell) Table {
	t := Table{Words: 1, Header: []string{"model"}}
	sides := []struct {
		cell *findings.Cell
		path string
	}{{block, "/block"}, {sleep, "/sleep"}}
	for _, side := range sides {
		if side.cell != nil {
			t.Header = append(t.Header, side.path+", requests/s", "of "+units.Rate(side.cell.All)+"/s", "tie")
		}
	}
	for _, model := range f.Run.Models {
		row := []string{words.Model(model)}
		any := false
		for _, side := range sides {
			if side.cell == nil {
				continue
			}
			m := side.cell.Model(model)
			any = any || m != nil
			rate, ok := findings.Figure{}, false
			if m != nil {
				rate, ok = m.Figures[findings.Rate]
			}
			if !ok || m.Lacks != nil {
				row = append(row, words.Lack(m), "", "")
				continue
			}
			of := ""
			if side.cell.All > 0 {
				of = units.Percent(rate.Value / side.cell.All)
			}
			row = append(row, number(findings.Rate, rate.Value)+" ("+number(findings.Rate, rate.Low)+"–"+number(findings.Rate, rate.High)+")", of, tie(side.cell, findings.Rate).of(m))
		}
		if any {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// downloadTable has a row for every mode of every model.
func downloadTable(f *findings.Findings, cells []*findings.Cell) Table {
	t := Table{Words: 2, Header: []string{"model", "mode", "all done after", "p50", "p90", "interval", "p99", "server µs", "client µs", "doubt"}}
	for _, model := range f.Run.Models {
		for _, c := range cells {
			m := c.Model(model)
			if m == nil {
				continue
			}
			row := []string{words.Model(model), words.Words(c.Mode)}
			for _, col := range []column{first("", findings.Total), value("", findings.Beside50), value("", findings.Beside90), interval(findings.Beside90), value("", findings.Beside99),
				value("", findings.Cost), value("", findings.Client), doubt} {
				row = append(row, col.of(m))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// crossCheckTable shows loadgen's own engine beside another.
func crossCheckTable(o findings.CrossCheck) Table {
	other := words.Words(o.Engine)
	t := Table{Words: 1, Header: []string{"figure", "loadgen", other, other + " ÷ loadgen"}}
	for _, metric := range []string{findings.Rate, findings.Mean, findings.P50} {
		own, ok := o.Own[metric]
		if !ok {
			continue
		}
		row := []string{words.Measure(metric), words.Figure(metric, own), units.None, units.None}
		if theirs, ok := o.Other[metric]; ok {
			row[2] = words.Figure(metric, theirs)
		}
		for _, r := range o.Ratios {
			if r.Metric == metric {
				row[3] = fmt.Sprintf("%s (%s–%s)", units.Ratio(r.Ratio), units.Ratio(r.Low), units.Ratio(r.High))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ladderTable shows the cost of each model beside that of the one before it.
func ladderTable(steps []findings.Step) Table {
	t := Table{Words: 1, Header: []string{"model", "connections", "server µs per request", "interval", "× the one before", "× blocking at 1"}}
	for i, step := range steps {
		row := []string{words.Model(step.Model), units.Count(step.At), "not measured", "", "", ""}
		if step.Cost != nil {
			row[2], row[3] = units.Micros(step.Cost.Value), units.Micros(step.Cost.Low)+"–"+units.Micros(step.Cost.High)
			if step.ToBefore != nil {
				row[4] = words.Ratio(step.ToBefore.Over(step.Model))
				if i > 0 && step.Before != steps[i-1].Model {
					row[4] += " of " + words.Model(step.Before)
				}
			}
			if step.ToBaseline > 0 {
				row[5] = units.Ratio(step.ToBaseline)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// expectationTable compares expectations with measurements: a row for each model, a column for each scenario.
func expectationTable(f *findings.Findings) Table {
	t := Table{Header: []string{"model"}}
	row := map[string]int{}
	for _, e := range f.Expectations {
		if scenario := words.Words(e.Scenario); !slices.Contains(t.Header[1:], scenario) {
			t.Header = append(t.Header, scenario)
		}
	}
	t.Words = len(t.Header)
	for _, e := range f.Expectations {
		if _, ok := row[e.Model]; !ok {
			row[e.Model] = len(t.Rows)
			t.Rows = append(t.Rows, make([]string, len(t.Header)))
			t.Rows[row[e.Model]][0] = words.Model(e.Model)
		}
		t.Rows[row[e.Model]][1+slices.Index(t.Header[1:], words.Words(e.Scenario))] = words.Expectation(f, e)
	}
	return t
}

// environmentTable shows where and how a run was made.
func environmentTable(f *findings.Findings) Table {
	run := f.Run
	t := Table{Words: 2, Header: []string{"what", "value"}, Rows: [][]string{
		{"plan", words.Words(run.Plan)},
		{"seed", fmt.Sprint(run.Seed)},
		{"rounds", fmt.Sprintf("%d of %d", run.Rounds, run.Planned)},
		{"whole trials", units.Duration(float64(run.WindowNS)) + " after " + units.Duration(float64(run.WarmupNS)) + " of warm-up, unless the plan sets other times for a scenario"},
		{"started", words.Time(run.Started)},
		{"finished", "no: interrupted"},
	}}
	if findings.Portraits(f.Cells) && run.Rounds == 1 {
		t.Rows[2][1] = words.Once
	}
	if run.WindowNS == 0 || findings.Portraits(f.Cells) {
		t.Rows[3][1] = units.None
	}
	if run.Finished != nil {
		t.Rows[len(t.Rows)-1][1] = words.Time(*run.Finished)
	}
	for _, p := range []string{result.Split, result.Shared} {
		if at := run.ServerOn[p]; at != "" {
			t.Rows = append(t.Rows, []string{"server, " + p, words.Words(at)})
		}
	}
	var keys []string
	for key := range run.Environment {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, strings.Compare)
	for _, key := range keys {
		t.Rows = append(t.Rows, []string{words.Words(key), words.Words(run.Environment[key])})
	}
	return t
}
