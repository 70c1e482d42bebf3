package text

import (
	"strings"

	"carousel/internal/portrait"
	"carousel/internal/printable"
	"carousel/report/findings"
	"carousel/report/words"
)

// maker makes the parts of a document.
type maker struct {
	findings *findings.Findings
	pictures map[string][]byte
}

func (m *maker) overview() Section {
	s := Section{Key: Overview}
	if text := words.Disagreement(m.findings); text != "" {
		s.Blocks = append(s.Blocks, Block{Text: text})
	}
	s.Blocks = append(s.Blocks, m.picture("capacity.png")...)
	s.Blocks = append(s.Blocks, Block{ReadmeOnly: true, Text: strings.TrimSpace("What the words mean: [How to read a report](" + howToRead + "). " + words.PageLink + " " + words.Processors(m.findings))})
	return s
}

// picture is the block of a picture; none if the run does not have it.
func (m *maker) picture(name string) []Block {
	if m.pictures[name] == nil {
		return nil
	}
	p := words.Pictured(m.findings, name)
	return []Block{{ReadmeOnly: true, Picture: &Picture{name, words.Words(p.Title), words.Words(p.Subtitle+".") + " " + words.Words(p.Caption)}}}
}

// portraits is the section of the portraits: the table, the picture of all, and the picture of each.
func (m *maker) portraits(all []portrait.Portrait) Section {
	s := Section{Key: Portraits, Title: words.Title(m.findings, "portrait"), Folded: true, Blocks: []Block{{Text: words.Scenario(m.findings, "portrait")}}}
	for _, c := range m.findings.Find("portrait", "") {
		s.Parts = append(s.Parts, m.part(c, "", portraitTable(c)))
	}
	if len(all) == 0 {
		return s
	}
	s.After = append(s.After, Block{Text: words.PortraitsIntro, ReadmeOnly: true})
	if m.pictures[words.PortraitsFile] != nil {
		p := words.Portraits(all)
		s.After = append(s.After, Block{ReadmeOnly: true, Picture: &Picture{words.PortraitsFile, words.Words(p.Title + ". " + words.Outcomes(all)), words.Words(p.Subtitle + ".")}})
	}
	for i := range all {
		p := words.Portrait(&all[i])
		s.After = append(s.After, Block{ReadmeOnly: true, Picture: &Picture{words.PortraitFile(all[i].Model), words.Words(p.Title + ". " + p.Subtitle + "."), ""}})
	}
	return s
}

func (m *maker) environment() Section {
	t := environmentTable(m.findings)
	s := Section{Key: Environment, Title: "Environment", Folded: true, Blocks: []Block{{Table: &t}}}
	if doctor := strings.TrimSpace(m.findings.Run.Doctor); doctor != "" {
		s.Blocks = append(s.Blocks, Block{Text: "Output of `scripts/doctor.sh` before the run:"}, Block{Code: Preformatted(doctor)})
	}
	return s
}

// Preformatted returns foreign text with its line ends, and every other character that is not printable escaped.
func Preformatted(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, printable.Line(strings.TrimRight(line, "\r\n")))
	}
	return strings.Join(lines, "\n")
}
