package screen

import (
	"fmt"
	"math"
	"strings"

	"carousel/internal/result"
	"carousel/internal/units"
)

// The distribution of response times has at most bodyRows rows for the middle 98 %, or one per decade, and one row on each side for the rest. It
// is not printed for fewer than leastSpread requests.
const (
	bodyRows    = 10
	leastSpread = 100
	barWidth    = 30
)

// ladders are ways to divide a decade, the finest first.
var ladders = [][]float64{
	{1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.4, 2.7, 3, 3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1},
	{1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2},
	{1, 1.5, 2, 3, 5, 7},
	{1, 2, 5},
	{1, 3},
	{1},
}

// spread prints the distribution of response times.
func (p page) spread() {
	response := result.Response(p.l)
	var h result.Packed
	if response.Withheld != "" || result.Starved(p.l) != "" || h.Decode(p.l.Histogram) != nil || h.Count() < leastSpread {
		return
	}
	label := "distribution"
	for _, r := range rows(&h) {
		p.line(label, "%s", r.String())
		label = ""
	}
	if n := h.Count() - p.l.Requests.OK - p.l.Unsaved(); n > 0 {
		p.line("", "%s without an answer count at the age at which loadgen gave up", units.Plural(n, "request"))
	}
}

// row is a part of a distribution: the response times between two bounds.
type row struct {
	from, to int64   // nanoseconds
	share    float64 // of all
	most     float64 // the largest share of any row
}

func (r row) String() string {
	share := fmt.Sprintf("%.1f %%", 100*r.share)
	switch {
	case r.share == 0:
		share = "0 %"
	case r.share < 0.0005:
		share = "<0.1 %"
	case r.share < 1 && r.share >= 0.9995:
		share = ">99.9 %"
	}
	bar := strings.Repeat("#", int(math.Round(barWidth*r.share/r.most)))
	if bar == "" && r.share > 0 {
		bar = "."
	}
	return strings.TrimRight(fmt.Sprintf("%9s to %7s %8s  %s", units.Short(float64(r.from)), units.Short(float64(r.to)), share, bar), " ")
}

// rows divides a distribution into rows without gaps.
func rows(h *result.Packed) (all []row) {
	low, high := h.Quantile(0), h.Quantile(1)
	edges := []int64{low}
	for _, edge := range body(max(h.Quantile(0.01), 1), max(h.Quantile(0.99), 1)) {
		if apart := units.Short(float64(edge)); edge > low && edge < high && apart != units.Short(float64(low)) && apart != units.Short(float64(high)) {
			edges = append(edges, edge)
		}
	}
	edges = append(edges, high)
	n, below, most := float64(h.Count()), int64(0), 0.0
	for i, from := range edges[:len(edges)-1] {
		upTo := h.Count() // the longest is in the last
		if i < len(edges)-2 {
			upTo = h.UpTo(edges[i+1] - 1)
		}
		all = append(all, row{from: from, to: edges[i+1], share: float64(upTo-below) / n})
		most, below = max(most, all[i].share), upTo
	}
	for i := range all {
		all[i].most = most
	}
	return all
}

// body returns the edges of rows that cover low to high, from the finest ladder that gives at most bodyRows rows.
func body(low, high int64) (edges []int64) {
	for _, ladder := range ladders {
		edges = edges[:0]
		for decade := 1.0; decade < math.MaxInt64; decade *= 10 {
			for _, step := range ladder {
				edge := int64(min(math.Round(decade*step), 1<<62))
				if len(edges) > 0 && edges[len(edges)-1] > high {
					break
				}
				if edge <= low {
					edges = edges[:0] // edge becomes the first, so far
				}
				edges = append(edges, edge)
			}
		}
		if len(edges) <= bodyRows+1 {
			break
		}
	}
	return edges
}
