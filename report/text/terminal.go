package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"carousel/report/study"
)

// most is how many warnings a terminal is shown.
const most = 8

// Terminal writes the short form: the answer, the table by situation, the table that the answer rests on, and the warnings.
func Terminal(w io.Writer, s *study.Study) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", fold(plain(Answer(s)), 100))
	d := document{study: s}
	show := func(title string, t Table) error {
		if len(t.Rows) == 0 {
			return nil
		}
		fmt.Fprintf(&b, "\n%s\n", plain(title))
		return t.Terminal(&b)
	}
	narrow := situations(s)
	for i, row := range narrow.Rows {
		narrow.Rows[i] = []string{row[0], row[2], row[4]}
	}
	narrow.Words, narrow.Header = 3, []string{"situation", "choose", "ahead of the next, and of the last"}
	if err := show("Which model for which load", narrow); err != nil {
		return err
	}
	if g := s.Main(); g != nil {
		if err := show(fmt.Sprintf("%s: %s, %s", g.Scenario, load(g), d.on(g)), groupTable(g, groupColumns(s, g, true))); err != nil {
			return err
		}
	}
	list := Warnings(s)
	if len(list) > 0 {
		fmt.Fprintf(&b, "\nWarnings\n")
	}
	for i, line := range list {
		if i == most {
			fmt.Fprintf(&b, "- and %d more, in the README of the run\n", len(list)-most)
			break
		}
		fmt.Fprintf(&b, "%s\n", indent(fold("- "+plain(line), 98)))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// fold breaks s into lines of at most width runes.
func fold(s string, width int) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Fields(s) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case at+1+n > width:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n  ") }
