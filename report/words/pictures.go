package words

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/report/findings"
)

// Picture is what is written around a picture. It travels alone, so it says on what it stands.
type Picture struct {
	Title, Subtitle, Caption string
	X, Y                     string // what the axes measure
}

// pictures word each file.
var pictures = map[string]func(*findings.Findings) Picture{
	"capacity.png": capacity, "ratios.png": ratios, "latency.png": latency, "paced.png": paced, "cost.png": cost, "block-sleep.png": blockSleep, "download.png": download,
	"idle.png":  idle,
	"calls.png": calls,
}

// Pictured is what is written around a picture of that name.
func Pictured(f *findings.Findings, file string) Picture {
	of := pictures[file]
	if of == nil {
		return Picture{}
	}
	p := of(f)
	if !f.Run.Comparable {
		p.Caption += " " + upper(tooFew(f)) + "."
	}
	return p
}

// on is on what a picture of a cell stands.
func on(f *findings.Findings, c *findings.Cell, more ...string) string {
	where := strings.TrimPrefix(Where(f, c), Words(c.Placement)+", ")
	return Plain(strings.Join(append([]string{placement(c.Placement), where}, more...), " · "))
}

// onAll is on what a picture of all cells like this one stands, which differ in their cycles.
func onAll(f *findings.Findings, c *findings.Cell, more ...string) string {
	all := *c
	all.Cycles, all.MostCycles = math.MaxInt, 0
	for _, other := range f.Find(c.Scenario, c.Placement) {
		if other.InTurns {
			all.Cycles, all.MostCycles = min(all.Cycles, other.Cycles), max(all.MostCycles, other.MostCycles)
		}
	}
	return on(f, &all, more...)
}

// whiskers says what an interval of a cell's figures is.
func whiskers(c *findings.Cell) string {
	if c.Rounds < sampled {
		return "Whiskers run from the lowest round to the highest."
	}
	return "Whiskers are intervals of 95 %."
}

// sampled is the fewest rounds of which a figure has an interval of 95 %.
const sampled = 6

// HeroMetric is what the first picture shows: capacity, or the rate where what a request costs is not known.
func HeroMetric(f *findings.Findings) string {
	if c := f.Main(); c != nil {
		n := 0
		for _, m := range c.Models {
			if _, ok := m.Figures[findings.Capacity]; ok && m.Lacks == nil {
				n++
			}
		}
		if n < 2 {
			return findings.Rate
		}
	}
	return findings.Capacity
}

func capacity(f *findings.Findings) Picture {
	p, c := Curves(f), f.Main()
	if tied := c.Ranking(HeroMetric(f)).Leaders(); len(tied) > 1 {
		p.Caption += fmt.Sprintf(" Black: models that none is surely better than at %s.", units.Plural(c.Connections, "connection"))
	}
	return p
}

// Curves is what is written around the first picture where every model has its own colour.
func Curves(f *findings.Findings) Picture {
	c, metric := f.Main(), HeroMetric(f)
	p := Picture{Title: finding(f, c, metric), Subtitle: onAll(f, c, "closed loop"), X: "connections (each sends again when answered)", Y: "thousand " + Measure(metric)}
	p.Caption = whiskers(c) + " A cell in which connections were never answered is not drawn."
	if metric == findings.Capacity {
		p.Caption = "The capacity of one server processor is one over what a request costs it, so the client's own limit does not show. " + p.Caption
	}
	return p
}

// finding is what a ranking shows, as a title.
func finding(f *findings.Findings, c *findings.Cell, metric string) string {
	r := c.Ranking(metric)
	leaders := r.Leaders()
	at := "At " + units.Plural(c.Connections, "connection")
	if len(leaders) == 0 {
		return fmt.Sprintf("%s: %s", upper(Measure(metric)), units.Plural(c.Connections, "connection"))
	}
	per := ""
	if metric == findings.Capacity {
		per = " per processor"
	}
	slices.SortStableFunc(leaders, func(a, b string) int { return slices.Index(f.Run.Models, a) - slices.Index(f.Run.Models, b) })
	var names []string
	for _, m := range leaders {
		names = append(names, Name(m))
	}
	who, taken := and(names), leaders[0]
	if n := len(leaders); n > 3 {
		who = units.Plural(n, "model")
	}
	if s := f.Situation(findings.ManyBusy); s != nil && slices.Contains(leaders, s.Choose) {
		taken = s.Choose
	}
	if len(leaders) > 1 {
		does := " tie"
		if furthest(r, leaders) > findings.TieWithin {
			does = " cannot be told apart"
		}
		who += does
	}
	var behind []findings.Ratio
	for _, place := range r.Places {
		if over, ok := r.Ratio(taken, place.Model); ok && (over.Outcome == result.Higher || over.Outcome == result.Lower) && !slices.Contains(leaders, place.Model) {
			behind = append(behind, over)
		}
	}
	if len(behind) == 0 {
		if len(leaders) == 1 {
			who += " leads"
		}
		return at + " " + who + per
	}
	a := gapOf(behind[0])
	said := a.much + " more" + per + " than " + Name(behind[0].To)
	if a.form == "times" {
		said = a.much + " times" + per + " what " + Name(behind[0].To) + " does"
	}
	if len(behind) > 1 {
		if last := gapOf(behind[len(behind)-1]); last.form == "times" {
			said += ", " + last.much + " times " + Name(behind[len(behind)-1].To)
		} else {
			said += ", " + last.much + " more than " + Name(behind[len(behind)-1].To)
		}
	}
	if len(leaders) > 1 {
		who += "; " + Name(taken)
	}
	return at + " " + who + " serves " + said
}

// furthest is how far two of these models may differ, as a share.
func furthest(r *findings.Ranking, models []string) (share float64) {
	for i, a := range models {
		for _, b := range models[:i] {
			if over, ok := r.Ratio(a, b); ok {
				share = max(share, over.Within)
			}
		}
	}
	return share
}

func ratios(f *findings.Findings) Picture {
	stands := f.Main()
	if stands == nil {
		stands = f.CostCell()
	}
	where := ""
	if stands != nil {
		where = onAll(f, stands)
	}
	return Picture{
		Title:    "Every model against " + Name(f.Run.Reference),
		Subtitle: where,
		Caption: fmt.Sprintf("Ratios are taken within rounds, and where servers took turns within cycles; bars are intervals, the best model stands on top. An interval that holds 1 does not tell a model from %s, nor does one that "+
			"is not sure among all pairs of its cell; an arrow is a model or an interval that goes beyond the axis. The twin is %s measured twice: its interval should hold 1.", Name(f.Run.Reference), Name(f.Run.Reference)),
	}
}

// Panel is the heading of a cell among others.
func Panel(c *findings.Cell) string {
	if c.RateRPS > 0 {
		return units.Rate(c.RateRPS) + "/s"
	}
	return units.Plural(c.Connections, "connection")
}

// Better says on which side of a ratio's axis the better models stand.
func Better(metric string) string {
	if findings.Less(metric) {
		return "← better: processor time"
	}
	return "capacity: better →"
}

// TwinLabel is what the reference's second measurement is called.
func TwinLabel(reference string) string { return Name(reference) + "'s twin" }

const curves = " Lines join the medians over the rounds, and end where too few requests lie beyond, or where requests without an answer could put them higher."

func latency(f *findings.Findings) Picture {
	c := f.Main()
	return Picture{
		Title: fmt.Sprintf("Response time by percentile, closed loop, %s", units.Plural(c.Connections, "connection")), Subtitle: on(f, c),
		X: "percentile of requests", Y: "response time, from when a request was due",
		Caption: "A closed loop hides waiting: a connection sends again only when it was answered, so a server that stalls is asked less just then." + curves + without(c, lacksCurve),
	}
}

func paced(f *findings.Findings) Picture {
	c := f.Find("paced", "")[0]
	return Picture{
		Title: fmt.Sprintf("Response time by percentile at %s requests per second", units.Rate(c.RateRPS)), Subtitle: on(f, c, units.Plural(c.Connections, "connection")),
		X: "percentile of requests", Y: "response time, from when a request was due",
		Caption: "Requests are due by a schedule, and each is timed from when it was due, not from when it was sent: waiting before sending counts." + curves + without(c, lacksCurve),
	}
}

// without names the models that a picture leaves out, by why it does: "" is that it does not.
func without(c *findings.Cell, why func(*findings.Model) string) string {
	var out []string
	for i := range c.Models {
		if m := &c.Models[i]; why(m) != "" {
			out = append(out, Name(m.Name)+" ("+why(m)+")")
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " Not drawn: " + strings.Join(out, ", ") + "."
}

// lacks is why a model has no figures, "" where it has some.
func lacks(m *findings.Model) string {
	if m.Lacks == nil {
		return ""
	}
	return Plain(Lack(m))
}

// lacksCurve is why it has no response times by percentile, "" where it has.
func lacksCurve(m *findings.Model) string {
	if m.Lacks != nil || len(m.Curve) > 1 {
		return lacks(m)
	}
	return "in most rounds requests without an answer could put its percentiles higher, or requests were too few"
}

func cost(f *findings.Findings) Picture {
	c := f.CostCell()
	at := "closed loop"
	if c.RateRPS > 0 {
		at = units.Rate(c.RateRPS) + " requests per second"
	}
	return Picture{
		Title: "What a request costs server and client: " + at + ", " + units.Plural(c.Connections, "connection"), Subtitle: on(f, c),
		X: "processor time per request (µs)",
		Caption: "User and system time of the whole process, per answered request. Where servers took turns, what the server spends on waking stands apart from its steady cost. Loopback bills much of receiving to the sender, so look at the sum too. " +
			strings.TrimSuffix(whiskers(c), ".") + ", of the sum." + without(c, lacks),
	}
}

// CostParts name the parts of a cost.
var CostParts = [3]string{"server, steady", "server, waking", "client"}

// BlockSleep name the sides of that picture.
var BlockSleep = [2]string{"/block", "/sleep"}

func blockSleep(f *findings.Findings) Picture {
	c, sleep := f.BlockSleep()
	sure := whiskers(c)
	if (c.Rounds < sampled) != (sleep.Rounds < sampled) {
		sure = "Whiskers of fewer than six rounds run from the lowest to the highest, of more they are intervals of 95 %."
	}
	more := []string{"closed loop"}
	if rounds := sleepRounds(f); rounds != "" {
		more = append([]string{rounds}, more...)
	}
	return Picture{
		Title:    fmt.Sprintf("Handlers that block the thread beside handlers that wait, %s, %s", units.Duration(float64(c.DelayNS)), units.Plural(c.Connections, "connection")),
		Subtitle: on(f, c, more...), X: "requests per second",
		Caption: fmt.Sprintf("Dashed: %s, one handler after another; %s, all %s at once. %s", PerSecond(c.One), PerSecond(c.All), units.Count(c.Connections), sure),
	}
}

// PerSecond is a rate as a mark in a picture.
func PerSecond(v float64) string { return units.Rate(v) + "/s" }

// Modes name the ways of scenario download.
var Modes = map[string]string{result.OneByOne: "one by one", result.AllAtOnce: "all at once", result.Inline: "inline"}

func download(f *findings.Findings) Picture {
	cells := f.Find("download", "")
	c := cells[len(cells)-1]
	return Picture{
		Title: "What a synchronous write does to an asynchronous client", Subtitle: on(f, c, units.Rate(c.RateRPS)+" requests per second"),
		X: "90th percentile of response time of the small replies (ms)",
		Caption: "Pictures and small replies in turn; every body is saved to a file. One by one: 1 connection, each file is written before the client goes on. " +
			fmt.Sprintf("All at once: %s, files are handed to other threads. Inline: as many, the thread that sends and receives writes them. Timed from when a request was due, its own file not included. ", units.Plural(c.Connections, "connection")) + whiskers(c),
	}
}

func idle(f *findings.Findings) Picture {
	cells := f.Find("idle", f.Run.Placement)
	c := cells[len(cells)-1]
	never := *c // those that have no line at all
	never.Models = slices.DeleteFunc(slices.Clone(c.Models), func(m findings.Model) bool {
		return slices.ContainsFunc(f.Growth, func(g findings.Growth) bool { return g.Model == m.Name })
	})
	return Picture{
		Title: fmt.Sprintf("What silent connections cost %d busy ones", c.Connections), Subtitle: on(f, c, "closed loop"),
		X: "silent connections", Y: "server processor time per request",
		Caption: "A model that looks through all its connections pays for every silent one with every request; a line that stays level pays nothing. " + whiskers(c) +
			" Where clients were turned away, or never answered, nothing is drawn." + without(&never, lacks),
	}
}

// Absent says why a model has no bar.
func Absent(m *findings.Model) string {
	said := []rune(printable.Line(Plain(Lack(m))))
	if len(said) > 40 {
		said = append(said[:39], '…')
	}
	return string(said)
}
