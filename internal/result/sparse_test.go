package result

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Sparse writes the same bytes as Histogram, and reuses its memory.
func TestSparseIsHistogram(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var s Sparse
	lists := [][]int64{{}, {0}, {1}, {0, 1, 2, 3}, {2047, 2048, 2049, 4096}, {math.MaxInt64}, {0, 2, math.MaxInt64 - 1, math.MaxInt64}}
	for range 200 {
		list := make([]int64, random.IntN(50))
		for i := range list {
			list[i] = random.Int64() >> random.IntN(63)
		}
		slices.Sort(list)
		lists = append(lists, list)
	}
	for _, list := range lists {
		h := NewHistogram()
		s.Reset()
		for _, ns := range list {
			n := random.Int64() >> random.IntN(63) >> 8
			h.RecordN(ns, n)
			s.Add(ns, n)
		}
		want, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if h.Count() == 0 {
			continue // the library writes a bucket without a value where there is none
		}
		if got := s.Encode(); got != want {
			t.Fatalf("%v:\n%s\nwant\n%s", list, got, want)
		}
	}
}
