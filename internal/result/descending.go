package result

import "sort"

// RecordDescending counts value(0) to value(n-1), of which none is above the one before, in time that depends on how many buckets they
// fall into instead of how many they are. Buckets, count, smallest and largest are those of recording one by one; the sum takes what
// one bucket holds as evenly spread, by which the mean of a schedule is less than 1 ns off.
func (h *Histogram) RecordDescending(n int64, value func(i int64) int64) {
	for i := int64(0); i < n; {
		first := value(i)
		more := int64(sort.Search(int(n-i-1), func(k int) bool { return !h.buckets.ValuesAreEquivalent(first, value(i+1+int64(k))) }))
		last := value(i + more)
		h.Record(first)
		if more > 0 {
			h.Record(last)
			h.RecordN(last+(first-last)/2, more-1)
		}
		i += more + 1
	}
}
