package result

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEachInOrder has more lines than are held at a time, and one among them that holds no trial.
func TestEachInOrder(t *testing.T) {
	var text []byte
	var want []int
	const n, bad = 3*batch + 7, batch + 5
	for i := 1; i <= n; i++ {
		if i == bad {
			text = append(text, "{\n"...)
			continue
		}
		line, err := json.Marshal(order(i))
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, line...), '\n')
		want = append(want, i)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, TrialsFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	var got []int
	flaws, err := Each(dir, func(t Trial) int { return t.Order }, func(order int) { got = append(got, order) })
	if err != nil || len(flaws) != 1 || flaws[0].Line != bad || flaws[0].Torn {
		t.Errorf("flaws are %v, %v, want one of line %d", flaws, err, bad)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the trials came as %v", got)
	}
}

// TestHistogramsAreCutOutUnseen puts what looks like a histogram where there is none.
func TestHistogramsAreCutOutUnseen(t *testing.T) {
	for name, load := range map[string]*Load{
		"two":     {Histogram: "SElTVA==", ServiceHistogram: "c2Vydg=="},
		"none":    {},
		"escaped": {Histogram: `a"b\`, ServiceHistogram: "c2Vydg=="},
	} {
		want := Trial{Schema: Schema, Cell: Cell{Model: `"histogram":"`, Scenario: `"service_histogram":"x`}, Started: time.Unix(1, 0).UTC(), Load: load, Failed: `"histogram":"y"`}
		load.Schema, load.Spec = Schema, Spec{Target: `"histogram":"z`}
		line, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		trials, flaws, err := Parse(line)
		if err != nil || flaws != nil || len(trials) != 1 {
			t.Fatalf("%s: %d trials, %v, %v", name, len(trials), flaws, err)
		}
		if diff := cmp.Diff(want, trials[0]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
