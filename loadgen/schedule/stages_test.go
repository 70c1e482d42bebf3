package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
)

func TestParseStages(t *testing.T) {
	for _, c := range []struct {
		text string
		want []result.Stage
		err  string
	}{
		{"500 10s", []result.Stage{{From: 500, To: 500, Length: 10 * time.Second}}, ""},
		{"# up and on\n0:500\t30s # slowly\n\n500 1m\r\n", []result.Stage{{To: 500, Length: 30 * time.Second}, {From: 500, To: 500, Length: time.Minute}}, ""},
		{"", nil, "it has no stages"},
		{"# nothing", nil, "it has no stages"},
		{"500", nil, "line 1: a stage is a rate and a length"},
		{"500 10s fast", nil, "line 1: a stage is a rate and a length"},
		{"500 10s\nfast 10s", nil, `line 2: "fast" is no number of requests per second`},
		{"500: 10s", nil, `line 1: "" is no number`},
		{"1:2:3 10s", nil, `line 1: "2:3" is no number`},
		{"-1 10s", nil, "line 1: -1 is out of range"},
		{"NaN 10s", nil, "line 1: NaN is out of range"},
		{"2e7 10s", nil, "a rate is 0 to 10000000 per second"},
		{"500 10", nil, `line 1: "10" is no length`},
		{"500 0s", nil, "line 1: a stage lasts above 0"},
		{"500 -1s", nil, "line 1: a stage lasts above 0"},
		{strings.Repeat("1 1s\n", 1001), nil, "line 1001: there are 1000 stages at most"},
	} {
		got, err := ParseStages(c.text)
		if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%.40q: %v, want %q; %s", c.text, err, c.err, diff)
		}
	}
}

func TestMean(t *testing.T) {
	stages, err := ParseStages("0:1000 10s\n1000 20s\n0 10s")
	if err != nil || Mean(stages) != 625 || Length(stages) != 40*time.Second {
		t.Errorf("%v in %v, %v", Mean(stages), Length(stages), err)
	}
}

// Stages that parse give a schedule whose requests are due in order, none after its end, and whose counts agree.
func FuzzParseStages(f *testing.F) {
	for _, text := range []string{"500 10s", "0:500 30s\n500 1m", "1:0 1ms", "1e-300 1h", "1e7:0 1ns", "0 1s\n0.5 1s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stages, err := ParseStages(text)
		if err != nil {
			return
		}
		p, end := New(result.Spec{Stages: stages}), Length(stages)
		last := time.Duration(0)
		for i := range int64(100) {
			due := p.Due(i)
			if due < last {
				t.Fatalf("request %d is due at %d, the one before at %d", i, due, last)
			}
			if last = due; due > end {
				break
			}
			if before := p.Before(due); before > i || p.Before(due+1) <= i {
				t.Fatalf("%d requests before request %d, %d up to it", before, i, p.Before(due+1))
			}
		}
	})
}
