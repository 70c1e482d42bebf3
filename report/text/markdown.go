// Package text lays a report out: the run's README in Markdown, and its short form for a terminal.
package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"carousel/internal/portrait"
	"carousel/report/findings"
	"carousel/report/words"
)

// reading is where results/README.md explains a report, seen from a run's folder.
const reading = "../README.md#how-to-read-a-report"

// Markdown writes the README of a run. Pictures holds the files that lie beside it, those of its portraits among them.
func Markdown(w io.Writer, f *findings.Findings, portraits []portrait.Portrait, pictures map[string][]byte) error {
	d, document := &writer{}, Of(f, portraits, pictures)
	d.say("# %s", document.Title)
	for _, s := range document.Sections {
		d.section(s)
	}
	if d.err != nil {
		return d.err
	}
	_, err := w.Write(d.b.Bytes())
	return err
}

// writer is Markdown being written; the first error sticks.
type writer struct {
	b   bytes.Buffer
	err error
}

func (d *writer) say(format string, args ...any) {
	if d.b.Len() > 0 {
		d.b.WriteByte('\n')
	}
	fmt.Fprintf(&d.b, format+"\n", args...)
}

// section writes a section. The title of a folded one stands in a tag, where Markdown does not act.
func (d *writer) section(s Section) {
	switch {
	case s.Folded:
		d.say("<details><summary><b>%s</b></summary>", words.HTML(s.Title))
		defer d.say("</details>")
	case s.Title != "":
		d.say("## %s", s.Title)
	}
	d.blocks(s.Blocks)
	for _, p := range s.Parts {
		if p.Title != "" {
			d.say("**%s.**%s", p.Title, p.Note)
		}
		d.blocks(p.Blocks)
	}
	d.blocks(s.After)
}

func (d *writer) blocks(all []Block) {
	for _, b := range all {
		switch {
		case b.Say != "":
			d.say("%s", b.Say)
		case b.Table != nil:
			d.b.WriteByte('\n')
			if d.err == nil {
				d.err = b.Table.Markdown(&d.b)
			}
		case b.Picture != nil:
			d.say("![%s](%s)", b.Picture.Alt, b.Picture.File)
			if b.Picture.Note != "" {
				d.say("*%s*", b.Picture.Note)
			}
		case b.Code != "":
			d.say("```\n%s\n```", strings.ReplaceAll(b.Code, "```", "'''"))
		default:
			d.b.WriteByte('\n')
			for _, item := range b.Items {
				fmt.Fprintf(&d.b, "- %s\n", item)
			}
		}
	}
}
