package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"carousel/report/findings"
	"carousel/report/words"
)

// most is how many warnings the terminal shows.
const most = 8

// Terminal writes the short form for a terminal of that width: the answer, the table of the kinds of load, the table of the main cell, and the
// first warnings. Widths below 40 count as 40.
func Terminal(w io.Writer, f *findings.Findings, width int) error {
	width = max(width, 40)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n", Fold(words.Plain(words.Answer(f)), min(width, 100)))
	show := func(title string, t Table) error {
		if len(t.Rows) == 0 || len(t.Header) < 2 {
			return nil
		}
		fmt.Fprintf(&b, "\n%s\n", Fold(words.Plain(title), width))
		return t.Terminal(&b, width)
	}
	if err := show("Which model for which load", situations(f)); err != nil {
		return err
	}
	if c := f.Main(); c != nil {
		if err := show(c.Scenario+", "+words.Level(c)+": "+words.Where(f, c), closedTable(f, c)); err != nil {
			return err
		}
	}
	if len(f.Warnings) > 0 {
		fmt.Fprintf(&b, "\nWarnings\n")
	}
	for i, warning := range f.Warnings {
		if i == most {
			fmt.Fprintf(&b, "- and %d more, in the README of the run\n", len(f.Warnings)-most)
			break
		}
		item := Fold("- "+words.Plain(words.Warning(warning)), min(width, 100)-2)
		fmt.Fprintf(&b, "%s\n", strings.ReplaceAll(item, "\n", "\n  "))
	}
	_, err := w.Write(b.Bytes())
	return err
}
