package printable

import "testing"

func TestEscape(t *testing.T) {
	for _, c := range []struct{ in, line, text string }{
		{"", "", ""},
		{`plain "text" \x1b é 日本 �`, `plain "text" \x1b é 日本 �`, `plain "text" \x1b é 日本 �`},
		{"GET /bytes/N, 3\u00a0µs, сказал Мигель", "GET /bytes/N, 3\u00a0µs, сказал Мигель", "GET /bytes/N, 3\u00a0µs, сказал Мигель"},
		{"two\nlines\tand a tab", `two\nlines\tand a tab`, "two\nlines\tand a tab"},
		{"\x1b[31mred\x1b[0m\a\r\n", `\x1b[31mred\x1b[0m\a\r\n`, "\\x1b[31mred\\x1b[0m\\a\\r\n"},
		{"\u009b2J \u202egnp.exe\u2028 \xff\xc3", `\u009b2J \u202egnp.exe\u2028 \xff\xc3`, `\u009b2J \u202egnp.exe\u2028 \xff\xc3`},
	} {
		if got := Line(c.in); got != c.line || Is(c.in) != (c.in == c.line) {
			t.Errorf("Line(%q) = %q, want %q; Is says %v", c.in, got, c.line, Is(c.in))
		}
		if got := Text(c.in); got != c.text {
			t.Errorf("Text(%q) = %q, want %q", c.in, got, c.text)
		}
	}
}
