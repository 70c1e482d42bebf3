package truth

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	live  = flag.Bool("live", false, "run the live half as well: bin/loadgen on real sockets and clocks, some twenty minutes")
	table = flag.String("table", "", "a page whose table of what is proved is written anew")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if *table != "" {
		if err := rewrite(*table, proved.rows); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// skip adds a row that a claim of the live half was not checked, and why, and skips the test.
func skip(t *testing.T, claim, why string) {
	t.Helper()
	proved.Lock()
	proved.rows = append(proved.rows, Row{Claim: ofLive + claim, Found: skipped + why})
	proved.Unlock()
	t.Skip(skipped + why)
}

const (
	ofLive  = "live: " // begins the claims of the live half
	skipped = "skipped: "
)

// The lines of a page between which the table is.
const (
	tableBegins = "<!-- what is proved: written by \"make truth\" -->\n"
	tableEnds   = "<!-- end of what is proved -->\n"
)

// rewrite replaces the table in a page.
func rewrite(page string, rows []Row) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, begins := bytes.Cut(text, []byte(tableBegins))
	_, after, ends := bytes.Cut(rest, []byte(tableEnds))
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table: it takes the lines\n%s%s", page, tableBegins, tableEnds)
	}
	return os.WriteFile(page, bytes.Join([][]byte{before, []byte(tableBegins + markdown(rows) + tableEnds), after}, nil), 0o644)
}

// markdown returns the tables of both halves.
func markdown(rows []Row) string {
	var halves [2]strings.Builder
	held, left := 0, 0
	for _, r := range rows {
		mark := "**no**"
		switch {
		case strings.HasPrefix(r.Found, skipped):
			mark = "–"
			left++
		case r.Held:
			mark = "yes"
			held++
		}
		claim, isLive := strings.CutPrefix(r.Claim, ofLive)
		half := &halves[0]
		if isLive {
			half = &halves[1]
		}
		fmt.Fprintf(half, "| %s | %s | %s | %s | %s |\n", claim, r.Expected, r.Found, r.Within, mark)
	}
	const head = "| claim | expected | found | within | held |\n|---|---|---|---|---|\n"
	return fmt.Sprintf("\nOf these claims %d held, %d did not and %d were skipped (%s, %d processors, %s).\n\n**The live half**\n\n%s\n**The pure half**\n\n%s\n",
		held, len(rows)-held-left, left, runtime.GOOS, runtime.NumCPU(), time.Now().Format(time.DateOnly), head+halves[1].String(), head+halves[0].String())
}

func TestTable(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("before\n"+tableBegins+"old\n"+tableEnds+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	rows := []Row{{"a", "1", "1", "0", true}, {ofLive + "b", "1", "2", "0", false}, {Claim: ofLive + "c", Found: skipped + "noisy host"}}
	for range 2 { // the second time it replaces its own table
		if err := rewrite(page, rows); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n" + tableBegins, "claims 1 held, 1 did not and 1 were skipped", "| b | 1 | 2 | 0 | **no** |\n| c |  | skipped: noisy host |  | – |\n",
		"| a | 1 | 1 | 0 | yes |\n\n" + tableEnds + "after\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old") || rewrite("main_test.go", rows) == nil {
		t.Error("an old table stays, or one is written where there is no place for it")
	}
}
