package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/scenario"
	"carousel/report/findings"
	"carousel/report/words"
)

// scenarios returns the measured scenarios in the order of the report. Block has the figures of sleep beside it, and portraits have a section of
// their own.
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

// drawn names the pictures of a scenario.
var drawn = map[string][]string{
	"hello": {"ratios.png", "latency.png"}, "cost": {"cost.png"}, "paced": {"paced.png"}, "block": {"block-sleep.png"}, "download": {"download.png"},
	"idle":  {"idle.png"},
	"calls": {"calls.png"},
}

// tables makes the table of a cell, by scenario; others have closedTable.
var tables = map[string]func(*findings.Findings, *findings.Cell) Table{
	"cost":  costTable,
	"calls": func(_ *findings.Findings, c *findings.Cell) Table { return callsTable(c) },
	"paced": pacedTable, "slowreader": othersTable, "flood": othersTable, "compute": othersTable,
	"thinking": func(_ *findings.Findings, c *findings.Cell) Table { return thinkingTable(c) },
	"ceiling":  func(_ *findings.Findings, c *findings.Cell) Table { return ceilingTable(c) },
	"exhaust":  func(_ *findings.Findings, c *findings.Cell) Table { return exhaustTable(c) },
}

// scenario is the section of a scenario.
func (m *maker) scenario(name string) Section {
	f := m.findings
	s := Section{Key: slug(name), Scenario: true, Title: words.Title(f, name), Folded: true, Blocks: []Block{{Text: words.Scenario(f, name)}}}
	for _, p := range drawn[name] {
		s.Blocks = append(s.Blocks, m.picture(p)...)
	}
	cells := f.Find(name, "")
	if text := map[string]string{"idle": words.Idle, "download": words.Download, "calls": words.Calls}[name]; text != "" {
		s.Blocks = append(s.Blocks, Block{Text: text})
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
			part.Blocks = append(part.Blocks, Block{Text: words.CrossCheck(o)}, Block{Table: &t})
		}
		if len(crossChecks) == 0 {
			t := closedTable
			if own := tables[name]; own != nil {
				t = own
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

// part is the part of a cell, with its tables.
func (m *maker) part(c *findings.Cell, note string, all ...Table) Part {
	p := Part{Key: key(c), Label: words.Plain(words.Level(c) + ", " + words.Words(c.Placement)), Main: c == m.findings.Main(), Title: words.Cell(m.findings, c), Note: note}
	for i := range all {
		p.Blocks = append(p.Blocks, Block{Table: &all[i]})
	}
	return p
}

// together is the part of several cells that share a table.
func (m *maker) together(cells []*findings.Cell, t Table) Part {
	p := Part{Key: "all", Label: "all", Blocks: []Block{{Table: &t}}}
	if len(cells) > 0 {
		p.Title = words.On(m.findings, cells[0])
	}
	return p
}

// key is a cell's name in a page's address: "64-split", "64-10000-split".
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

// slug is a name of small letters, digits and dashes only.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}
