package text

import (
	"carousel/internal/portrait"
	"carousel/report/findings"
	"carousel/report/words"
)

// Document is a report as data, from which README.md and the page are written. Texts are Markdown, titles are plain text.
type Document struct {
	Title    string
	Sections []Section
}

// Section is a heading, its blocks, its parts, and the blocks after those.
type Section struct {
	Key      string // its name in a page's address: one of the keys below, or a scenario
	Title    string // "": no heading
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

// Part is a cell of a scenario, or all its cells if they share a table.
type Part struct {
	Key    string // its name in a page's address; two parts of a section may share it
	Label  string // its name among the parts of its section
	Main   bool   // the one to show first
	Title  string
	Note   string // "", or a sentence that begins with a space
	Blocks []Block
}

// Block is a paragraph, a list, a table, a picture or preformatted text: one field is set, besides ReadmeOnly.
type Block struct {
	Text       string
	Items      []string
	Table      *Table
	Picture    *Picture
	Code       string
	ReadmeOnly bool // refers to files beside the README; the page leaves it out
}

// Picture is a file beside the report.
type Picture struct{ File, Alt, Note string }

// Of returns the report of a run. Pictures holds the pictures beside its README by file name, with those of its portraits.
func Of(f *findings.Findings, portraits []portrait.Portrait, pictures map[string][]byte) Document {
	m := &maker{f, pictures}
	d := Document{Title: "Carousel: run " + words.Words(f.Run.ID)}
	add := func(s Section) { d.Sections = append(d.Sections, s) }
	add(Section{Key: Answer, Blocks: []Block{{Text: words.Answer(f)}}})
	if t := situations(f); len(t.Rows) > 0 {
		s := Section{Key: Situations, Title: "Which model for which load", Blocks: []Block{{Table: &t}}}
		if f.Run.Comparable {
			var all []string
			for i := range f.Situations {
				all = append(all, words.InWords(f, &f.Situations[i]))
			}
			s.Blocks = append(s.Blocks, Block{Text: words.HowChosen(f)}, Block{Items: all})
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
		add(Section{Key: Ladder, Title: "The ladder: what each step up costs", Folded: true, Blocks: []Block{{Text: words.Ladder}, {Table: &t}}})
	}
	if len(f.Expectations) > 0 {
		t := expectationTable(f)
		add(Section{Key: Expectations, Title: words.Held(f), Folded: true, Blocks: []Block{
			{Text: "The expectations that were stated before the run, what the trials show, and the bound that decided."}, {Table: &t}}})
	}
	warnings := Section{Key: Warnings, Title: "Warnings", Blocks: []Block{{Text: "None."}}}
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
