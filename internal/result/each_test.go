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

// TestEachInOrder reads more lines than one batch holds. One of them holds no trial.
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

// TestHistogramsAreCutOutUnseen has text that looks like a histogram in other fields.
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

// TestEachLeavesOutSlices has lists of slices as bench writes them, and lists that must be left to the decoder.
func TestEachLeavesOutSlices(t *testing.T) {
	disturbed := Slice{Disturbed: true}
	for _, c := range []struct {
		list string
		kept []Slice
		flaw bool
	}{
		{`[]`, []Slice{}, false},
		{`[{"cycle":1,"ok":5},{"cycle":2}]`, []Slice{}, false},
		{`[{"cycle":1,"disturbed":true},{"cycle":2},{"disturbed":true}]`, []Slice{disturbed, disturbed}, false},
		{`[{"cycle":1,"of":[1,2]},{"cycle":2}]`, []Slice{{Cycle: 1}, {Cycle: 2}}, false},
		{`[{"cycle":1,"]":2}]`, []Slice{{Cycle: 1}}, false},
		{`[{"cycle":1,"\"]":2}]`, []Slice{{Cycle: 1}}, false},
		{`[{"cycle":1}`, nil, true},
	} {
		line := `{"schema":2,"cell":{"model":"\"slices\":[","scenario":"s"},"turns":{"slices":` + c.list + `,"cycles":3,"verdict":{"state":"valid","reasons":[]}}}`
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, TrialsFile), []byte(line+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		var got Trial
		flaws, err := Each(dir, whole, func(t Trial) { got = t })
		if err != nil || (len(flaws) > 0) != c.flaw {
			t.Fatalf("%s: %v, %v", c.list, flaws, err)
		}
		if c.flaw {
			continue
		}
		if diff := cmp.Diff(c.kept, got.Turns.Slices); diff != "" || got.Turns.Cycles != 3 || got.Turns.Verdict.State != Valid {
			t.Errorf("%s: %+v\n%s", c.list, got.Turns, diff)
		}
	}
}
