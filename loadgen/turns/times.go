package turns

import (
	"cmp"
	"slices"

	"carousel/internal/stats"
)

// mostParts is into how many parts of a comparison response times are divided at most, so that memory does not grow with its length.
const mostParts = 64

// times are the response times of each server in consecutive parts of the comparison. All parts but the last have the same number of pairs.
type times struct {
	parts [][]stats.Counts // by server
	each  int              // pairs in a part
	last  int              // pairs in the last one
}

func newTimes(servers int) times {
	return times{parts: make([][]stats.Counts, servers), each: 1}
}

// add adds each server's response times in a pair of cycles.
func (t *times) add(pair []stats.Counts) {
	fresh := len(t.parts[0]) == 0 || t.last == t.each
	if fresh && len(t.parts[0]) == mostParts {
		for k := range t.parts {
			for i := range mostParts / 2 {
				t.parts[k][i] = merge(t.parts[k][2*i], t.parts[k][2*i+1])
			}
			t.parts[k] = t.parts[k][:mostParts/2]
		}
		t.each *= 2
	}
	if fresh {
		t.last = 0
	}
	t.last++
	for k, counts := range pair {
		if fresh {
			t.parts[k] = append(t.parts[k], counts)
		} else {
			last := len(t.parts[k]) - 1
			t.parts[k][last] = merge(t.parts[k][last], counts)
		}
	}
}

// upTo returns the response times of server k in the parts that hold the first so many pairs.
func (t *times) upTo(k, pairs int) []stats.Counts {
	return t.parts[k][:min((pairs+t.each-1)/t.each, len(t.parts[k]))]
}

// merge returns the counts of a and b together.
func merge(a, b stats.Counts) stats.Counts {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(a, b stats.Bucket) int { return cmp.Compare(a.Low, b.Low) })
	out := all[:0]
	for _, bucket := range all {
		if n := len(out); n > 0 && out[n-1].Low == bucket.Low {
			out[n-1].N += bucket.N
		} else {
			out = append(out, bucket)
		}
	}
	return slices.Clip(out)
}
