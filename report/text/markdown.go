// Package text words a report: the run's README in Markdown and its short form for a terminal.
package text

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/internal/units"
	"carousel/report/chart"
	"carousel/report/study"
)

// Markdown writes the README of a run. The pictures are those that lie beside it.
func Markdown(w io.Writer, s *study.Study, pictures []chart.Picture) error {
	d := &document{study: s, pictures: pictures}
	d.say("# Carousel: run %s", words(s.Run.ID))
	d.say("%s", Answer(s))
	if t := situations(s); len(t.Rows) > 0 {
		d.say("## Which model for which load")
		d.table(t)
	}
	d.picture("throughput.png")
	d.reading()
	d.ladder()
	d.closedLoop()
	d.paced()
	d.thinking()
	d.blockSleep()
	d.download()
	d.opinions()
	d.expectations()
	d.warnings()
	d.environment()
	if d.err != nil {
		return d.err
	}
	_, err := w.Write(d.b.Bytes())
	return err
}

// document is Markdown being written; the first error sticks.
type document struct {
	study    *study.Study
	pictures []chart.Picture
	b        bytes.Buffer
	err      error
}

func (d *document) say(format string, args ...any) {
	if d.b.Len() > 0 {
		d.b.WriteByte('\n')
	}
	fmt.Fprintf(&d.b, format+"\n", args...)
}

func (d *document) item(format string, args ...any) { fmt.Fprintf(&d.b, "- "+format+"\n", args...) }

func (d *document) table(t Table) {
	d.b.WriteByte('\n')
	if d.err == nil {
		d.err = t.Markdown(&d.b)
	}
}

func (d *document) picture(name string) {
	for _, p := range d.pictures {
		if p.Name == name {
			d.say("![%s: %s](%s)", words(p.Title), words(p.Where), p.Name)
			d.say("*%s*", words(p.Caption))
		}
	}
}

// on is where a group's table stands: placement, processors and rounds.
func (d *document) on(g *study.Group) string {
	return fmt.Sprintf("%s, %s, %s", words(g.Placement), units.Processors(d.study.Processors(), "processors unknown"), units.Plural(d.study.Rounds, "round"))
}

func (d *document) reading() {
	s := d.study
	d.say("## How to read this report")
	d.b.WriteByte('\n')
	d.item("A **trial** is a fresh server process, loaded once (%s). A figure is the **median** over the trials of its cell, one a round; the **range** is from the lowest to the highest%s.",
		window(s.Run), coverage(s.Rounds))
	d.item("**split** gives server and client a processor each, **shared** gives both all of them. With %s, models that use several cannot show scaling.", units.Processors(s.Processors(), "few processors"))
	d.item("**~** means the data cannot tell two models apart. They differ only if every round agrees in direction (where a few rounds were lost: if their ranges do not overlap) and the median ratio exceeds 2 %% and what the same model shows against itself in that scenario%s. Models with a **tie** letter in common cannot be told apart.",
		controls(s))
	d.item("**× %s** is the rate over %s's at the same level, round by round. **server × blocking at 1** is the server's processor time over that of `blocking` with one connection: the price of concurrency.", words(s.Reference()), code(s.Reference()))
	d.item("**1 of 64 served**: the other connections were never answered in most rounds. Such a cell has no percentile, ratio or rank, since one client at a time looks splendid in a latency table.")
	d.item("The **null responder** does the least that a server can: it answers whatever comes, unread. **of null** is the rate over its rate, round by round; what exceeds 100 %% is noise. **client-limited**: the rate is above %s of it, so it is the client's, says nothing about the server and has no rank.", units.Percent(study.ClientLimited))
	d.item("**server, client, both** are processor time per answered request. Loopback bills much of receiving to the sender, so the sum matters too.")
	d.item("Latency is response time: from when a request was due. **≥**: requests unanswered at the end count at the age they reached and could move the figure by more than 2 %%. **%s**: fewer than %d requests lie beyond the percentile, the server fell behind the offered rate (the time from due would then measure the length of the run), or nothing was measured.", units.None, result.Support)
	d.item("Most of a model's rounds decide what is said of it. What a minority showed stands under **doubt**, out of the figures: \"in 1 of 6 rounds 11 of 64 served\".")
	d.item("**doubt** also counts the trials that a check called suspect (they are in the figures) or invalid (they are not, but for cells that starved in most rounds); the reasons are under [Warnings](#warnings).")
}

// controls says what a model showed against itself, and where that was not measured.
func controls(s *study.Study) string {
	with, without := s.Controls(study.Rate)
	var said []string
	for _, c := range with {
		said = append(said, fmt.Sprintf("here %s in rate in %s", units.Percent(c.Noise), words(c.Scenario)))
	}
	for i, scenario := range without {
		without[i] = words(scenario)
	}
	if len(without) > 0 {
		said = append(said, fmt.Sprintf("no control was measured in %s, so there the rounds alone decide", units.List(without)))
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, "; ") + ")"
}

func coverage(rounds int) string {
	if rounds < stats.MinRounds {
		return ""
	}
	return fmt.Sprintf(", which covers the true median with %s probability", strings.Replace(units.Percent(stats.RangeCoverage(rounds)), "100", "over 99.9", 1))
}

func (d *document) closedLoop() {
	groups := d.study.Find("hello", "")
	if len(groups) == 0 {
		return
	}
	d.say("## hello: closed loop, `GET /`")
	d.say("Every connection sends again as soon as it is answered.")
	for _, g := range groups {
		d.say("### %s, %s", units.Plural(g.Connections, "connection"), d.on(g))
		d.table(groupTable(g, groupColumns(d.study, g, false)))
	}
	d.picture("latency.png")
	d.picture("processor-time.png")
}

func (d *document) paced() {
	for i, g := range d.study.Find("paced", "") {
		if i == 0 {
			d.say("## paced: requests due by a schedule")
		}
		d.say("### %s, %s", load(g), d.on(g))
		d.table(groupTable(g, pacedColumns(d.study, g)))
	}
	d.picture("paced.png")
}

func (d *document) thinking() {
	for i, g := range d.study.Find("thinking", "") {
		if i == 0 {
			d.say("## thinking: clients that connect and say nothing")
		}
		d.say("### up to %s, %s", units.Plural(g.Connections, "silent connection"), d.on(g))
		d.table(thinkingTable(g))
	}
	d.picture("thinking.png")
}

func (d *document) blockSleep() {
	blocks, sleeps := d.study.Find("block", ""), d.study.Find("sleep", "")
	if len(blocks) > 0 && len(sleeps) > 0 {
		g := blocks[0]
		one, all := g.Ideals()
		d.say("## block beside sleep: handlers of %s", units.Duration(float64(g.Delay())))
		d.say("`/block` holds the handler's thread as synchronous code does, `/sleep` waits the model's own way. One after another gives %s/s, all %d at once %s/s. %s.",
			units.Rate(one), g.Connections, units.Rate(all), upper(d.on(g)))
		d.table(blockTable(d.study, g, sleeps[0]))
		d.picture("block-sleep.png")
	}
	for _, g := range append(blocks, sleeps...) {
		d.say("### %s, %s, %s", g.Scenario, load(g), d.on(g))
		d.table(groupTable(g, groupColumns(d.study, g, false)))
	}
}

func (d *document) opinions() {
	for i, o := range d.study.Opinions() {
		if i == 0 {
			d.say("## Second opinion: the same load by another engine")
			d.say("Where the server is the limit, two load generators must find the same.")
		}
		d.say("### %s in %s, %s, %s", code(o.Own.Model), words(o.Group.Scenario), load(o.Group), d.on(o.Group))
		d.table(opinionTable(o))
	}
}

func (d *document) expectations() {
	if list := d.study.Expectations(); len(list) > 0 {
		d.say("## Expected and measured")
		d.say("What was stated before the run, beside what the trials show.")
		d.table(expectationTable(list))
	}
}

func (d *document) warnings() {
	d.say("## Warnings")
	list := Warnings(d.study)
	if len(list) == 0 {
		d.say("None.")
		return
	}
	d.b.WriteByte('\n')
	for _, line := range list {
		d.item("%s", line)
	}
}

func (d *document) environment() {
	run := d.study.Run
	d.say("## Environment")
	t := Table{Words: 2, Header: []string{"what", "value"}, Rows: [][]string{
		{"plan", words(run.Plan)},
		{"seed", fmt.Sprint(run.Seed)},
		{"rounds", fmt.Sprintf("%d of %d", d.study.Rounds, run.Rounds)},
		{"window of a trial", window(run)},
		{"started", stamp(run.Started)},
		{"finished", "no: interrupted"},
	}}
	if run.Finished != nil {
		t.Rows[len(t.Rows)-1][1] = stamp(*run.Finished)
	}
	for _, p := range []string{result.Split, result.Shared} {
		if at := seats(d.study.Trials, p); at != "" {
			t.Rows = append(t.Rows, []string{"server, " + p, at})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(run.Environment)) {
		t.Rows = append(t.Rows, []string{words(key), words(run.Environment[key])})
	}
	d.table(t)
	if doctor := strings.TrimSpace(run.Doctor); doctor != "" {
		d.say("What `scripts/doctor.sh` said before the run:")
		var lines []string
		for line := range strings.Lines(doctor) {
			lines = append(lines, printable.Line(strings.TrimRight(line, "\r\n")))
		}
		d.say("```\n%s\n```", strings.ReplaceAll(strings.Join(lines, "\n"), "```", "'''"))
	}
}

// seats says on which processors the servers of a placement ran, and with which GOMAXPROCS.
func seats(trials []*study.Trial, placement string) string {
	var found []string
	for _, t := range trials {
		if t.Cell.Placement != placement || t.NA != "" || t.Failed != "" {
			continue
		}
		cpus := "processors any"
		if len(t.Server.CPUs) > 0 {
			cpus = "processors " + strings.Trim(fmt.Sprint(t.Server.CPUs), "[]")
		}
		if t.Server.GOMAXPROCS > 0 {
			cpus += fmt.Sprintf(", GOMAXPROCS %d", t.Server.GOMAXPROCS)
		}
		if !slices.Contains(found, cpus) {
			found = append(found, cpus)
		}
	}
	slices.Sort(found)
	return strings.Join(found, "; ")
}
