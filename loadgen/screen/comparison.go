package screen

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/turns"
)

// terminal is the width that a terminal is assumed to have.
const terminal = 80

// Comparison writes the comparison c for people, in at most 80 columns, below the command line that asked for it.
func Comparison(w io.Writer, command string, c *result.Comparison, colours bool) error {
	var b strings.Builder
	p := against{paper{&b, colours, terminal}, c}
	fmt.Fprintln(&b, command)
	p.first()
	p.caption()
	p.targets()
	p.table()
	p.notes()
	p.ratios()
	p.twin()
	p.standing()
	if t := p.c.Trace; t != nil {
		p.gap()
		p.say("Trace: %s", p.traced(t))
	}
	p.verdicts()
	_, err := io.WriteString(w, b.String())
	return err
}

type against struct {
	paper
	c *result.Comparison
}

// gap writes an empty line.
func (p against) gap() { fmt.Fprintln(p.w) }

// first warns of what qualifies every figure.
func (p against) first() {
	if !p.c.Complete {
		p.say("%s", p.paint("INCOMPLETE: the run ended early, the verdict says why", yellow))
	}
	for _, s := range p.c.Servers {
		if s.Trouble != "" {
			p.say("%s", p.paint(s.Name+" "+s.Trouble, red))
		}
		for _, text := range starved(s.Load) {
			p.say("%s", p.paint(s.Name+": "+text, red))
		}
	}
}

// caption describes how the servers were loaded.
func (p against) caption() {
	c := p.c
	offered := ""
	if rate := p.rate(); rate > 0 {
		offered = fmt.Sprintf("%s/s offered to each, ", units.Rate(rate))
	}
	p.say("%s of slices of %s and %s, one client, %sorder by seed %d", units.Plural(c.Cycles, "cycle"), millis(c.SliceNS), millis(turns.LongFactor*c.SliceNS)+glue+"ms", offered, c.Seed)
	if c.GivenNS > 0 && c.SliceNS != c.GivenNS {
		p.say("slices are %s and %s instead of %s and %s, as a request takes longer than %s",
			millis(c.SliceNS), millis(turns.LongFactor*c.SliceNS)+glue+"ms", millis(c.GivenNS), millis(turns.LongFactor*c.GivenNS), millis(int64(turns.Lead(time.Duration(c.GivenNS))))+glue+"ms")
	}
	if c.Until == 0 {
		return
	}
	until := fmt.Sprintf("--until%s%s%%", glue, units.Count(100*c.Until))
	switch last := len(c.Looks) - 1; {
	case last >= 0 && c.Looks[last].Reached:
		p.say("ended after %s, %s of %s: %s was reached", units.Plural(c.Looks[last].Cycles, "cycle"), length(p.loaded()), p.spec().Duration, until)
	case c.Complete:
		p.say("%s was not reached", until)
	}
}

// millis writes nanoseconds as milliseconds, without the unit.
func millis(ns int64) string { return units.Count(float64(ns) / float64(time.Millisecond)) }

func (p against) spec() (s result.Spec) {
	if len(p.c.Servers) > 0 {
		s = p.c.Servers[0].Load.Spec
	}
	return s
}

// rate is the rate offered to each server, per second; 0 in a closed loop.
func (p against) rate() float64 { return p.spec().Rate }

// loaded is how long the target was loaded, in nanoseconds.
func (p against) loaded() (ns int64) {
	for _, s := range p.c.Servers[0].Slices {
		if !s.Disturbed {
			ns += s.LengthNS
		}
	}
	return ns
}

// targets lists the names of the servers with their addresses.
func (p against) targets() {
	longest := 0
	for _, s := range p.c.Servers {
		longest = max(longest, visible(s.Name))
	}
	longest = min(longest, 36)
	for _, s := range p.c.Servers {
		lead := fmt.Sprintf("    %-*s  ", longest, shortened(s.Name, longest))
		fmt.Fprintln(p.w, lead+shortened(s.Target, terminal-visible(lead)))
	}
}

// table has a row for each server. Names are shortened if the row is too long, figures never.
func (p against) table() {
	heads := []string{"requests/s", "p50", "p99", "server", "loadgen", "waking", "errors"}
	widths := make([]int, len(heads))
	for i, head := range heads {
		widths[i] = max(len(head), len(" 999us"))
	}
	var rows [][]string
	longest := 0
	for _, s := range p.c.Servers {
		row := figuresOf(s)
		for i, figure := range row {
			widths[i] = max(widths[i], visible(figure))
		}
		rows = append(rows, row)
		longest = max(longest, visible(s.Name))
	}
	apart, room := 2, 0
	for ; apart > 0; apart-- {
		room = terminal - len("  ") - apart*len(heads)
		for _, width := range widths {
			room -= width
		}
		if longest <= room {
			break
		}
	}
	apart, names := max(apart, 1), max(min(longest, room), 8)
	over := func(text string, last int) int { return sum(widths[:last+1]) + apart*(last+1) - len(text) }
	p.gap()
	response, cost := "response time", "cpu/request"
	before := over(response, slices.Index(heads, "p99"))
	between := over(cost, slices.Index(heads, "loadgen")) - before - len(response)
	fmt.Fprintf(p.w, "  %*s%s%*s%s\n", names+before, "", response, between, "", cost)
	write := func(name string, row []string) {
		fmt.Fprintf(p.w, "  %s%*s", name, names-visible(name), "")
		for i, figure := range row {
			text := strings.Repeat(" ", apart+widths[i]-visible(figure)) + figure
			fmt.Fprint(p.w, p.paintIf(heads[i] == "errors" && figure != "errors" && figure != "0", text, red))
		}
		fmt.Fprintln(p.w)
	}
	write("", heads)
	for i, row := range rows {
		write(shortened(p.c.Servers[i].Name, names), row)
	}
}

func sum(widths []int) (n int) {
	for _, width := range widths {
		n += width
	}
	return n
}

// figuresOf is a server's row of the table.
func figuresOf(s result.Compared) []string {
	response := result.Response(s.Load)
	steady, waking, own := "-", "-", "-"
	if s.Cost != nil {
		if steady, waking = units.Short(s.Cost.Steady), "~0"; s.Cost.Waking > 0 { // a difference of two measurements, which noise can make negative
			waking = units.Short(s.Cost.Waking)
		}
	}
	var spent, ok int64
	for _, slice := range s.Slices {
		if slice.Disturbed {
			continue
		}
		spent, ok = spent+slice.OwnCPUNS, ok+slice.OK
	}
	if ok > 0 {
		own = units.Short(float64(spent) / float64(ok))
	}
	return []string{units.Rate(s.Load.RateRPS), cell(response.Figure("p50")), cell(response.Figure("p99")), steady, own, waking, units.Count(s.Load.Requests.Errors)}
}

// notes explain the table, and why figures are missing from it.
func (p against) notes() {
	var lacking []string               // in the order in which they came up
	of := make(map[string][]string, 4) // the servers that lack a figure, by its format
	lack := func(format, name string) {
		if of[format] == nil {
			lacking = append(lacking, format)
		}
		of[format] = append(of[format], name)
	}
	waking, atLeast := false, false
	for _, s := range p.c.Servers {
		response := result.Response(s.Load)
		p50, p99 := response.Figure("p50"), response.Figure("p99")
		switch {
		case response.Withheld != "" && response.Withheld == result.Starved(s.Load):
			lack("no response time of %s: it would describe only the connections that were served", s.Name)
		case p50.Withheld != "" && p50.Withheld == p99.Withheld:
			lack("no response time of %s: "+escaped(p50.Withheld), s.Name)
		case p50.Withheld != "":
			lack("no p50 of %s: "+escaped(p50.Withheld), s.Name)
		}
		if p99.Withheld != "" && p99.Withheld != p50.Withheld {
			lack("no p99 of %s: "+escaped(p99.Withheld), s.Name)
		}
		if s.Cost == nil && !s.Gone {
			lack("no processor time of %s: "+escaped(cmp.Or(s.Load.TargetCPULacks, "no process is known (--pid auto)")), s.Name)
		}
		waking = waking || s.Cost != nil
		for _, f := range []result.Figure{p50, p99} {
			atLeast = atLeast || f.Withheld == "" && f.AtLeast()
		}
	}
	if atLeast {
		p.say(">= unanswered requests could raise it")
	}
	if waking && p.c.Cycles < 2*turns.MinPairs {
		p.say("processor times are of %s, too few to be certain", units.Plural(p.c.Cycles, "cycle"))
	}
	if waking {
		p.say("waking: processor time of the server per slice, on top of its requests")
	}
	for _, format := range lacking {
		p.say(format, units.List(of[format]))
	}
}

// escaped is text for use inside a format.
func escaped(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// verdicts are the verdict of the comparison, and those of servers that are not simply valid.
func (p against) verdicts() {
	p.gap()
	p.verdict(p.c.Verdict)
	for _, s := range p.c.Servers {
		further := failures(s.Load)
		if v := s.Load.Verdict; v.State != result.Valid || len(v.Reasons)+len(further) > 0 {
			p.judged(shortened(s.Name, 36), v, further...)
		}
	}
}
