package text

import (
	"regexp"
	"strings"
	"unicode"

	"carousel/internal/printable"
)

// A report is worded once, in Markdown; a terminal is shown the same by plain. What others wrote (names, reasons, notes) enters by
// words or code, which leave it nothing but to be read; a table keeps it in its cell.

// words is foreign text among our own. What Markdown would act on is escaped; an underscore within a word does nothing.
func words(s string) string {
	line := []rune(strings.TrimSpace(printable.Line(s)))
	within := func(i int) bool {
		return i >= 0 && i < len(line) && (unicode.IsLetter(line[i]) || unicode.IsDigit(line[i]))
	}
	var b strings.Builder
	for i, r := range line {
		acts := strings.ContainsRune("\\`*[]<~&", r) || r == '_' && !(within(i-1) && within(i+1))
		if acts || i == 0 && strings.ContainsRune("#>+=-", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code sets a name off from the words around it.
func code(s string) string {
	if strings.ContainsAny(s, "`\\") || strings.TrimSpace(s) == "" { // which no code span can hold
		return words(s)
	}
	return "`" + printable.Line(s) + "`"
}

var markup = regexp.MustCompile("\\\\([[:punct:]])|`|\\*\\*")

// plain is Markdown of ours without its marks.
func plain(s string) string { return markup.ReplaceAllString(s, "$1") }
