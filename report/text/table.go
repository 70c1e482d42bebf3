package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"carousel/report/words"
)

// Table is a header and rows. The first Words columns hold words and are aligned left; the others hold figures and are aligned right.
type Table struct {
	Words  int
	Header []string
	Rows   [][]string
	Spare  []string // headers of the columns that a narrow terminal leaves out, in this order
}

// Markdown writes t as a Markdown table.
func (t Table) Markdown(w io.Writer) error {
	return t.render(w, markdownCell, tablewriter.WithRenderer(renderer.NewMarkdown()))
}

// Terminal writes t for a terminal of that width. A table that is too wide loses its spare columns, then folds its last column if that holds
// words, then clips the names of models, and at last becomes a list.
func (t Table) Terminal(w io.Writer, width int) error {
	for _, spare := range t.Spare {
		if t.width() > width {
			t = t.without(spare)
		}
	}
	if more := t.width() - width; more > 0 && t.Words == len(t.Header) {
		if room := t.widest(len(t.Header)-1) - more; room >= 24 {
			t = t.folded(room)
		}
	}
	if t.width() > width && t.Header[0] == "model" {
		t = t.clipped()
	}
	if t.width() > width {
		return t.list(w, width)
	}
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

// widest is the width of a column on a terminal, without padding.
func (t Table) widest(column int) int {
	most := 0
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		if column < len(row) {
			most = max(most, twwidth.Width(plainCell(row[column])))
		}
	}
	return most
}

// width is the width of the table on a terminal: each column has a space on both sides.
func (t Table) width() int {
	sum := 0
	for i := range t.Header {
		sum += t.widest(i) + 2
	}
	return sum
}

// without is the table without a column.
func (t Table) without(header string) Table {
	i := slices.Index(t.Header, header)
	if i < 0 {
		return t
	}
	less := Table{Words: t.Words, Header: slices.Delete(slices.Clone(t.Header), i, i+1)}
	if i < t.Words {
		less.Words--
	}
	for _, row := range t.Rows {
		if row = slices.Clone(row); i < len(row) {
			row = slices.Delete(row, i, i+1)
		}
		less.Rows = append(less.Rows, row)
	}
	return less
}

// folded is the table with its last column no wider than room: longer cells continue in rows below.
func (t Table) folded(room int) Table {
	last := len(t.Header) - 1
	narrow := Table{Words: t.Words, Header: t.Header}
	for _, row := range t.Rows {
		row = slices.Clone(row)
		parts := []string{""}
		if last < len(row) {
			parts = strings.Split(Fold(plainCell(row[last]), room), "\n")
			row[last] = parts[0]
		}
		narrow.Rows = append(narrow.Rows, row)
		for _, part := range parts[1:] {
			more := make([]string, len(t.Header))
			more[last] = part
			narrow.Rows = append(narrow.Rows, more)
		}
	}
	return narrow
}

// clipped is the table with clipped names of models in its first column.
func (t Table) clipped() Table {
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		if rows[i] = slices.Clone(row); len(row) > 0 {
			rows[i][0] = words.Words(words.Name(words.Plain(row[0])))
		}
	}
	t.Rows = rows
	return t
}

// list writes every row as a first cell and, indented below it, the other cells with their headers.
func (t Table) list(w io.Writer, width int) error {
	var b strings.Builder
	for _, row := range t.Rows {
		for i, cell := range row {
			if cell = plainCell(cell); cell == "" {
				continue
			}
			indent := ""
			if i > 0 {
				indent, cell = "  ", plainCell(t.Header[i])+": "+cell
			}
			b.WriteString(indent + strings.ReplaceAll(Fold(cell, width-6), "\n", "\n      ") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
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
		tablewriter.WithEastAsian(tw.Off), // or widths, and so the bytes of a report, depend on the locale
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

// markdownCell escapes what would end a cell: the renderer escapes nothing.
func markdownCell(s string) string {
	return strings.NewReplacer("|", `\|`, "\r\n", "<br>", "\n", "<br>", "\r", "<br>").Replace(strings.TrimSpace(s))
}

// plainCell is a cell without Markdown marks and line ends.
func plainCell(s string) string {
	return strings.NewReplacer("\r\n", "; ", "\n", "; ", "\r", "; ").Replace(words.Plain(strings.TrimSpace(s)))
}

// Fold breaks s into lines of at most width characters, and words that are longer.
func Fold(s string, width int) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > width:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		for letters := []rune(word); ; letters = letters[width:] {
			if len(letters) <= width {
				b.WriteString(string(letters))
				at += len(letters)
				break
			}
			b.WriteString(string(letters[:width]) + "\n")
			at = 0
		}
	}
	return b.String()
}
