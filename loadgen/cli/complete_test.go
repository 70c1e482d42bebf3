package cli

import (
	"os"
	"strings"
	"testing"
)

// What a shell does with the offered words (cobra.ShellCompDirective).
const (
	wordsOnly = ":4"
	noSpace   = ":6"
	anyFile   = ":0"
	onlyJSON  = ":8"
	onlyDirs  = ":16"
)

// TestCompletion checks the words that a shell is offered; the shell drops those that do not begin with what was typed. "..." stands for further words.
func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"tea.json", "tee.json"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("tray", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, words, then string }{
		{"| ", "compare completion export help man merge", wordsOnly},
		{"| :", "", wordsOnly},
		{"-c 5 | ", "", wordsOnly},
		{":5000 | ", "", wordsOnly},
		{"| --ra", "--rate --ramp", wordsOnly},
		{"| --find", "--find-max", wordsOnly},
		{"--engine | ", "auto epoll uring net hey", wordsOnly},
		{"| --engine=", "auto epoll uring net hey", wordsOnly},
		{"--proto | ", "http line", wordsOnly},
		{"--order | ", "weighted shuffled file", wordsOnly},
		{"--arrivals | ", "uniform poisson", wordsOnly},
		{"--save-mode | ", "inline offload", wordsOnly},
		{"--over | ", "rate connections", wordsOnly},
		{"-X | ", "GET HEAD POST PUT DELETE", wordsOnly},
		{"--expect | ", "200 carousel", wordsOnly},
		{"--pid | ", "auto", wordsOnly},
		{"--until | ", "1% 2% 5%", wordsOnly},
		{"--fail-if | ", "p50 p90 p95 p99...", noSpace},
		{"--find-max | ", "p50 p90 p95 p99...", noSpace},
		{"--body | tea", "", wordsOnly},
		{"--body | @te", "@tea.json @tee.json", wordsOnly},
		{"--body | @tr", "@tray/", noSpace},
		{"-d | ", "", wordsOnly},
		{"-c | ", "", wordsOnly},
		{"-r | ", "", wordsOnly},
		{"-H | ", "", wordsOnly},
		{"-u | ", "", wordsOnly},
		{"--ramp | ", "", wordsOnly},
		{"--vs | ", "", wordsOnly},
		{"--mix | ", "", anyFile},
		{"--stages | ", "", anyFile},
		{"--body-file | ", "", anyFile},
		{"--cacert | ", "", anyFile},
		{"--cert | ", "", anyFile},
		{"--key | ", "", anyFile},
		{"-o | ", "", anyFile},
		{"--trace | ", "", anyFile},
		{"--csv | ", "", anyFile},
		{"--prom | ", "", anyFile},
		{"--metrics | ", "", wordsOnly},
		{"--save | ", "", onlyDirs},
		{"help | ", "load...", wordsOnly},
		{"help gates | ", "", wordsOnly},
		{"compare | ", "json", onlyJSON},
		{"merge a.json | ", "json", onlyJSON},
		{"merge -o | ", "", anyFile},
		{"export --hgrm | ", "", anyFile},
		{"completion | ", "bash fish powershell zsh", wordsOnly},
		{"man | ", "", wordsOnly},
	} {
		t.Run(c.line, func(t *testing.T) {
			before, typed, _ := strings.Cut(c.line, "|")
			var stdout strings.Builder
			args := append([]string{"__completeNoDesc"}, strings.Fields(before)...)
			Parse(&stdout, &strings.Builder{}, append(args, strings.TrimSpace(typed)))
			got := strings.Join(strings.Fields(stdout.String()), " ")
			if words, more := strings.CutSuffix(c.words, "..."); more {
				if !strings.HasPrefix(got, words) || !strings.HasSuffix(got, " "+c.then) {
					t.Errorf("%q, want %q and more, then %s", got, words, c.then)
				}
			} else if want := strings.TrimSpace(c.words + " " + c.then); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	if offered := completed(t, "--cacert"); strings.Contains(offered, "`") || !strings.Contains(offered, "certificates") {
		t.Errorf("--cacert is explained as %q", offered)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if !strings.Contains(helpOf(t, "completion "+shell), "__complete") {
			t.Errorf("the script for %s asks for nothing", shell)
		}
	}
}

// completed returns the words that a shell is offered, with their explanations.
func completed(t *testing.T, typed string) string {
	t.Helper()
	return helpOf(t, "__complete "+typed)
}
