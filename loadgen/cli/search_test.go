package cli

import (
	"io"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/schedule"
	"carousel/loadgen/search"
)

func parsed(t *testing.T, line string) *Options {
	t.Helper()
	opts, err := Parse(io.Discard, io.Discard, strings.Fields(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return opts
}

// A step lasts long enough for the requests that its percentiles need.
func TestAt(t *testing.T) {
	for _, c := range []struct {
		line        string
		level, rate float64
		confirms    bool
		want        time.Duration
	}{
		{"--find-max p99<5ms", 10_000, 0, false, 3 * time.Second},
		{"--find-max p99<5ms", 10_000, 0, true, 9 * time.Second},
		{"--find-max p99<5ms -d 1s", 10_000, 0, true, 3 * time.Second},
		{"--find-max p99<5ms", 100, 0, false, 11 * time.Second},
		{"--find-max p99<5ms", 100, 0, true, 33 * time.Second},
		{"--find-max service_p999<5ms", 1000, 0, false, 11 * time.Second},
		{"--find-max p50<5ms,p99<5ms,errors<1", 100, 0, false, 11 * time.Second},
		{"--find-max mean<5ms -d 1s", 100, 0, false, 1100 * time.Millisecond},
		{"--find-max p99<5ms --over connections", 100, 0, false, 3 * time.Second},
		{"--find-max p99<5ms --over connections", 100, 50, false, 22 * time.Second},
		{"--find-max p99<5ms --over connections -r 100", 100, 50, false, 11 * time.Second},
	} {
		if s := parsed(t, c.line).At(c.level, c.rate, c.confirms); s.Duration != c.want {
			t.Errorf("%s at %v: %v, want %v", c.line, c.level, s.Duration, c.want)
		}
	}
	opts := parsed(t, "--find-max p99<5ms -c 7")
	if s := opts.At(100, 0, false); s.Rate != 100 || s.Connections != 7 || s.Warmup != usualWarmup {
		t.Errorf("over the rate: %+v", s)
	}
	if s := opts.Closed(); s.Rate != 0 || s.Duration != time.Second || s.Connections != 7 {
		t.Errorf("the closed loop: %+v", s)
	}
	opts = parsed(t, "--find-max p99<5ms --arrivals poisson --burst 3 -c 2:9 --seed 5")
	if s := opts.At(100, 0, false); s.Arrivals != result.Poisson || s.Burst != 3 || s.Seed != 5 || s.First != 2 {
		t.Errorf("at random: %+v", s)
	}
	if s := opts.Closed(); s.Arrivals != "" || s.Burst+s.First+int(s.Spin) != 0 || s.Connections != 9 {
		t.Errorf("the closed loop: %+v", s)
	}
	opts = parsed(t, "--find-max p99<5ms --over connections -c 7 -t 4 --engine auto")
	if s := opts.At(2, 0, false); s.Rate != 0 || s.Connections != 2 || s.Engine != result.Net && s.Threads != 2 {
		t.Errorf("over connections: %+v", s)
	}
}

func TestPlan(t *testing.T) {
	for line, want := range map[string]search.Levels{
		"--find-max p99<5ms":                 {First: 0, Least: 18.33, Most: schedule.MostPerSecond},
		"--find-max p99<5ms -r 100":          {First: 100, Least: 18.33, Most: schedule.MostPerSecond},
		"--find-max p99<5ms -r 4":            {First: 4, Least: 4, Most: schedule.MostPerSecond},
		"--find-max rate>1 -d 110s":          {First: 0, Least: 1, Most: schedule.MostPerSecond},
		"--find-max p99<5ms --over rate -r2": {First: 2, Least: 2, Most: schedule.MostPerSecond},
	} {
		if got := parsed(t, line).Levels(); got != want {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
	got := parsed(t, "--find-max p99<5ms --over connections -c 20 -r 100").Levels()
	if got.First != 20 || got.Least != 1 || got.Most < 20 || !got.Whole {
		t.Errorf("over connections: %+v", got)
	}
}

func TestConditions(t *testing.T) {
	opts := parsed(t, "--find-max p99<5ms,errors<1%")
	if len(opts.FindMax) != 2 || opts.FindMax[1].Expr != "errors<1%" {
		t.Errorf("%+v", opts.FindMax)
	}
	var v conditions
	v.to = &opts.FindMax
	if err := v.Set("p50 < 1ms and rate>=10/s"); err != nil || len(opts.FindMax) != 4 || opts.FindMax[3].Expr != "rate>=10/s" {
		t.Errorf("%+v, %v", opts.FindMax, err)
	}
	if err := v.Set("p50<1ms and"); err == nil {
		t.Error("nothing after and is a condition")
	}
}
