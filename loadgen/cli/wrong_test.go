package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// A value that a flag does not accept gives an error of one line, with the flag and the value, and without the error text of a library.
func TestWrongValues(t *testing.T) {
	refused := map[string]bool{}
	flagsOf().VisitAll(func(f *pflag.Flag) {
		values := []string{"", " ", "x", "-1", "0", "5", "1.5", "1e99", "NaN", "0x10", "99999999999999999999", "a=b", ":", ",", "%s"}
		for _, value := range values {
			arg := "--" + f.Name + "=" + value
			_, err := Parse(io.Discard, io.Discard, []string{arg})
			if err == nil {
				continue
			}
			refused[f.Name] = true
			text := err.Error()
			if !strings.Contains(text, typed(f)) && !strings.Contains(text, "--"+f.Name) {
				t.Errorf("%s: %q does not name the flag", arg, text)
			}
			if !strings.Contains(text, value) || value == "" && !strings.Contains(text, `""`) && !strings.Contains(text, "needs a f") {
				t.Errorf("%s: %q does not repeat the value", arg, text)
			}
			for _, foreign := range []string{"strconv", "parsing", "syntax", "invalid argument", "must be formatted", "%!", "\n", "EOF", "<nil>"} {
				if strings.Contains(text, foreign) {
					t.Errorf("%s: %q says %q", arg, text, foreign)
				}
			}
			if _, why, _ := strings.Cut(text, ": "); len(why) < 10 && !strings.Contains(text, "needs a f") {
				t.Errorf("%s: %q shows no way out", arg, text)
			}
		}
	})
	flagsOf().VisitAll(func(f *pflag.Flag) {
		if value := strings.Join(f.Annotations[valueOf], ""); value != "" && value != "TEXT" && !refused[f.Name] {
			t.Errorf("--%s takes anything", f.Name)
		}
	})
}
