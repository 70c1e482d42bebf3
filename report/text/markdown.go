// Package text lays out a report: a Document with its sections and tables, the README in Markdown that is written from it, and the short form for
// a terminal.
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

// howToRead is the link from a run's README to the explanation of reports in results/README.md.
const howToRead = "../README.md#how-to-read-a-report"

// Markdown writes the README of a run. Pictures holds the pictures beside it by file name, with those of its portraits.
func Markdown(w io.Writer, f *findings.Findings, portraits []portrait.Portrait, pictures map[string][]byte) error {
	return Of(f, portraits, pictures).Markdown(w)
}

// Markdown writes the document.
func (document Document) Markdown(w io.Writer) error {
	d := &writer{}
	d.paragraph("# %s", document.Title)
	for _, s := range document.Sections {
		d.section(s)
	}
	if d.err != nil {
		return d.err
	}
	_, err := w.Write(d.b.Bytes())
	return err
}

// writer collects Markdown and the first error.
type writer struct {
	b   bytes.Buffer
	err error
}

// paragraph writes a line of Markdown after an empty line.
func (d *writer) paragraph(format string, args ...any) {
	if d.b.Len() > 0 {
		d.b.WriteByte('\n')
	}
	fmt.Fprintf(&d.b, format+"\n", args...)
}

// section writes a section. The title of a folded one is inside an HTML tag, where Markdown is not parsed.
func (d *writer) section(s Section) {
	switch {
	case s.Folded:
		d.paragraph("<details><summary><b>%s</b></summary>", words.HTML(s.Title))
		defer d.paragraph("</details>")
	case s.Title != "":
		d.paragraph("## %s", s.Title)
	}
	d.blocks(s.Blocks)
	for _, p := range s.Parts {
		if p.Title != "" {
			d.paragraph("**%s.**%s", p.Title, p.Note)
		}
		d.blocks(p.Blocks)
	}
	d.blocks(s.After)
}

func (d *writer) blocks(all []Block) {
	for _, b := range all {
		switch {
		case b.Text != "":
			d.paragraph("%s", b.Text)
		case b.Table != nil:
			d.b.WriteByte('\n')
			if d.err == nil {
				d.err = b.Table.Markdown(&d.b)
			}
		case b.Picture != nil:
			d.paragraph("![%s](%s)", b.Picture.Alt, b.Picture.File)
			if b.Picture.Note != "" {
				d.paragraph("*%s*", b.Picture.Note)
			}
		case b.Code != "":
			d.paragraph("```\n%s\n```", strings.ReplaceAll(b.Code, "```", "'''"))
		default:
			d.b.WriteByte('\n')
			for _, item := range b.Items {
				fmt.Fprintf(&d.b, "- %s\n", item)
			}
		}
	}
}
