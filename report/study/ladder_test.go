package study

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/usage"
)

func TestLadder(t *testing.T) {
	at := func(model string, n int, serverNS ...int64) []result.Trial {
		list := flat(hello(model, n), 1000)
		for i := range list {
			list[i].Load.TargetCPU = &usage.CPU{UserNS: 1000 * serverNS[i%len(serverNS)]}
		}
		return list
	}
	starved := at("blocking", 64, 7)
	for i := range starved {
		starved[i].Load.Connections.Answered = 1
	}
	again := at("epoll", 64, 40)
	for i := range again {
		again[i].Cell.Control = true
	}
	var got []string
	for _, step := range study(at("blocking", 1, 20), starved, at("epoll", 64, 40), again, at("goroutine", 64, 39, 41), at("nethttp", 64, 80)).Ladder() {
		line := fmt.Sprintf("%s %.0f", step.Model, step.Cost.Median)
		if step.Before != "" {
			line += fmt.Sprintf(", %v %.2f of %s, %v %.2f", step.ToBefore.Order, step.ToBefore.Median, step.Before, step.ToBaseline.Order, step.ToBaseline.Median)
		}
		got = append(got, line)
	}
	want := []string{ // Order: 1 is tied, 2 higher; select was not measured
		"blocking 20", "select 0", "epoll 40, 2 2.00 of blocking, 2 2.00", "goroutine 40, 1 1.00 of epoll, 2 2.00", "nethttp 80, 2 2.00 of goroutine, 2 4.00",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if steps := study(at("epoll", 64, 40), again).Ladder(); steps != nil {
		t.Errorf("a ladder without its first step: %v", steps)
	}
}

func TestModesAreGroupsOfTheirOwn(t *testing.T) {
	var parts [][]result.Trial
	for _, mode := range []string{result.Inline, result.OneByOne, result.AllAtOnce} {
		c := result.Cell{Model: "epoll", Scenario: "download", Connections: 20, RateRPS: 1000, Mode: mode}
		if mode == result.OneByOne {
			c.Connections = 1
		}
		parts = append(parts, flat(c, 1000))
	}
	var got []string
	for _, g := range study(parts...).Find("download", "") {
		got = append(got, fmt.Sprintf("%s %d: %d trials", g.Mode, g.Connections, len(g.Cell("epoll").Trials)))
	}
	want := []string{"one-by-one 1: 6 trials", "all-at-once 20: 6 trials", "inline 20: 6 trials"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestBesideIsOfTheSmallReplies holds the metric to one path, and to as many requests as a percentile needs.
func TestBesideIsOfTheSmallReplies(t *testing.T) {
	pictures := result.PathLatency{Path: "/moved/image/0", Count: 1000, Latency: result.Latency{P90: 9e6}}
	for _, c := range []struct {
		name  string
		paths []result.PathLatency
		want  float64
	}{
		{"beside pictures", []result.PathLatency{pictures, {Path: "/", Count: 100, Latency: result.Latency{P90: 2e6}}}, 2e6},
		{"too few", []result.PathLatency{pictures, {Path: "/", Count: 99, Latency: result.Latency{P90: 2e6}}}, math.NaN()},
		{"none", []result.PathLatency{pictures}, math.NaN()},
	} {
		of := measured(1, hello("epoll", 10), 1000)
		of.Load.Paths = c.paths
		got := Beside90.Of(*Unpack(of))
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
