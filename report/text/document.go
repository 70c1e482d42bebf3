package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/portrait"
	"carousel/internal/printable"
	"carousel/internal/scenario"
	"carousel/report/findings"
	"carousel/report/words"
)

// Document is a report as data: README.md and the page are both written from it. Its texts are Markdown, its titles plain text.
type Document struct {
	Title    string
	Sections []Section
}

// Section is a heading with what stands under it: its blocks, then its parts.
type Section struct {
	Key      string // names it in an address: one of the keys below, or a scenario
	Title    string // "": it has no heading
	Scenario bool   // a scenario other than portrait
	Folded   bool   // closed until a reader opens it
	Blocks   []Block
	Parts    []Part
	After    []Block
}

// Keys of sections that are no scenario.
const (
	Answer       = "answer"
	Situations   = "situations"
	Overview     = "overview"
	Portraits    = "portrait"
	Ladder       = "ladder"
	Expectations = "expectations"
	Warnings     = "warnings"
	Environment  = "environment"
)

// Part is a cell of a scenario, or all its cells where one table holds them.
type Part struct {
	Key    string // names it in an address; two parts of a section may share it
	Label  string // its name among the others
	Main   bool   // the one to show first
	Title  string
	Note   string // "", or a sentence that begins with a space
	Blocks []Block
}

// Block is a paragraph, a list, a table, a picture or preformatted text: one field is set, besides Beside.
type Block struct {
	Say     string
	Items   []string
	Table   *Table
	Picture *Picture
	Code    string
	Beside  bool // about files beside the report: the page, which travels alone, leaves it out
}

// Picture is a file beside the report.
type Picture struct{ File, Alt, Note string }

// Of is the report of a run. Pictures holds the files beside it, those of its portraits among them.
func Of(f *findings.Findings, portraits []portrait.Portrait, pictures map[string][]byte) Document {
	m := &maker{f, pictures}
	d := Document{Title: "Carousel: run " + words.Words(f.Run.ID)}
	add := func(s Section) { d.Sections = append(d.Sections, s) }
	add(Section{Key: Answer, Blocks: []Block{{Say: words.Answer(f)}}})
	if t := situations(f); len(t.Rows) > 0 {
		s := Section{Key: Situations, Title: "Which model for which load", Blocks: []Block{{Table: &t}}}
		if f.Run.Comparable {
			var all []string
			for i := range f.Situations {
				all = append(all, words.InWords(f, &f.Situations[i]))
			}
			s.Blocks = append(s.Blocks, Block{Say: words.Simplest(f)}, Block{Items: all})
		}
		add(s)
	}
	add(m.overview())
	for _, name := range m.scenarios() {
		add(m.scenario(name))
	}
	if len(portraits) > 0 || len(f.Find("portrait", "")) > 0 {
		add(m.portraits(portraits))
	}
	if len(f.Ladder) > 1 {
		t := ladderTable(f.Ladder)
		add(Section{Key: Ladder, Title: "The ladder: what each step up costs", Folded: true, Blocks: []Block{{Say: words.Ladder}, {Table: &t}}})
	}
	if len(f.Expectations) > 0 {
		t := expectationTable(f)
		add(Section{Key: Expectations, Title: words.Held(f), Folded: true, Blocks: []Block{
			{Say: "What was stated before the run, beside what the trials show and the bound that decided."}, {Table: &t}}})
	}
	warnings := Section{Key: Warnings, Title: "Warnings", Blocks: []Block{{Say: "None."}}}
	if len(f.Warnings) > 0 {
		var all []string
		for _, w := range f.Warnings {
			all = append(all, words.Warning(w))
		}
		warnings.Blocks = []Block{{Items: all}}
	}
	add(warnings)
	add(m.environment())
	return d
}

// maker makes the parts of a document.
type maker struct {
	findings *findings.Findings
	pictures map[string][]byte
}

func (m *maker) overview() Section {
	s := Section{Key: Overview}
	if said := words.Disagreement(m.findings); said != "" {
		s.Blocks = append(s.Blocks, Block{Say: said})
	}
	s.Blocks = append(s.Blocks, m.picture("capacity.png")...)
	s.Blocks = append(s.Blocks, Block{Beside: true, Say: strings.TrimSpace("What the words mean: [How to read a report](" + reading + "). " + words.PageBeside + " " + words.Placed(m.findings))})
	return s
}

// picture is the block of a picture, or nothing where the run does not have it.
func (m *maker) picture(name string) []Block {
	if m.pictures[name] == nil {
		return nil
	}
	p := words.Pictured(m.findings, name)
	return []Block{{Beside: true, Picture: &Picture{name, words.Words(p.Title), words.Words(p.Subtitle+".") + " " + words.Words(p.Caption)}}}
}

// portraits shows how the clients of a script were served, all portraits under one axis, and each by itself.
func (m *maker) portraits(all []portrait.Portrait) Section {
	s := Section{Key: Portraits, Title: words.Title(m.findings, "portrait"), Folded: true, Blocks: []Block{{Say: words.Says(m.findings, "portrait")}}}
	for _, c := range m.findings.Find("portrait", "") {
		s.Parts = append(s.Parts, m.part(c, "", portraitTable(c)))
	}
	if len(all) == 0 {
		return s
	}
	s.After = append(s.After, Block{Say: words.PortraitsSay, Beside: true})
	if m.pictures[words.PortraitsFile] != nil {
		p := words.Portraits(all)
		s.After = append(s.After, Block{Beside: true, Picture: &Picture{words.PortraitsFile, words.Words(p.Title + ". " + words.Outcomes(all)), words.Words(p.Subtitle + ".")}})
	}
	for i := range all {
		p := words.Portrait(&all[i])
		s.After = append(s.After, Block{Beside: true, Picture: &Picture{words.PortraitFile(all[i].Model), words.Words(p.Title + ". " + p.Subtitle + "."), ""}})
	}
	return s
}

// scenarios are those that were measured, in the order of the report; sleep stands beside block, and portraits by themselves.
func (m *maker) scenarios() (names []string) {
	for i := range m.findings.Cells {
		if name := m.findings.Cells[i].Scenario; name != "portrait" && !slices.Contains(names, name) {
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

// tables are the tables of cells, by scenario; closedTable is that of all others.
var tables = map[string]func(*findings.Findings, *findings.Cell) Table{
	"cost":  costTable,
	"calls": func(_ *findings.Findings, c *findings.Cell) Table { return callsTable(c) },
	"paced": pacedTable, "slowreader": othersTable, "flood": othersTable, "compute": othersTable,
	"thinking": func(_ *findings.Findings, c *findings.Cell) Table { return thinkingTable(c) },
	"ceiling":  func(_ *findings.Findings, c *findings.Cell) Table { return ceilingTable(c) },
	"exhaust":  func(_ *findings.Findings, c *findings.Cell) Table { return exhaustTable(c) },
}

// scenario is the section of one.
func (m *maker) scenario(name string) Section {
	f := m.findings
	s := Section{Key: slug(name), Scenario: true, Title: words.Title(f, name), Folded: true, Blocks: []Block{{Say: words.Says(f, name)}}}
	for _, p := range drawn[name] {
		s.Blocks = append(s.Blocks, m.picture(p)...)
	}
	cells := f.Find(name, "")
	if say := map[string]string{"idle": words.Beside, "download": words.Download, "calls": words.Calls}[name]; say != "" {
		s.Blocks = append(s.Blocks, Block{Say: say})
	}
	switch name {
	case "block":
		sleeps := f.Find("sleep", "")
		for i, c := range cells {
			var sleep *findings.Cell
			if i < len(sleeps) {
				sleep = sleeps[i]
			}
			s.Parts = append(s.Parts, m.part(c, " "+words.Ideals(c), blockTable(f, c, sleep)))
		}
		return s
	case "idle":
		s.Parts = append(s.Parts, m.together(cells, idleTable(f, cells)))
		return s
	case "download":
		s.Parts = append(s.Parts, m.together(cells, downloadTable(f, cells)))
		return s
	}
	for i, c := range cells {
		crossChecks := slices.DeleteFunc(slices.Clone(f.CrossChecks), func(o findings.CrossCheck) bool { return o.Cell < 0 || o.Cell >= len(f.Cells) || &f.Cells[o.Cell] != c })
		if name == "spin" && len(crossChecks) == 0 && i > 0 {
			continue
		}
		part := m.part(c, words.Note(f, c))
		for _, o := range crossChecks {
			t := crossCheckTable(o)
			part.Blocks = append(part.Blocks, Block{Say: words.CrossCheck(o)}, Block{Table: &t})
		}
		if len(crossChecks) == 0 {
			t := closedTable
			if of := tables[name]; of != nil {
				t = of
			}
			table := t(f, c)
			part.Blocks = append(part.Blocks, Block{Table: &table})
			if name == "calls" {
				part.Blocks = append(part.Blocks, Block{Items: slices.Concat(words.Further(c), words.Uncounted(c))})
			}
		}
		s.Parts = append(s.Parts, part)
	}
	return s
}

// part is that of a cell, with its tables.
func (m *maker) part(c *findings.Cell, note string, all ...Table) Part {
	p := Part{Key: key(c), Label: words.Plain(words.Load(c) + ", " + words.Words(c.Placement)), Main: c == m.findings.Main(), Title: words.Cell(m.findings, c), Note: note}
	for i := range all {
		p.Blocks = append(p.Blocks, Block{Table: &all[i]})
	}
	return p
}

// together is the part of cells that share a table.
func (m *maker) together(cells []*findings.Cell, t Table) Part {
	p := Part{Key: "all", Label: "all", Blocks: []Block{{Table: &t}}}
	if len(cells) > 0 {
		p.Title = words.On(m.findings, cells[0])
	}
	return p
}

// key names a cell in an address: "64-split", "64-10000-split".
func key(c *findings.Cell) string {
	parts := []string{strconv.Itoa(c.Connections)}
	if c.RateRPS > 0 && c.Rule == "" {
		parts = append(parts, fmt.Sprintf("%.0f", c.RateRPS))
	}
	for _, s := range []string{c.Placement, c.Mode} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return slug(strings.Join(parts, "-"))
}

// slug is a name with nothing in it but small letters, digits and dashes.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}

func (m *maker) environment() Section {
	t := environmentTable(m.findings)
	s := Section{Key: Environment, Title: "Environment", Folded: true, Blocks: []Block{{Table: &t}}}
	if doctor := strings.TrimSpace(m.findings.Run.Doctor); doctor != "" {
		s.Blocks = append(s.Blocks, Block{Say: "What `scripts/doctor.sh` said before the run:"}, Block{Code: Preformatted(doctor)})
	}
	return s
}

// Preformatted returns a stranger's text with its line ends kept and every other character that is not printable escaped.
func Preformatted(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, printable.Line(strings.TrimRight(line, "\r\n")))
	}
	return strings.Join(lines, "\n")
}
