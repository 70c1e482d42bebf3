package truth

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	live  = flag.Bool("live", false, "run the live half as well: bin/loadgen on real sockets and clocks, some ten minutes")
	table = flag.String("table", "", "a page whose table of what is proved is written anew")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if *table != "" {
		if err := rewrite(*table); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// skip notes that a claim was not looked into, and why, and skips the test.
func skip(t *testing.T, claim, why string) {
	t.Helper()
	proved.Lock()
	proved.rows = append(proved.rows, Row{Claim: claim, Found: skipped + why})
	proved.Unlock()
	t.Skip(skipped + why)
}

const skipped = "skipped: "

// The table stands between these lines of a page.
const (
	tableBegins = "<!-- what is proved: written by \"make truth\" -->\n"
	tableEnds   = "<!-- end of what is proved -->\n"
)

// rewrite puts the rows of this run into a page.
func rewrite(page string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, begins := bytes.Cut(text, []byte(tableBegins))
	_, after, ends := bytes.Cut(rest, []byte(tableEnds))
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table: it takes the lines\n%s%s", page, tableBegins, tableEnds)
	}
	return os.WriteFile(page, bytes.Join([][]byte{before, []byte(tableBegins + markdown() + tableEnds), after}, nil), 0o644)
}

// markdown is the table of what was proved, and what was skipped.
func markdown() string {
	var b strings.Builder
	held, missed, left := 0, 0, 0
	fmt.Fprintf(&b, "\n| claim | expected | found | within | held |\n|---|---|---|---|---|\n")
	for _, r := range proved.rows {
		mark := "yes"
		switch {
		case strings.HasPrefix(r.Found, skipped):
			mark = "–"
			left++
		case r.Held:
			held++
		default:
			mark = "**no**"
			missed++
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.Claim, r.Expected, r.Found, r.Within, mark)
	}
	fmt.Fprintf(&b, "\n%d held, %d did not, %d were skipped; %s, %d processors, %s.\n\n", held, missed, left, runtime.GOOS, runtime.NumCPU(), time.Now().Format(time.DateOnly))
	return b.String()
}
