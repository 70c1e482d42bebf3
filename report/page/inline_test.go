package page

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"carousel/report/words"
)

func TestInline(t *testing.T) {
	for give, want := range map[string]string{
		"`epoll` and **few** of *them*": "<code>epoll</code> and <strong>few</strong> of <em>them</em>",
		`\-19 \<b\> \*x\* a_b`:          "-19 &lt;b&gt; *x* a_b",
		"<script>alert(1)</script>":     "&lt;script&gt;alert(1)&lt;/script&gt;",
		"[x](javascript:alert(1))":      `<a href="">x</a>`,
		"[x](https://ui.perfetto.dev)":  `<a href="https://ui.perfetto.dev">x</a>`,
		"~ (0.94–1.03)":                 "~ (0.94–1.03)",
		"# no heading\n\n- no list":     "# no heading  - no list",
		"1. no list":                    "1. no list",
		"a ![picture](of.png)":          "a picture",
		"":                              "",
	} {
		if got, err := inline(give); err != nil || string(got) != want {
			t.Errorf("%q is %q, want %q (%v)", give, got, want, err)
		}
	}
}

var allowed = regexp.MustCompile(`</?(code|strong|em)>|<a href="[^"<>]*">|</a>|<br ?/?>|&(amp|lt|gt|quot|#39);`)

// No foreign text can insert a tag or an entity.
func FuzzInline(f *testing.F) {
	for _, seed := range []string{"<img src=x onerror=alert(1)>", "![x](y)", "[a](<b>)", "&lt;&#65;", "`<b>`", "**<b>**", "\x00\xff", "[x](data:text/html,y)", "a  \nb\\\nc"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, s string, escaped bool) {
		if !utf8.ValidString(s) {
			return
		}
		if escaped {
			s = words.Words(s)
		}
		got, err := inline(s)
		if err != nil {
			t.Fatal(err)
		}
		if rest := allowed.ReplaceAllString(string(got), ""); strings.ContainsAny(rest, "<>&") {
			t.Errorf("%q is %q", s, got)
		}
		if lower := strings.ToLower(string(got)); strings.Contains(lower, `href="javascript:`) || strings.Contains(lower, `href="data:`) {
			t.Errorf("%q is %q", s, got)
		}
	})
}
