package result

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A reason of schema 1 is only a text, by which its check is recognized.
func TestReasonsOfSchemaOne(t *testing.T) {
	const text = `{"state": "suspect", "reasons": [
		"loadgen itself stood still for 1.50s, for which up to 15.1 % of the requests may have waited: the slowest say nothing of the target",
		"a text that nobody wrote",
		{"check": "steal", "state": "suspect", "text": "the hypervisor took 6 %", "advice": "repeat on a quieter host"}
	]}`
	var v Verdict
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	want := []Reason{
		{Check: "stall", Text: "loadgen itself stood still for 1.50s, for which up to 15.1 % of the requests may have waited: the slowest say nothing of the target"},
		{Text: "a text that nobody wrote"},
		{Check: "steal", State: Suspect, Text: "the hypervisor took 6 %", Advice: "repeat on a quieter host"},
	}
	if diff := cmp.Diff(want, v.Reasons); diff != "" {
		t.Error(diff)
	}
	for _, r := range v.Reasons[:2] {
		if r.String() != r.Text {
			t.Errorf("%+v is written %q", r, r)
		}
	}
	if got := v.Reasons[2].String(); got != "the hypervisor took 6 %: repeat on a quieter host" {
		t.Errorf("written %q", got)
	}
	for _, wrong := range []string{`{"reasons": [7]}`, `{"reasons": [["steal"]]}`, `{"reasons": [{"check": 1}]}`} {
		if err := json.Unmarshal([]byte(wrong), &v); err == nil {
			t.Errorf("%s is read as %+v", wrong, v)
		}
	}
}

// Part of a run of schema 1 is kept.
func TestKeptReasonsAreTold(t *testing.T) {
	trials, _, err := ReadTrials("testdata/schema1")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, trial := range trials {
		if trial.Load == nil || trial.Load.Schema != 1 {
			continue
		}
		for _, r := range trial.Load.Verdict.Reasons {
			if found[r.Check]++; r.Check == "" {
				t.Errorf("no check is known that says %q", r.Text)
			}
		}
	}
	if len(found) < 3 {
		t.Errorf("only %v are found there", slices.Sorted(maps.Keys(found)))
	}
}
