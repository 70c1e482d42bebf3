// Package printable writes text of others so that a terminal shows it and does nothing else: what does not print (control
// characters, escape sequences, marks of direction, bytes that are no UTF-8) appears as in a Go string, such as \x1b.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Is reports whether text is shown as it is; newlines and tabs are not.
func Is(text string) bool { return Line(text) == text }

// Line is text on one line.
func Line(text string) string { return escape(text, "") }

// Text is text with its newlines and tabs.
func Text(text string) string { return escape(text, "\n\t") }

func escape(text, but string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if valid := r != utf8.RuneError || size > 1; valid && (unicode.IsGraphic(r) || strings.ContainsRune(but, r)) {
			b.WriteString(text[:size])
		} else {
			quoted := strconv.Quote(text[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}
