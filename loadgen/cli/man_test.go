package cli

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// macros are the macros that the manual page may use. Any other line that begins with a dot would not be shown.
var macros = regexp.MustCompile(`^\.(TH|SH|SS|TP|B|BR|RI|PP|IP|EX|EE|br|nh|ad)[ \n]`)

func TestManual(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	page := helpOf(t, "man")
	if page != helpOf(t, "man") || !strings.HasPrefix(page, `.TH LOADGEN 1 "2023-11-14" `) {
		t.Errorf("not the same page again, or of another date: %.60s", page)
	}
	rest := page
	for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXAMPLES", "EXIT STATUS", "FILES", "SEE ALSO"} {
		_, after, is := strings.Cut(rest, "\n.SH "+section+"\n")
		if !is {
			t.Fatalf("%s is missing, or not in its place", section)
		}
		rest = after
	}
	flagsOf().VisitAll(func(f *pflag.Flag) {
		if name := roff("--" + f.Name); !f.Hidden && !strings.Contains(page, "\n.TP\n.B "+strings.TrimSpace(roff(spelled(f)))) {
			t.Errorf("%s is missing", name)
		}
	})
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, ".") && !macros.MatchString(line) || strings.HasPrefix(line, "'") || line == "\n" {
			t.Errorf("%q is taken for a macro, or for nothing", line)
		}
	}

	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("the rest takes groff, which is not here")
	}
	cmd := exec.Command(groff, "-man", "-Tutf8", "-ww", "-P-cbou")
	cmd.Stdin = strings.NewReader(page)
	var shown, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &shown, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Errorf("groff: %v, %s", err, &complaints)
	}
	for _, text := range []string{"--fail-if 'p99>5ms' 'errors>0.1%'", "-c, --connections N", `{"path": "/", "weight": 7}`, "target_cpu_whole_ratio"} {
		if !strings.Contains(shown.String(), text) {
			t.Errorf("a reader does not find %q, to be pasted", text)
		}
	}
}

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		"a-b":        `a\-b`,
		`a\b`:        `a\eb`,
		".nothing":   `\&.nothing`,
		"'p99<5ms'":  `\(aqp99<5ms\(aq`,
		"~ and ^ `x": `\(ti and \(ha \(gax`,
	} {
		if got := roff(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
	if got, want := prose("One\nline.\n\n  kept\n    too\n\nMore.\n"), "One\nline.\n.IP\n.EX\nkept\n  too\n.EE\n.PP\nMore.\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
