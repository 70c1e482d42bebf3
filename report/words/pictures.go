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

// Picture is the text around a picture. A picture may be copied without its report, so the subtitle says how it was measured.
type Picture struct {
	Title, Subtitle, Caption string
	X, Y                     string // names of the axes
}

// pictures words each file.
var pictures = map[string]func(*findings.Findings) Picture{
	"capacity.png": capacity, "ratios.png": ratios, "latency.png": latency, "paced.png": paced, "cost.png": cost, "block-sleep.png": blockSleep, "download.png": download,
	"idle.png":  idle,
	"calls.png": calls,
}

// Pictured returns the text around the picture of that name.
func Pictured(f *findings.Findings, file string) Picture {
	worded := pictures[file]
	if worded == nil {
		return Picture{}
	}
	p := worded(f)
	if !f.Run.Comparable {
		p.Caption += " " + upper(tooFew(f)) + "."
	}
	return p
}

// subtitle says how the cell of a picture was measured.
func subtitle(f *findings.Findings, c *findings.Cell, more ...string) string {
	where := strings.TrimPrefix(Where(f, c), Words(c.Placement)+", ")
	return Plain(strings.Join(append([]string{placement(c.Placement), where}, more...), " · "))
}

// subtitleOfAll is the subtitle of a picture of all cells with the scenario and placement of c, which differ in their cycles.
func subtitleOfAll(f *findings.Findings, c *findings.Cell, more ...string) string {
	all := *c
	all.Cycles, all.MostCycles = math.MaxInt, 0
	for _, other := range f.Find(c.Scenario, c.Placement) {
		if other.InTurns {
			all.Cycles, all.MostCycles = min(all.Cycles, other.Cycles), max(all.MostCycles, other.MostCycles)
		}
	}
	return subtitle(f, &all, more...)
}

// whiskers says what the whiskers of a cell's figures show.
func whiskers(c *findings.Cell) string {
	if c.Rounds < enoughRounds {
		return "Whiskers run from the lowest round to the highest."
	}
	return "Whiskers are intervals of 95 %."
}

// enoughRounds is the fewest rounds that give a median an interval of 95 %.
const enoughRounds = 6

// HeroMetric is the metric of the first picture: capacity, or the rate if the cost of a request is not known for two models.
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
		p.Caption += fmt.Sprintf(" Black: no model is surely better than these at %s.", units.Plural(c.Connections, "connection"))
	}
	return p
}

// Curves is the text around the first picture if every model has its own colour, as on the page.
func Curves(f *findings.Findings) Picture {
	c, metric := f.Main(), HeroMetric(f)
	p := Picture{Title: finding(f, c, metric), Subtitle: subtitleOfAll(f, c, "closed loop"), X: "connections (each sends again when answered)", Y: "thousand " + Measure(metric)}
	p.Caption = whiskers(c) + " A mark is missing where connections were never answered."
	if metric == findings.Capacity {
		p.Caption = "Capacity is 1 divided by the server's processor time per request, so a limit of the client does not show. " + p.Caption
	}
	return p
}

// finding words the result of a ranking as a title.
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
	who, chosen := and(names), leaders[0]
	if n := len(leaders); n > 3 {
		who = units.Plural(n, "model")
	}
	if s := f.Situation(findings.ManyBusy); s != nil && slices.Contains(leaders, s.Choose) {
		chosen = s.Choose
	}
	if len(leaders) > 1 {
		if furthest(r, leaders) > findings.TieWithin {
			who += " cannot be told apart"
		} else {
			who += " tie"
		}
	}
	var behind []findings.Ratio
	for _, place := range r.Places {
		if over, ok := r.Ratio(chosen, place.Model); ok && (over.Outcome == result.Higher || over.Outcome == result.Lower) && !slices.Contains(leaders, place.Model) {
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
	by := a.much + " more" + per + " than " + Name(behind[0].To)
	if a.form == "times" {
		by = a.much + " times" + per + " what " + Name(behind[0].To) + " does"
	}
	if len(behind) > 1 {
		if last := gapOf(behind[len(behind)-1]); last.form == "times" {
			by += ", " + last.much + " times " + Name(behind[len(behind)-1].To)
		} else {
			by += ", " + last.much + " more than " + Name(behind[len(behind)-1].To)
		}
	}
	if len(leaders) > 1 {
		who += "; " + Name(chosen)
	}
	return at + " " + who + " serves " + by
}

// furthest is the most that two of these models may differ by, as a share.
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
	c := f.Main()
	if c == nil {
		c = f.CostCell()
	}
	where := ""
	if c != nil {
		where = subtitleOfAll(f, c)
	}
	return Picture{
		Title:    "Every model against " + Name(f.Run.Reference),
		Subtitle: where,
		Caption: fmt.Sprintf("Each ratio is taken within a round, or within a cycle where servers took turns. Bars are intervals; the best model is on top. A model may equal %s if its interval includes 1, "+
			"and even if it only comes close, since all pairs of a cell are tested together. An arrow marks a value or an interval beyond the axis. The twin is %s, measured a second time: its interval should include 1.", Name(f.Run.Reference), Name(f.Run.Reference)),
	}
}

// Panel is the heading of one cell's part of a picture.
func Panel(c *findings.Cell) string {
	if c.RateRPS > 0 {
		return units.Rate(c.RateRPS) + "/s"
	}
	return units.Plural(c.Connections, "connection")
}

// Better says on which side of a ratio's axis the better models are.
func Better(metric string) string {
	if findings.Less(metric) {
		return "← better: processor time"
	}
	return "capacity: better →"
}

// TwinLabel names the reference's second measurement.
func TwinLabel(reference string) string { return Name(reference) + "'s twin" }

const curves = " Lines join the medians over the rounds. A line ends where too few requests lie beyond it, or where unanswered requests could raise it."

func latency(f *findings.Findings) Picture {
	c := f.Main()
	return Picture{
		Title: fmt.Sprintf("Response time by percentile, closed loop, %s", units.Plural(c.Connections, "connection")), Subtitle: subtitle(f, c),
		X: "percentile of requests", Y: "response time, from when a request was due",
		Caption: "A closed loop hides waiting: a connection sends again only after a reply, so a server that stalls gets fewer requests meanwhile." + curves + without(c, lacksCurve),
	}
}

func paced(f *findings.Findings) Picture {
	c := f.Find("paced", "")[0]
	return Picture{
		Title: fmt.Sprintf("Response time by percentile at %s requests per second", units.Rate(c.RateRPS)), Subtitle: subtitle(f, c, units.Plural(c.Connections, "connection")),
		X: "percentile of requests", Y: "response time, from when a request was due",
		Caption: "Requests are due by a schedule, and each is timed from when it was due, not from when it was sent: waiting before sending counts." + curves + without(c, lacksCurve),
	}
}

// without names the models that a picture leaves out. Why gives the reason; "" if the model is drawn.
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

// lacks is why a model has no figures; "" if it has some.
func lacks(m *findings.Model) string {
	if m.Lacks == nil {
		return ""
	}
	return Plain(Lack(m))
}

// lacksCurve is why a model has no curve of response times; "" if it has one.
func lacksCurve(m *findings.Model) string {
	if m.Lacks != nil || len(m.Curve) > 1 {
		return lacks(m)
	}
	return "in most rounds unanswered requests could raise its percentiles, or requests were too few"
}

func cost(f *findings.Findings) Picture {
	c := f.CostCell()
	at := "closed loop"
	if c.RateRPS > 0 {
		at = units.Rate(c.RateRPS) + " requests per second"
	}
	return Picture{
		Title: "What a request costs server and client: " + at + ", " + units.Plural(c.Connections, "connection"), Subtitle: subtitle(f, c),
		X: "processor time per request (µs)",
		Caption: "User and system time of the whole process, per answered request. Where servers took turns, the server's cost of waking is shown apart from its steady cost. On loopback the sender pays for much of the receiving, so look at the sum too. " +
			strings.TrimSuffix(whiskers(c), ".") + ", for the sum." + without(c, lacks),
	}
}

// CostParts name the parts of a cost.
var CostParts = [3]string{"server, steady", "server, waking", "client"}

// BlockSleep names the two sides of the picture of blocking and waiting handlers.
var BlockSleep = [2]string{"/block", "/sleep"}

func blockSleep(f *findings.Findings) Picture {
	c, sleep := f.BlockSleep()
	caption := whiskers(c)
	if (c.Rounds < enoughRounds) != (sleep.Rounds < enoughRounds) {
		caption = "Whiskers run from the lowest round to the highest where there are fewer than six rounds; otherwise they are intervals of 95 %."
	}
	more := []string{"closed loop"}
	if rounds := sleepRounds(f); rounds != "" {
		more = append([]string{rounds}, more...)
	}
	return Picture{
		Title:    fmt.Sprintf("Handlers that block the thread beside handlers that wait, %s, %s", units.Duration(float64(c.DelayNS)), units.Plural(c.Connections, "connection")),
		Subtitle: subtitle(f, c, more...), X: "requests per second",
		Caption: fmt.Sprintf("Dashed: %s, one handler after another; %s, all %s at once. %s", PerSecond(c.One), PerSecond(c.All), units.Count(c.Connections), caption),
	}
}

// PerSecond is a rate as a label in a picture.
func PerSecond(v float64) string { return units.Rate(v) + "/s" }

// Modes names the modes of scenario download.
var Modes = map[string]string{result.OneByOne: "one by one", result.AllAtOnce: "all at once", result.Inline: "inline"}

func download(f *findings.Findings) Picture {
	cells := f.Find("download", "")
	c := cells[len(cells)-1]
	return Picture{
		Title: "What a synchronous write does to an asynchronous client", Subtitle: subtitle(f, c, units.Rate(c.RateRPS)+" requests per second"),
		X: "90th percentile of response time of the small replies (ms)",
		Caption: "Pictures and small replies in turn; the client saves every body to a file. One by one: 1 connection; the client writes each file before its next request. " +
			fmt.Sprintf("All at once: %s; other threads write the files. Inline: the same number; the thread that sends and receives writes them. Timed from when a request was due, without writing its own file. ", units.Plural(c.Connections, "connection")) + whiskers(c),
	}
}

func idle(f *findings.Findings) Picture {
	cells := f.Find("idle", f.Run.Placement)
	c := cells[len(cells)-1]
	never := *c // the models without a line
	never.Models = slices.DeleteFunc(slices.Clone(c.Models), func(m findings.Model) bool {
		return slices.ContainsFunc(f.Growth, func(g findings.Growth) bool { return g.Model == m.Name })
	})
	return Picture{
		Title: fmt.Sprintf("What silent connections cost %d busy ones", c.Connections), Subtitle: subtitle(f, c, "closed loop"),
		X: "silent connections", Y: "server processor time per request",
		Caption: "A model that scans all its connections pays for every silent one with every request; a level line pays nothing. " + whiskers(c) +
			" A mark is missing where clients were turned away or never answered." + without(&never, lacks),
	}
}

// Absent says why a model has no bar.
func Absent(m *findings.Model) string {
	letters := []rune(printable.Line(Plain(Lack(m))))
	if len(letters) > 40 {
		letters = append(letters[:39], '…')
	}
	return string(letters)
}
