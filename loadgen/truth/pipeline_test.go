//go:build !race

package truth

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
)

// A Poisson schedule goes through pacer, flight shard, client and record to a simulated server that takes 1 ms per request. The record must agree
// with Lindley's recursion on the same instants, and with the theory of M/D/1.
func TestAQueueIsMeasuredAsItIs(t *testing.T) {
	const service = time.Millisecond
	for _, rho := range []float64{0.5, 0.7, 0.8} {
		s := result.DefaultSpec()
		s.Target, s.Engine, s.Connections, s.Duration = "http://127.0.0.1:1/", result.Net, 8, 1000*time.Second
		s.Rate, s.Arrivals, s.Seed = rho*1000, result.Poisson, 9
		l := virtual(t, s, &oneByOne{service: int64(service), stops: never})

		due := arrivals(s.Rate, int(l.Requests.Planned), s.Seed)
		waits := stats.Lindley(due, slices.Repeat([]time.Duration{service}, len(due)))
		sum := time.Duration(0)
		for _, w := range waits {
			sum += w + service
		}
		slices.Sort(waits)

		exact := float64(sum) / float64(len(due))
		want, got := []string{fmt.Sprintf("mean %.4f ms", exact/1e6)}, []string{fmt.Sprintf("mean %.4f ms", l.Latency.Mean/1e6)}
		ok := balanced(l) && l.Requests.OK == int64(len(due)) && math.Abs(l.Latency.Mean/exact-1) < 1e-12
		theory, same := []string{fmt.Sprintf("mean %.2f ms", 1+stats.MD1Mean(rho))}, math.Abs(l.Latency.Mean/1e6/(1+stats.MD1Mean(rho))-1) <= 3*spread(rho, 0, len(due))
		for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999} {
			truth, found := float64(quantile(waits, q)+service), l.Latency.Figure(name)
			ok = ok && found >= truth && found <= truth*1.001
			want, got = append(want, fmt.Sprintf("%s %.2f ms", name, truth/1e6)), append(got, fmt.Sprintf("%s %.2f ms", name, found/1e6))
			formula := 1 + stats.MD1Quantile(rho, q)
			if name != "p999" {
				same = same && math.Abs(found/1e6/formula-1) <= 6*spread(rho, 0, len(due))
				theory = append(theory, fmt.Sprintf("%s %.2f ms", name, formula))
			}
		}
		for _, list := range [][]string{want, got, theory} {
			slices.Sort(list)
		}
		claim := fmt.Sprintf("%d requests at random, through pacer, shard and record, to a server at utilisation %v that takes 1 ms for each: ", len(due), rho)
		row(t, claim+"Lindley's recursion on the same instants", strings.Join(want, ", "), strings.Join(got, ", "), "mean exact, percentiles 0.1 %", ok)
		row(t, claim+"the theory of M/D/1", strings.Join(theory, ", "), strings.Join(got[:len(theory)], ", "),
			fmt.Sprintf("mean %.1f %%, percentiles %.1f %%, three times what chance does", 300*spread(rho, 0, len(due)), 600*spread(rho, 0, len(due))), same)
	}
}

// In a burst each request waits for those before it: ten at once are answered after 1 to 10 service times.
func TestBurstsAreMeasuredAsTheyAre(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Duration, s.Rate, s.Burst = "http://127.0.0.1:1/", result.Net, 4, 100*time.Second, 500, 10
	l := virtual(t, s, &oneByOne{service: int64(time.Millisecond), stops: never})
	var got []string
	ok := balanced(l) && l.Latency.Mean == 5.5e6
	for _, p := range []struct {
		name string
		want float64
	}{{"p50", 5e6}, {"p90", 9e6}, {"p99", 10e6}} {
		found := l.Latency.Figure(p.name)
		ok = ok && found >= p.want && found <= 1.001*p.want
		got = append(got, fmt.Sprintf("%s %.2f ms", p.name, found/1e6))
	}
	row(t, "500/s in bursts of 10 over 4 connections, to a server that takes 1 ms for each", "mean 5.50 ms, p50 5.00 ms, p90 9.00 ms, p99 10.00 ms",
		fmt.Sprintf("mean %.2f ms, %s", l.Latency.Mean/1e6, strings.Join(got, ", ")), "mean exact, percentiles 0.1 %", ok)
}
