// Package words is all prose of a report: what findings say, as Markdown without tables and pictures, captions and titles included.
//
// A report is worded once; a terminal and a picture are shown the same by Plain. What others wrote (names, reasons, notes) enters by Words
// or Code, which leave it nothing but to be read; a table keeps it in its cell.
package words

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"carousel/internal/printable"
)

// Words is foreign text among our own. What Markdown would act on is escaped; an underscore within a word does nothing.
func Words(s string) string {
	line := []rune(strings.TrimSpace(printable.Line(s)))
	within := func(i int) bool {
		return i >= 0 && i < len(line) && (unicode.IsLetter(line[i]) || unicode.IsDigit(line[i]))
	}
	number := 0 // digits that the text begins with, which a list would take for its own
	for number < len(line) && line[number] >= '0' && line[number] <= '9' {
		number++
	}
	var b strings.Builder
	for i, r := range line {
		acts := strings.ContainsRune("\\`*[]<>~&", r) || r == '_' && !(within(i-1) && within(i+1))
		if acts || i == 0 && strings.ContainsRune("#+=-", r) || i > 0 && i == number && (r == '.' || r == ')') && (i+1 == len(line) || line[i+1] == ' ') {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Code sets a name off from the words around it.
func Code(s string) string {
	if strings.ContainsAny(s, "`\\") || !printable.Is(s) || strings.TrimSpace(s) == "" { // which no code span can hold
		return Words(s)
	}
	return "`" + s + "`"
}

// HTML is foreign text within a tag of ours, where Markdown does not act.
func HTML(s string) string { return html.EscapeString(printable.Line(s)) }

var markup = regexp.MustCompile("\\\\([[:punct:]])|`|\\*\\*")

// Plain is Markdown of ours without its marks.
func Plain(s string) string { return markup.ReplaceAllString(s, "$1") }

// longest is how many characters of a name a narrow table and a picture have room for.
const longest = 16

// Model is a model's name in prose and in tables that may be wide.
func Model(s string) string {
	if letters := []rune(strings.TrimSpace(printable.Line(s))); len(letters) > 2*longest {
		return Code(string(letters[:2*longest-1]) + "…")
	}
	return Code(s)
}

// Name is a model's name as a narrow table and a picture have room for it, with nothing in it but letters to be read.
func Name(s string) string {
	letters := []rune(strings.TrimSpace(printable.Line(s)))
	if len(letters) > longest {
		letters = append(letters[:longest-1], '…')
	}
	return string(letters)
}

// list joins names of models as a sentence does.
func list(models []string) string {
	var names []string
	for _, m := range models {
		names = append(names, Model(m))
	}
	return and(names)
}
