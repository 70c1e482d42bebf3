package result

import "sort"

// RecordDescending records value(0) to value(n-1), which must not increase. Its time depends on the number of buckets and not on n. Buckets, count, Min
// and Max are exact. The sum assumes that values are evenly spread within a bucket, so the mean of a schedule is off by less than 1 ns.
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
