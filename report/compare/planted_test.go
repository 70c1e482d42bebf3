package compare

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"carousel/internal/result"
	"carousel/report/findings"
	"carousel/report/study"
)

// TestPlanted compares four real runs of six minutes. Two, B1 and B2, had a busy loop before each write of goroutine, and nothing else
// differed. By loadgen --vs with both servers side by side, such a loop (2500 turns) cost 5.0, 5.9 and 7.8 % more processor time per request, waking
// included, at 20,000, 30,000 and 40,000 requests a second; these runs had five sixths of it.
func TestPlanted(t *testing.T) {
	runs := readSamples(t, "testdata/planted.csv")
	for _, c := range []struct {
		a, b string
		want []string
	}{
		{"A1", "B1", []string{"goroutine"}},
		{"A1", "B2", []string{"goroutine"}},
		{"A2", "B1", []string{"goroutine"}},
		{"A2", "B2", []string{"goroutine"}},
		{"A1", "A2", nil},
		{"B1", "B2", nil},
		{"A1", "A1", nil},
	} {
		found := Comparison{samplesA: runs[c.a], samplesB: runs[c.b]}
		found.claims([]string{"select", "poll", "epoll", "generator", "coroutine", "asyncio", "goroutine", "uring", "nethttp"}, 10)
		var models []string
		for _, change := range slices.Concat(found.Models, found.Cells) {
			if !change.Surely() {
				continue
			}
			models = append(models, change.Model)
			if change.Metric == study.Whole && *change.Ratio < 1.03 {
				t.Errorf("%s to %s: %s costs %.3f times", c.a, c.b, change.Model, *change.Ratio)
			}
		}
		slices.Sort(models)
		if models = slices.Compact(models); !slices.Equal(models, c.want) {
			t.Errorf("%s to %s: %v changed, want %v", c.a, c.b, models, c.want)
		}
	}
}

// readSamples reads runs from a table: a line for each run, rate, metric and server, with a log for each round.
func readSamples(t *testing.T, file string) map[string][]findings.Sample {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(text string) float64 {
		if text == "" {
			return math.NaN()
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	runs := map[string][]findings.Sample{}
	for _, line := range table[1:] {
		run, cell, metric := line[0], study.Key{Scenario: "cost", Connections: 64, RateRPS: number(line[1]), Placement: "split"}, line[2]
		i := slices.IndexFunc(runs[run], func(s findings.Sample) bool { return s.Cell == cell && s.Metric == metric })
		if i < 0 {
			i = len(runs[run])
			runs[run] = append(runs[run], findings.Sample{Cell: cell, Metric: metric, Blur: number(line[3]), Rounds: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}})
		}
		server := findings.Server{Name: line[4], Control: line[4] == result.Null || line[4] == result.Twin}
		for _, text := range line[5:] {
			server.Logs, server.Figures = append(server.Logs, number(text)), append(server.Figures, math.Exp(number(text)))
		}
		runs[run][i].Servers = append(runs[run][i].Servers, server)
	}
	return runs
}
