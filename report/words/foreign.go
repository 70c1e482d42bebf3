// Package words holds all prose of a report, its captions and titles too. It words findings as Markdown without tables and pictures.
//
// The README, the page, the terminal and the pictures share these words; Plain removes the Markdown marks for the last two. Text from outside
// (names, reasons, notes) goes through Words or Code, which escape everything that Markdown or a terminal would act on.
package words

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"carousel/internal/printable"
)

// Words escapes foreign text for Markdown and makes it one line. An underscore within a word needs no escape.
func Words(s string) string {
	line := []rune(strings.TrimSpace(printable.Line(s)))
	within := func(i int) bool {
		return i >= 0 && i < len(line) && (unicode.IsLetter(line[i]) || unicode.IsDigit(line[i]))
	}
	number := 0 // leading digits: "1." would begin a list
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

// Code is a name as a code span, or escaped if no code span can hold it.
func Code(s string) string {
	if strings.ContainsAny(s, "`\\") || !printable.Is(s) || strings.TrimSpace(s) == "" {
		return Words(s)
	}
	return "`" + s + "`"
}

// HTML escapes foreign text for use inside an HTML tag, where Markdown is not parsed.
func HTML(s string) string { return html.EscapeString(printable.Line(s)) }

var markup = regexp.MustCompile("\\\\([[:punct:]])|`|\\*\\*")

// Plain is our Markdown without its marks.
func Plain(s string) string { return markup.ReplaceAllString(s, "$1") }

// longest is how many characters of a model's name fit into a picture or a narrow table.
const longest = 16

// Model is a model's name in prose and in tables that may be wide.
func Model(s string) string {
	if letters := []rune(strings.TrimSpace(printable.Line(s))); len(letters) > 2*longest {
		return Code(string(letters[:2*longest-1]) + "…")
	}
	return Code(s)
}

// Name is a model's name for a picture or a narrow table: at most 16 printable characters, not escaped.
func Name(s string) string {
	letters := []rune(strings.TrimSpace(printable.Line(s)))
	if len(letters) > longest {
		letters = append(letters[:longest-1], '…')
	}
	return string(letters)
}

// list joins names of models: "`a`, `b` and `c`".
func list(models []string) string {
	var names []string
	for _, m := range models {
		names = append(names, Model(m))
	}
	return and(names)
}
