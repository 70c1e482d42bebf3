package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"carousel/report/compare"
	"carousel/report/words"
)

// Keys of sections of a comparison.
const (
	ByModel     = "models"
	ByCell      = "cells"
	Together    = "together"
	Behaviour   = "behaviour"
	Differences = "differences"
)

// Comparison is what changed between two runs, as a document. The sections that are folded are too long for a terminal.
func Comparison(c *compare.Comparison) Document {
	d := Document{Title: "Carousel: run " + words.Words(c.A.ID) + " (A) and run " + words.Words(c.B.ID) + " (B)"}
	add := func(key, title, note string, folded bool, t Table) {
		if len(t.Rows) > 0 {
			s := Section{Key: key, Title: title, Folded: folded, Blocks: []Block{{Table: &t}}}
			if note != "" {
				s.Blocks = append([]Block{{Text: note}}, s.Blocks...)
			}
			d.Sections = append(d.Sections, s)
		}
	}
	d.Sections = append(d.Sections, Section{Key: Answer, Blocks: []Block{{Text: strings.Join(words.Changes(c), " ")}, {Text: words.Runs(c)}}})
	surely := slices.DeleteFunc(slices.Clone(c.Cells), func(x compare.Change) bool { return !x.Surely() })
	add(ByModel, "By model", words.ByModel, false, modelTable(c.Models))
	add(ByCell, "Cells that changed", "", false, changeTable(surely))
	add(Behaviour, "Models that behave otherwise", "", false, behaviourTable(c.Behaviour))
	add(Differences, "What else differs", "", false, differenceTable(c.Differences))
	add(ByCell, "All cells", words.ByCell, true, changeTable(c.Cells))
	add(Together, "All servers of a cell", words.Together, true, togetherTable(c.Together))
	return d
}

// Terminal writes the sections of the document that are not folded, in so many columns.
func (document Document) Terminal(w io.Writer, width int) error {
	width = max(width, 40)
	var b bytes.Buffer
	for i, s := range document.Sections {
		if s.Folded {
			continue
		}
		if i > 0 {
			fmt.Fprintf(&b, "\n%s\n", Fold(words.Plain(s.Title), width))
		}
		for _, block := range s.Blocks {
			if block.Table == nil {
				fmt.Fprintf(&b, "%s\n", Fold(words.Plain(block.Text), min(width, 100)))
				continue
			}
			if err := block.Table.Terminal(&b, width); err != nil {
				return err
			}
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// modelTable has a row for each model and a column for each metric. A narrow terminal can do without columns in which nothing changed.
func modelTable(changes []compare.Change) Table {
	t := Table{Words: 1, Header: []string{"model"}}
	var metrics []string
	for _, x := range changes {
		if !slices.Contains(metrics, x.Metric) {
			metrics = append(metrics, x.Metric)
		}
	}
	for _, metric := range metrics {
		t.Header = append(t.Header, words.Head(metric))
		if !slices.ContainsFunc(changes, func(x compare.Change) bool { return x.Metric == metric && x.Surely() }) {
			t.Spare = append([]string{words.Head(metric)}, t.Spare...)
		}
	}
	rows := map[string][]string{}
	for _, x := range changes {
		if rows[x.Model] == nil {
			rows[x.Model] = make([]string, len(t.Header))
			rows[x.Model][0] = words.Model(x.Model)
			t.Rows = append(t.Rows, rows[x.Model])
		}
		rows[x.Model][1+slices.Index(metrics, x.Metric)] = words.Sign(x)
	}
	return t
}

// changeTable has a row for each change in a cell.
func changeTable(changes []compare.Change) Table {
	t := Table{Words: 3, Header: []string{"cell", "model", "figure", "A", "B", "B over A"}, Spare: []string{"A", "B"}}
	for _, x := range changes {
		t.Rows = append(t.Rows, []string{words.Words(x.Cell.Name()), words.Model(x.Model), words.Head(x.Metric),
			words.Known(x.Metric, x.Before), words.Known(x.Metric, x.After), words.Change(x)})
	}
	return t
}

// togetherTable has a row for each change that all servers of a cell share.
func togetherTable(changes []compare.Change) Table {
	t := Table{Words: 2, Header: []string{"cell", "figure", "B over A"}}
	for _, x := range changes {
		t.Rows = append(t.Rows, []string{words.Words(x.Cell.Name()), words.Head(x.Metric), words.Change(x)})
	}
	return t
}

func behaviourTable(changes []compare.Behaviour) Table {
	t := Table{Words: 4, Header: []string{"model", "scenario", "A", "B"}}
	for _, x := range changes {
		t.Rows = append(t.Rows, []string{words.Model(x.Model), words.Words(x.Scenario), words.Words(x.A), words.Words(x.B)})
	}
	return t
}

func differenceTable(all []compare.Difference) Table {
	t := Table{Words: 4, Header: []string{"kind", "what", "A", "B"}}
	for _, d := range all {
		t.Rows = append(t.Rows, []string{d.Kind, words.Words(d.What), words.Words(d.A), words.Words(d.B)})
	}
	return t
}
