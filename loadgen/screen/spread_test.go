package screen

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"carousel/internal/result"
)

// The rows of any distribution follow one another from the shortest time to the longest, hold all values, and are not too many. The gap
// between two modes has rows without a bar.
func TestRows(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for name, draw := range map[string]func() int64{
		"constant":    func() int64 { return 1_000_000 },
		"nothing":     func() int64 { return 0 },
		"exponential": func() int64 { return int64(random.ExpFloat64() * 1e6) },
		"heavy":       func() int64 { return int64(math.Exp(random.NormFloat64()*3) * 1e5) },
		"narrow":      func() int64 { return 1_000_000 + random.Int64N(50_000) },
		"up to a day": func() int64 { return int64(24*time.Hour) >> random.IntN(47) },
		"two modes": func() int64 {
			if random.IntN(10) == 0 {
				return 40_000_000 + random.Int64N(1_000_000)
			}
			return 200_000 + random.Int64N(10_000)
		},
	} {
		h := result.NewHistogram()
		var drawn []int64
		for range 20_000 {
			ns := draw()
			drawn = append(drawn, ns)
			h.Record(ns)
		}
		var p result.Packed
		if err := p.Decode(encoded(t, h)); err != nil {
			t.Fatal(err)
		}
		all, sum, empty, most := rows(&p), 0.0, 0, bodyRows+2
		if name == "up to a day" {
			most = 16 // a row for each decade
		}
		for i, r := range all {
			if i > 0 && r.from != all[i-1].to || r.share < 0 || r.to < r.from {
				t.Errorf("%s: row %d is %+v", name, i, r)
			}
			in := 0.0
			for _, ns := range drawn {
				if ns >= r.from && (ns < r.to || i == len(all)-1) {
					in++
				}
			}
			if math.Abs(in/float64(len(drawn))-r.share) > 0.02 { // an edge may lie inside a bucket
				t.Errorf("%s: %v of all are said to lie from %d to %d, %v do", name, r.share, r.from, r.to, in/float64(len(drawn)))
			}
			if line := r.String(); 17+utf8.RuneCountInString(line) > 80 || (r.share > 0) != strings.ContainsAny(line[len(line)-1:], "#.") {
				t.Errorf("%s: %q", name, line)
			}
			if sum += r.share; r.share == 0 {
				empty++
			}
		}
		if math.Abs(sum-1) > 1e-9 || len(all) > most || all[0].from != p.Quantile(0) || all[len(all)-1].to != p.Quantile(1) {
			t.Errorf("%s: %d rows hold %v of it, from %d to %d", name, len(all), sum, all[0].from, all[len(all)-1].to)
		}
		if name == "two modes" && empty < 2 {
			t.Errorf("nothing is between the modes in %v", all)
		}
	}
}
