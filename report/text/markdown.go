// Package text lays a report out: the run's README in Markdown, and its short form for a terminal.
package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"carousel/internal/portrait"
	"carousel/internal/printable"
	"carousel/internal/scenario"
	"carousel/report/findings"
	"carousel/report/words"
)

// reading is where results/README.md explains a report, seen from a run's folder.
const reading = "../README.md#how-to-read-a-report"

// Markdown writes the README of a run. Pictures holds the files that lie beside it, those of its portraits among them.
func Markdown(w io.Writer, f *findings.Findings, portraits []portrait.Portrait, pictures map[string][]byte) error {
	d := &document{findings: f, pictures: pictures}
	d.say("# Carousel: run %s", words.Words(f.Run.ID))
	d.say("%s", words.Answer(f))
	if t := situations(f); len(t.Rows) > 0 {
		d.say("## Which model for which load")
		d.table(t)
		if f.Run.Comparable {
			d.say("%s", words.Simplest(f))
			d.b.WriteByte('\n')
			for i := range f.Situations {
				d.item("%s", words.InWords(f, &f.Situations[i]))
			}
		}
	}
	if said := words.Disagreement(f); said != "" {
		d.say("%s", said)
	}
	d.picture("capacity.png")
	d.say("%s", strings.TrimSpace("What the words mean: [How to read a report]("+reading+"). "+words.Placed(f)))

	for _, name := range d.scenarios() {
		d.fold(words.Title(f, name), func() { d.scenario(name) })
	}
	if len(portraits) > 0 || len(f.Find("portrait", "")) > 0 {
		d.fold(words.Title(f, "portrait"), func() { d.portraits(portraits) })
	}
	if len(f.Ladder) > 1 {
		d.fold("The ladder: what each model's step up costs", func() {
			d.say("%s", words.Ladder)
			d.table(ladderTable(f.Ladder))
		})
	}
	if len(f.Expectations) > 0 {
		d.fold(words.Held(f), func() {
			d.say("What was stated before the run, beside what the trials show and the bound that decided.")
			d.table(expectationTable(f))
		})
	}
	d.warnings()
	d.fold("Environment", d.environment)
	if d.err != nil {
		return d.err
	}
	_, err := w.Write(d.b.Bytes())
	return err
}

// document is Markdown being written; the first error sticks.
type document struct {
	findings *findings.Findings
	pictures map[string][]byte
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

// fold writes a section that is closed until a reader opens it. Its title stands in a tag, where Markdown does not act.
func (d *document) fold(title string, inside func()) {
	d.say("<details><summary><b>%s</b></summary>", title)
	inside()
	d.say("</details>")
}

func (d *document) picture(name string) {
	if d.pictures[name] == nil {
		return
	}
	p := words.Pictured(d.findings, name)
	d.say("![%s](%s)", words.Words(p.Title), name)
	d.say("*%s %s*", words.Words(p.Subtitle+"."), words.Words(p.Caption))
}

// portraits says what became of the clients of a script, and shows all portraits under one axis and one by one.
func (d *document) portraits(all []portrait.Portrait) {
	d.say("%s", words.Says(d.findings, "portrait"))
	for _, c := range d.findings.Find("portrait", "") {
		d.say("**%s.**", words.Cell(d.findings, c))
		d.table(portraitTable(c))
	}
	if len(all) == 0 {
		return
	}
	d.say("%s", words.PortraitsSay)
	if d.pictures[words.PortraitsFile] != nil {
		p := words.Portraits(all)
		d.say("![%s](%s)", words.Words(p.Title+". "+words.Outcomes(all)), words.PortraitsFile)
		d.say("*%s*", words.Words(p.Subtitle+"."))
	}
	for i := range all {
		p := words.Portrait(&all[i])
		d.say("![%s](%s)", words.Words(p.Title+". "+p.Subtitle+"."), words.PortraitFile(all[i].Model))
	}
}

// scenarios are those that were measured, in the order of the report; sleep stands beside block, and portraits by themselves.
func (d *document) scenarios() (names []string) {
	for i := range d.findings.Cells {
		if name := d.findings.Cells[i].Scenario; name != "portrait" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return scenario.Rank(a) - scenario.Rank(b) })
	if slices.Contains(names, "block") {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "sleep" })
	}
	return names
}

// drawn are the pictures of a scenario.
var drawn = map[string][]string{
	"hello": {"ratios.png", "latency.png"}, "cost": {"cost.png"}, "paced": {"paced.png"}, "block": {"block-sleep.png"}, "download": {"download.png"},
	"idle":  {"idle.png"},
	"calls": {"calls.png"},
}

// scenario writes what is known of one.
func (d *document) scenario(name string) {
	f := d.findings
	d.say("%s", words.Says(f, name))
	for _, p := range drawn[name] {
		d.picture(p)
	}
	cells := f.Find(name, "")
	switch name {
	case "block":
		sleeps := f.Find("sleep", "")
		for i, c := range cells {
			var sleep *findings.Cell
			if i < len(sleeps) {
				sleep = sleeps[i]
			}
			d.say("**%s.** %s", words.Cell(f, c), words.Ideals(c))
			d.table(blockTable(f, c, sleep))
		}
		return
	case "idle":
		d.say("%s", words.Beside)
		if len(cells) > 0 {
			d.say("**%s.**", words.On(f, cells[0]))
		}
		d.table(idleTable(f, cells))
		return
	case "download":
		d.say("%s", words.Download)
		if len(cells) > 0 {
			d.say("**%s.**", words.On(f, cells[0]))
		}
		d.table(downloadTable(f, cells))
		return
	}
	if name == "calls" {
		d.say("%s", words.Calls)
	}
	for i, c := range cells {
		opinions := slices.DeleteFunc(slices.Clone(f.Opinions), func(o findings.Opinion) bool { return o.Cell < 0 || o.Cell >= len(f.Cells) || &f.Cells[o.Cell] != c })
		if name == "spin" && len(opinions) == 0 && i > 0 {
			continue
		}
		d.say("**%s.**%s", words.Cell(f, c), words.Note(f, c))
		switch {
		case len(opinions) > 0:
			for _, o := range opinions {
				d.say("%s", words.Opinion(o))
				d.table(opinionTable(o))
			}
		case name == "cost":
			d.table(costTable(f, c))
		case name == "calls":
			d.table(callsTable(c))
			d.b.WriteByte('\n')
			for _, said := range slices.Concat(words.Further(c), words.Uncounted(c)) {
				d.item("%s", said)
			}
		case name == "paced":
			d.table(pacedTable(f, c))
		case name == "thinking":
			d.table(thinkingTable(c))
		case name == "slowreader", name == "flood", name == "compute":
			d.table(othersTable(f, c))
		case name == "ceiling":
			d.table(ceilingTable(c))
		case name == "exhaust":
			d.table(exhaustTable(c))
		default:
			d.table(closedTable(f, c))
		}
	}
}

func (d *document) warnings() {
	d.say("## Warnings")
	if len(d.findings.Warnings) == 0 {
		d.say("None.")
		return
	}
	d.b.WriteByte('\n')
	for _, w := range d.findings.Warnings {
		d.item("%s", words.Warning(w))
	}
}

func (d *document) environment() {
	d.table(environmentTable(d.findings))
	if doctor := strings.TrimSpace(d.findings.Run.Doctor); doctor != "" {
		d.say("What `scripts/doctor.sh` said before the run:")
		var lines []string
		for line := range strings.Lines(doctor) {
			lines = append(lines, printable.Line(strings.TrimRight(line, "\r\n")))
		}
		d.say("```\n%s\n```", strings.ReplaceAll(strings.Join(lines, "\n"), "```", "'''"))
	}
}
