package screen

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/kept"
)

// Pair writes the comparison of two records for people, in at most 80 columns.
func Pair(w io.Writer, command string, c *kept.Pair, colours bool) error {
	var b strings.Builder
	p := pair{paper{&b, colours, terminal}, c}
	fmt.Fprintln(&b, command)
	p.runs()
	p.table()
	p.doubt()
	for _, r := range []kept.Record{c.A, c.B} {
		p.judged(shortened(r.Name, 36), r.Load.Verdict, failures(r.Load)...)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type pair struct {
	paper
	c *kept.Pair
}

func (p pair) sides() []kept.Record { return []kept.Record{p.c.A, p.c.B} }

// width is how many columns names take, at most most.
func (p pair) width(most int) int {
	return min(most, max(visible(p.c.A.Name), visible(p.c.B.Name), len("ratio")))
}

// runs lists when each load ran, and in what else they differ.
func (p pair) runs() {
	p.say("%s", p.paint(p.c.Apart(), yellow))
	names := p.width(24)
	for _, r := range p.sides() {
		l := r.Load
		lead := fmt.Sprintf("    %-*s  %s UTC %8s  ", names, shortened(r.Name, names), l.Window.Start.UTC().Format(time.DateTime), units.Short(float64(l.Window.ElapsedNS)))
		fmt.Fprintln(p.w, lead+shortened(l.Spec.Target, terminal-visible(lead)))
		if !l.Complete {
			p.say("%s", p.paint(r.Name+" is INCOMPLETE: the run ended early, the verdict says why", yellow))
		}
		for _, text := range starved(l) {
			p.say("%s", p.paint(r.Name+": "+text, red))
		}
	}
	var differ []string
	for _, d := range p.c.Differs {
		differ = append(differ, d.String())
	}
	if len(differ) > 0 {
		p.say("they differ in %s", strings.Join(differ, "; "))
	}
}

// table has a row for each load, and one for the ratio of the second to the first.
func (p pair) table() {
	columns := []struct{ over, head, metric string }{
		{"", "requests/s", result.MetricRate},
		{"", "p50", "p50"}, {"response time", "p99", "p99"}, {"", "mean", "mean"},
		{"service", "mean", "service_mean"},
		{"", "server", "target_cpu_per_request"}, {"cpu/request", "loadgen", "cpu_per_request"},
		{"", "errors", kept.MetricErrors},
	}
	rows := make([][]string, 4) // heads, two loads and the ratio
	for _, column := range columns {
		f := p.c.Find(column.metric)
		ratio := "-"
		if f.Lacks == "" {
			ratio = units.Ratio(f.Ratio)
		}
		for i, text := range []string{column.head, shown(column.metric, f.A), shown(column.metric, f.B), ratio} {
			rows[i] = append(rows[i], text)
		}
	}
	widths, room := make([]int, len(columns)), terminal-len("  ")
	for i := range columns {
		for _, row := range rows {
			widths[i] = max(widths[i], visible(row[i]))
		}
		room -= widths[i]
	}
	names, apart := p.width(24), 2
	if names > room-apart*len(columns) {
		apart = 1
		names = max(min(names, room-apart*len(columns)), len("ratio"))
	}
	over := ""
	var lines []string
	for k, label := range []string{"", p.c.A.Name, p.c.B.Name, "ratio"} {
		label = shortened(label, names)
		line := "  " + label + strings.Repeat(" ", names-visible(label))
		for i, column := range columns {
			line += strings.Repeat(" ", apart+widths[i]-visible(rows[k][i])) + rows[k][i]
			if k == 0 && column.over != "" { // it ends where its column does, or as little later as it must
				over += fmt.Sprintf("%*s", max(visible(line)-visible(over), len(column.over)+1), column.over)
			}
		}
		lines = append(lines, line)
	}
	fmt.Fprintf(p.w, "\n%s\n%s\n", over, strings.Join(lines, "\n"))
}

// shown is a figure of the table.
func shown(metric string, v kept.Value) string {
	switch {
	case v.Lacks != "":
		return "-"
	case metric == result.MetricRate:
		return units.Rate(v.Of)
	case metric == kept.MetricErrors && v.Of == 0:
		return "0"
	case metric == kept.MetricErrors:
		return fmt.Sprintf("%.2g%%", 100*v.Of)
	case v.AtLeast:
		return ">=" + units.Short(v.Of)
	}
	return units.Short(v.Of)
}

// doubt lists the missing ratios, and explains how little a ratio of two runs proves.
func (p pair) doubt() {
	var reasons []string
	of := map[string][]string{}
	for _, f := range p.c.Figures {
		if f.Lacks == "" || f.Metric == kept.MetricErrors {
			continue
		}
		if of[f.Lacks] == nil {
			reasons = append(reasons, f.Lacks)
		}
		of[f.Lacks] = append(of[f.Lacks], result.Label(strings.ReplaceAll(f.Metric, "_", glue)))
	}
	for _, reason := range reasons {
		p.say("no ratio of %s: %s", units.List(of[reason]), reason)
	}
	fmt.Fprintln(p.w)
	var within []string
	for _, r := range p.sides() {
		if low, high, known := tenths(r.Load); known {
			within = append(within, fmt.Sprintf("%s to %s/s in the tenths of %s", units.Rate(low), units.Rate(high), r.Name))
		}
	}
	if len(within) > 0 {
		p.say("within a run the rate was %s", strings.Join(within, ", "))
	}
	p.say("The ratio of two runs has no interval: it includes whatever the machine did during only one of them. " +
		"Two runs of one server, half a minute apart on a shared machine, have differed by 16 to 48" + glue + "%%. loadgen" + glue + "--vs loads both in turns, and gives intervals.")
	fmt.Fprintln(p.w)
}

// tenths returns the lowest and the highest rate among the tenths of a window, per second.
func tenths(l *result.Load) (low, high float64, known bool) {
	s := l.Series
	if s == nil || len(s.Replies) < 10 {
		return 0, 0, false
	}
	each := len(s.Replies) / 10
	var rates []float64
	for part := range slices.Chunk(s.Replies[:10*each], each) {
		sum := int64(0)
		for _, n := range part {
			sum += n
		}
		rates = append(rates, float64(sum)/(float64(each)*float64(s.BinNS))*1e9)
	}
	return slices.Min(rates), slices.Max(rates), true
}
