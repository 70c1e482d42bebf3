package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table is rows under a header. The first Words columns hold words and stand left, the others hold figures and stand right.
type Table struct {
	Words  int
	Header []string
	Rows   [][]string
}

// Markdown writes t as a Markdown table.
func (t Table) Markdown(w io.Writer) error {
	return t.render(w, markdownCell, tablewriter.WithRenderer(renderer.NewMarkdown()))
}

// Terminal writes t with drawn lines, no wider than it needs to be.
func (t Table) Terminal(w io.Writer) error {
	var b bytes.Buffer
	err := t.render(&b, plainCell, tablewriter.WithRendition(tw.Rendition{
		Symbols:  tw.NewSymbols(tw.StyleLight),
		Borders:  tw.Border{Left: tw.Off, Right: tw.Off, Top: tw.Off, Bottom: tw.Off},
		Settings: tw.Settings{Separators: tw.Separators{BetweenColumns: tw.Off}},
	}))
	for line := range bytes.Lines(b.Bytes()) {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s\n", bytes.TrimRight(line, " \n"))
		}
	}
	return err
}

func (t Table) render(w io.Writer, cell func(string) string, options ...tablewriter.Option) error {
	align := make(tw.Alignment, len(t.Header))
	for i := range align {
		align[i] = tw.AlignRight
		if i < t.Words {
			align[i] = tw.AlignLeft
		}
	}
	table := tablewriter.NewTable(w, append(options,
		tablewriter.WithHeaderAutoFormat(tw.Off), // or p99 becomes P 99
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithEastAsian(tw.Off), // or widths, and so bytes, depend on the locale
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
	)...)
	cells := func(row []string) []any {
		out := make([]any, len(t.Header))
		for i := range out {
			out[i] = ""
			if i < len(row) {
				out[i] = cell(row[i])
			}
		}
		return out
	}
	table.Header(cells(t.Header)...)
	for _, row := range t.Rows {
		if err := table.Append(cells(row)...); err != nil {
			return err
		}
	}
	return table.Render()
}

// markdownCell keeps what stands in a cell from ending it: the renderer escapes nothing.
func markdownCell(s string) string {
	return strings.NewReplacer("|", `\|`, "\r\n", "<br>", "\n", "<br>", "\r", "<br>").Replace(strings.TrimSpace(s))
}

func plainCell(s string) string {
	return strings.NewReplacer("\r\n", "; ", "\n", "; ", "\r", "; ").Replace(plain(strings.TrimSpace(s)))
}
