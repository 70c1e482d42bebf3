package screen

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"carousel/internal/result"
	"carousel/internal/units"
)

// paper is where a summary is written to, and how.
type paper struct {
	w       *strings.Builder
	colours bool
	width   int // columns at which lines are wrapped; 0: they are not
}

// line is a labelled line of a summary.
func (p paper) line(label, format string, args ...any) {
	p.put(fmt.Sprintf("  %-14s ", label), fmt.Sprintf(format, args...))
}

// say writes a paragraph.
func (p paper) say(format string, args ...any) { p.put("  ", fmt.Sprintf(format, args...)) }

// put writes lead and text, and wraps text in the column after lead.
func (p paper) put(lead, text string) {
	if p.width > 0 {
		text = wrap(text, p.width, visible(lead))
	}
	fmt.Fprintln(p.w, lead+text)
}

func (p paper) verdict(v result.Verdict) { p.judged("verdict", v) }

// judged writes a verdict under a label, then its reasons and further remarks.
func (p paper) judged(label string, v result.Verdict, further ...string) {
	colour := map[string]string{result.Valid: green, result.Suspect: yellow, result.Invalid: red}[v.State]
	p.line(label, "%s", p.paint(v.State, colour))
	var items []string
	for _, reason := range v.Reasons {
		items = append(items, reason.String())
	}
	for _, item := range append(items, further...) {
		p.put(fmt.Sprintf("  %-14s - ", ""), item)
	}
}

// The colours of a terminal (ECMA-48); words carry the meaning, colours only help to find it.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

func (p paper) paint(text, colour string) string { return p.paintIf(true, text, colour) }

func (p paper) paintIf(yes bool, text, colour string) string {
	if !yes || !p.colours {
		return text
	}
	return colour + text + plain
}

// glue is a space that wrap does not break, and writes as an ordinary space.
const glue = "\u00a0"

var painted = regexp.MustCompile("\x1b\\[[0-9]*m")

// visible is how many columns text takes, without its colours.
func visible(text string) int { return utf8.RuneCountInString(painted.ReplaceAllString(text, "")) }

// wrap breaks text into lines that end before column width; lines after the first are indented by indent columns. It also breaks words that
// are longer than a line.
func wrap(text string, width, indent int) string {
	room := max(width-indent, 1)
	var lines []string
	line, used := "", 0
	end := func() {
		lines = append(lines, strings.ReplaceAll(line, glue, " "))
		line, used = "", 0
	}
	for i, word := range strings.Split(text, " ") {
		n := visible(word)
		switch {
		case i == 0:
		case used+1+n <= room:
			line, used = line+" ", used+1
		default:
			end()
		}
		for ; n > room && n == utf8.RuneCountInString(word); n = visible(word) {
			runes := []rune(word)
			line, word = string(runes[:room]), string(runes[room:])
			end()
		}
		line, used = line+word, used+n
	}
	end()
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// shortened is text in at most so many columns; a longer one loses its middle.
func shortened(text string, columns int) string {
	runes := []rune(text)
	if len(runes) <= columns {
		return text
	}
	tail := (columns - 1) / 2
	return string(runes[:columns-1-tail]) + "…" + string(runes[len(runes)-tail:])
}

// traced names the file of a trace, and how many requests it lacks.
func (p paper) traced(t *result.Trace) string {
	dropped := ""
	if t.DroppedRequests > 0 {
		dropped = ", " + p.paint(units.Count(t.DroppedRequests)+" more did not fit: see --trace-limit "+strconv.FormatInt(t.Limit, 10), yellow)
	}
	return fmt.Sprintf("%s in %s%s; open it at ui.perfetto.dev", units.Plural(t.Requests, "request"), t.File, dropped)
}
