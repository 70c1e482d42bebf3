// Package screen renders progress and results for people: the live line during a run, and the summaries after it.
package screen

import (
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/internal/usage"
)

// Colours reports whether f is a terminal that wants colours (no-color.org).
func Colours(f *os.File) bool { return Terminal(f) && os.Getenv("NO_COLOR") == "" }

// Terminal reports whether f is a terminal that can redraw a line.
func Terminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Summary writes the result of the load l for people, below the command line that asked for it.
func Summary(w io.Writer, command string, l *result.Load, colours bool) error {
	var b strings.Builder
	p := page{paper{w: &b, colours: colours}, l}
	fmt.Fprintln(&b, command)
	p.first()
	p.merged()
	p.books()
	p.rate()
	p.arrivals()
	p.latency()
	p.spread()
	p.over()
	p.kinds()
	p.errors()
	p.connections()
	p.secured()
	p.silent()
	p.cost()
	p.counted()
	p.trace()
	p.verdict(p.restOfVerdict())
	_, err := io.WriteString(w, b.String())
	return err
}

type page struct {
	paper
	l *result.Load
}

// first warns of what qualifies every figure: a run that ended early, and connections that were never answered.
func (p page) first() {
	if !p.l.Complete {
		fmt.Fprintf(p.w, "  %s\n", p.paint("INCOMPLETE: the run ended early, the verdict says why", yellow))
	}
	for _, text := range starved(p.l) {
		fmt.Fprintf(p.w, "  %s\n", p.paint(text, red))
	}
}

// starved reports connections that were never answered, and the cause that the verdict gives.
func starved(l *result.Load) (texts []string) {
	who := result.Starved(l)
	if who == "" {
		return nil
	}
	texts = append(texts, who)
	for _, reason := range l.Verdict.Reasons {
		if reason.Text == who {
			texts = append(texts, reason.Advice)
		}
	}
	return texts
}

// restOfVerdict is the verdict without the advice that first has printed already.
func (p page) restOfVerdict() result.Verdict {
	v := p.l.Verdict
	v.Reasons = slices.Clone(v.Reasons)
	for i := range v.Reasons {
		if v.Reasons[i].Check == "starved" {
			v.Reasons[i].Advice = ""
		}
	}
	return v
}

// merged lists the records that this one was added up from.
func (p page) merged() {
	for i, part := range p.l.Merged {
		label, offered := "", ""
		if i == 0 {
			label = "merged"
		}
		if part.Offered > 0 {
			offered = fmt.Sprintf(" of %s/s offered", units.Rate(part.Offered))
		}
		p.line(label, "%s, from %s UTC: %s ok in %s, %s/s%s over %s to %s, %s", part.File, part.Window.Start.UTC().Format(time.DateTime), units.Count(part.OK),
			length(part.Window.ElapsedNS), units.Rate(part.RateRPS), offered, units.Plural(part.Connections, "connection"), part.Target, part.Verdict.State)
	}
}

func (p page) books() {
	r := p.l.Requests
	parts := []string{
		units.Count(r.OK) + " ok",
		p.paintIf(r.Errors > 0, units.Plural(r.Errors, "error"), red),
		units.Count(r.Unanswered) + " unanswered",
	}
	p.line("requests", "%s sent in %s: %s", units.Count(r.Sent), length(p.l.Window.ElapsedNS), strings.Join(parts, ", "))
	if r.Unsent > 0 {
		var why []string
		for _, reason := range slices.Sorted(maps.Keys(p.l.UnsentBy)) {
			why = append(why, units.Count(p.l.UnsentBy[reason])+" "+reason)
		}
		p.line("", "%s planned, %s never sent (%s)", units.Count(r.Planned), units.Count(r.Unsent), strings.Join(why, ", "))
	}
	if p.l.Resent > 0 {
		p.line("", "%s sent again: the server had closed the connection before it replied", units.Count(p.l.Resent))
	}
	if p.l.Redirects > 0 {
		p.line("", "%s followed", units.Plural(p.l.Redirects, "redirect"))
	}
}

func (p page) rate() {
	offered := ""
	if p.l.Spec.Rate > 0 {
		offered = fmt.Sprintf(" of %s/s offered", units.Rate(result.Offered(p.l)))
	}
	read := ""
	if seconds := float64(p.l.Window.ElapsedNS) / 1e9; seconds > 0 {
		read = fmt.Sprintf(", %s/s read", bytes(float64(p.l.BytesRead)/seconds))
	}
	later := ""
	if n := float64(p.l.Requests.OK) - p.l.Served(); n > 0.01*float64(p.l.Requests.OK) {
		later = fmt.Sprintf(", without the %s that came in the grace", units.Count(math.Round(n)))
	}
	p.line("rate", "%s/s%s%s%s", units.Rate(p.l.RateRPS), offered, later, read)
	if ceiling := p.l.CeilingRPS; ceiling > 0 {
		p.line("ceiling", "%s/s is the most that loadgen reaches on this machine; the rate is %s of it", units.Rate(ceiling), strings.ReplaceAll(units.Percent(p.l.RateRPS/ceiling), "\u00a0", " "))
	}
}

// arrivals compares the gaps between requests with the schedule.
func (p page) arrivals() {
	s, a := p.l.Spec, p.l.Arrivals
	if a == nil || a.Gaps == 0 {
		return
	}
	schedule := "evenly spaced"
	if s.Arrivals == result.Poisson {
		schedule = fmt.Sprintf("at random (Poisson, seed %d)", s.Seed)
	}
	if s.Burst > 1 {
		schedule += fmt.Sprintf(", %s at once", units.Count(int64(s.Burst)))
	}
	off := "all gaps"
	if a.OffShare >= 0.0005 {
		off = fmt.Sprintf("%.1f %% of the gaps", 100*(1-a.OffShare))
	}
	waited := ""
	if a.Waited > 0 {
		waited = fmt.Sprintf("; %s waited for a connection", units.Count(a.Waited))
	}
	p.line("arrivals", "%s; %s within %s of the schedule%s", schedule, off, units.Short(float64(a.ToleranceNS)), waited)
}

// latency is a table of response and service time. Figures with too few samples are withheld.
func (p page) latency() {
	response, service := result.Response(p.l), result.Service(p.l)
	if some, of, known := result.OfAnswered(p.l); known && of.Withheld == "" {
		response, service = some, of
		were := "were"
		if p.l.Answered.Connections == 1 {
			were = "was"
		}
		p.line("latency", "of the %s of %s connections that %s answered; the others have none", units.Count(p.l.Answered.Connections), units.Count(p.l.Answered.Of), were)
	}
	if why := response.Withheld; why != "" && service.Withheld != "" {
		if result.Starved(p.l) != "" {
			why = "it would describe only the connections that were served"
		}
		p.line("latency", "not shown: %s", why)
		return
	}
	var heads strings.Builder
	for _, f := range response.Figures {
		fmt.Fprintf(&heads, "%9s", result.Label(f.Name))
	}
	p.line("", "%s", heads.String())
	p.row("response time", response)
	p.row("service time", service)
	if p.l.Spec.Rate > 0 && p.l.Lateness.Max > 0 && result.Starved(p.l) == "" {
		p.row("send lateness", result.Lateness(p.l))
	}
	if p.l.TLS != nil {
		p.row("handshake", result.Handshake(p.l))
	}
	if slices.ContainsFunc(slices.Concat(response.Figures, service.Figures), func(f result.Figure) bool { return f.Withheld == "" && f.AtLeast() }) {
		p.line("", ">= unanswered requests could raise it")
	}
	if apart(response, service) && p.l.Spec.Rate == 0 {
		due, begun := "the previous one is answered", "it is sent"
		if p.l.Spec.Think > 0 {
			due = "its connection's pause ends"
		}
		if p.l.Spec.NoKeepalive {
			begun = "it begins to connect"
		}
		p.line("", "a request is due when %s; service time starts when %s", due, begun)
	}
}

// apart reports whether two latencies differ by more than 2 % in a figure that both show.
func apart(a, b result.Summary) bool {
	for i, f := range a.Figures {
		if f.Withheld == "" && b.Figures[i].Withheld == "" && math.Abs(f.NS-b.Figures[i].NS) > 0.02*b.Figures[i].NS {
			return true
		}
	}
	return false
}

func (p page) row(label string, of result.Summary) {
	if of.Withheld != "" {
		p.line(label, "not shown: %s", of.Withheld)
		return
	}
	var row strings.Builder
	for _, f := range of.Figures {
		fmt.Fprintf(&row, "%9s", cell(f))
	}
	p.line(label, "%s", row.String())
}

// cell is a figure in a table: marked >= or withheld where it must be.
func cell(f result.Figure) string {
	switch {
	case f.Withheld != "":
		return "-"
	case f.AtLeast():
		return ">=" + units.Short(f.NS)
	}
	return units.Short(f.NS)
}

// mostKinds is how many kinds of requests the summary lists; the record has all.
const mostKinds = 12

// kinds is a table of requests by path, target or kind of a mix. It withholds response times if those of all requests are withheld.
func (p page) kinds() {
	if len(p.l.Paths) == 0 {
		return
	}
	response, by := result.Response(p.l), "path"
	if p.l.Spec.SeveralHosts() {
		by = "target"
	}
	if p.l.Paths[0].Kind != "" {
		by = "request"
	}
	p.line("by "+by, "%9s%9s%9s%9s%9s%9s", "ok", "errors", "p50", "p99", "max", "mean")
	for _, kind := range p.l.Paths[:min(len(p.l.Paths), mostKinds)] {
		of, failed := response.Path(kind), int64(0)
		for _, n := range kind.Errors {
			failed += n
		}
		p.line("", "%9s%9s%9s%9s%9s%9s  %s", units.Count(kind.OK), units.Count(failed), cell(of.Figure("p50")), cell(of.Figure("p99")),
			cell(of.Figure("max")), cell(of.Figure("mean")), kind.Name())
	}
	if more := len(p.l.Paths) - mostKinds; more > 0 {
		p.line("", "and %d more, see --json", more)
	}
}

func (p page) errors() {
	for _, text := range failures(p.l) {
		p.line(p.paint(fmt.Sprintf("%-14s", "error"), red), "%s", text)
	}
}

// failures are the classes of failed requests, then those of failed connects, the most frequent first, each with advice.
func failures(l *result.Load) (texts []string) {
	for _, classes := range []map[string]int64{l.Errors, l.ConnectErrors} {
		names := slices.Collect(maps.Keys(classes))
		slices.SortFunc(names, func(a, b string) int {
			if classes[a] != classes[b] {
				return int(min(max(classes[b]-classes[a], -1), 1))
			}
			return strings.Compare(a, b)
		})
		for _, class := range names {
			texts = append(texts, fmt.Sprintf("%s x %s: %s", units.Count(classes[class]), class, Advice(class)))
		}
	}
	return texts
}

func (p page) connections() {
	c := p.l.Connections
	failed := ""
	if c.Failed > 0 {
		failed = fmt.Sprintf(", %s failed", units.Count(c.Failed))
	}
	if p.l.Window.ElapsedNS == 0 { // answered connections are counted from when the window opens
		p.line("connections", "%s opened%s", units.Count(c.Opened), failed)
		return
	}
	if p.l.Spec.First > 0 {
		p.line("connections", "%s opened%s, of %s at most; %s answered, at most %s replies each",
			units.Count(c.Opened), failed, units.Count(p.l.Spec.Connections), units.Count(c.Answered), units.Count(c.Most))
		return
	}
	replies := units.Count(c.Fewest) + " to " + units.Count(c.Most) + " replies"
	switch {
	case c.Most == 1 && c.Fewest == 1:
		replies = "1 reply"
	case c.Fewest == c.Most:
		replies = units.Count(c.Most) + " replies"
	}
	p.line("connections", "%s opened%s; %s of %s answered, %s each",
		units.Count(c.Opened), failed, units.Count(c.Answered), units.Count(p.l.Spec.Connections), replies)
}

// secured is the TLS version, the cipher and the number of handshakes.
func (p page) secured() {
	if t := p.l.TLS; t != nil {
		p.line("", "%s, %s, %s: encryption costs loadgen processor time too", t.Version, t.Cipher, units.Plural(t.Handshakes, "handshake"))
	}
}

// silent reports the silent connections and the memory that they took.
func (p page) silent() {
	s := p.l.Silent
	if s == nil {
		return
	}
	p.line("silent", "%s of %s open, %s turned away", units.Count(s.Open), units.Count(p.l.Spec.Idle), units.Count(s.Refused))
	if s.Before != nil && s.Settled != nil {
		more := func(a, b int64) string { return bytes(float64(max(0, b-a))) }
		p.line("", "they added %s to the target's memory and %s to the kernel's", more(s.Before.User, s.Settled.User), more(s.Before.Kernel, s.Settled.Kernel))
	}
}

// cost is the processor time per request of loadgen and, if known, of the target.
func (p page) cost() {
	if p.l.Served() == 0 {
		return
	}
	each := func(c usage.CPU) string {
		n := p.l.Served()
		return fmt.Sprintf("%s (user %s + system %s)", units.Short(float64(c.Total())/n), units.Short(float64(c.UserNS)/n), units.Short(float64(c.SystemNS)/n))
	}
	spun := ""
	if p.l.SpunNS > 0 {
		spun = fmt.Sprintf(", %s of it polling before requests are due", units.Short(float64(p.l.SpunNS)/p.l.Served()))
	}
	p.line("cpu/request", "loadgen %s%s", each(p.l.CPU), spun)
	if p.l.TargetCPU != nil {
		p.line("", "target  %s", each(*p.l.TargetCPU))
	} else if p.l.TargetCPULacks != "" {
		p.line("", "target  not known: %s", p.l.TargetCPULacks)
	}
}

// counted is the target's counters per request: system calls, context switches and so on.
func (p page) counted() {
	if p.l.Counters == nil || p.l.Served() == 0 {
		return
	}
	var each []string
	for _, name := range result.CounterNames {
		if n, counted := p.l.Counters.Counts[name]; counted {
			each = append(each, often(float64(n)/p.l.Served())+" "+name)
		} else if why := p.l.Counters.Lacks[name]; why != "" {
			each = append(each, name+" n/a: "+why)
		}
	}
	p.line("each request", "%s", strings.Join(each, ", "))
}

// trace names the file of the trace.
func (p page) trace() {
	if t := p.l.Trace; t != nil {
		p.line("trace", "%s", p.traced(t))
	}
}

// often formats a count per request.
func often(n float64) string {
	if n == 0 || n >= 0.01 {
		return strings.TrimSuffix(fmt.Sprintf("%.2f", n), ".00")
	}
	return fmt.Sprintf("%.1g", n)
}

func length(ns int64) string {
	if ns < 1e9 {
		return units.Short(float64(ns)) // ten downloads take milliseconds
	}
	return fmt.Sprintf("%.2fs", time.Duration(ns).Seconds())
}

func bytes(n float64) string {
	for _, unit := range []string{"B", "KiB", "MiB"} {
		if n < 1024 {
			return fmt.Sprintf("%.3g %s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%.3g GiB", n)
}
