package export

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"carousel/internal/result"
)

// span is an interval of a record, and where in the window it lies.
type span struct {
	result.Interval
	from, length int64   // nanoseconds since the window opened; of the interval in which the window ends, until then
	rate         float64 // good replies per second of that length; below 0: not known
}

// spans returns the intervals of a load, or an error if it has none.
func spans(l *result.Load) (all []span, err error) {
	v := l.Intervals
	if v == nil || v.LengthNS <= 0 || len(v.List) == 0 {
		return nil, errors.New("the record has no intervals")
	}
	elapsed, before := l.Window.ElapsedNS, int64(0)
	var times result.Packed
	for k, one := range v.List {
		s := span{Interval: one, from: int64(k) * v.LengthNS, length: v.LengthNS}
		replies := float64(one.OK)
		if left := elapsed - s.from; left < s.length {
			replies = -1 // some replies may have come after the window
			if left > 0 {
				s.length = left
			}
			if (k == 0 || left >= v.LengthNS/10) && l.Spec.Warmup == 0 { // then its replies in the window are those that the intervals before do not have
				replies = max(0, math.Round(l.Served())-float64(before))
			}
		}
		s.rate = replies / float64(s.length) * 1e9
		before += one.OK
		counted := int64(0)
		if one.Histogram != "" {
			if err := times.Decode(one.Histogram); err != nil {
				return nil, fmt.Errorf("interval %d: %w", k, err)
			}
			counted = times.Count()
		}
		if counted != one.OK {
			return nil, fmt.Errorf("interval %d has %d good replies and the times of %d: the record was kept without histograms, keep it with -o FILE", k, one.OK, counted)
		}
		all = append(all, s)
	}
	return all, nil
}

// HLog writes the response times of good replies, interval by interval, as an HdrHistogram log of version 1.3: times since the start in seconds, the
// longest response time of each interval in milliseconds, and its histogram in nanoseconds.
func HLog(l *result.Load) ([]byte, error) {
	all, err := spans(l)
	if err != nil {
		return nil, err
	}
	none, err := result.NewHistogram().Encode()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	start := l.Window.Start
	seconds := float64(start.UnixMilli()) / 1e3
	fmt.Fprintf(&b, "#[Histogram log format version 1.3]\n#[BaseTime: %.3f (seconds since epoch)]\n#[StartTime: %.3f (seconds since epoch), %s]\n", seconds, seconds, start.UTC().Format(time.RFC3339Nano))
	for _, doubt := range doubts(l) {
		fmt.Fprintf(&b, "# %s\n", doubt)
	}
	b.WriteString("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n")
	for _, s := range all {
		fmt.Fprintf(&b, "%.3f,%.3f,%.6f,%s\n", float64(s.from)/1e9, float64(s.length)/1e9, float64(s.MaxNS)/1e6, cmp.Or(s.Histogram, none))
	}
	return b.Bytes(), nil
}

// columns are those of CSV.
var columns = []string{"start_s", "length_s", "ok", "errors", "rate_rps", "mean_ms", "p50_ms", "p90_ms", "p99_ms", "max_ms", "bytes"}

// CSV writes a row for each interval (RFC 4180): its beginning, in seconds since the window opened, its length, good replies, errors, the
// rate, response times in milliseconds, and bytes read. A figure that the interval does not support is empty: a percentile with too few
// replies above it, and the rate after the window.
func CSV(l *result.Load) ([]byte, error) {
	all, err := spans(l)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	rows := [][]string{columns}
	for _, s := range all {
		times := result.NewHistogram()
		if s.OK > 0 {
			if times, err = result.Decode(s.Histogram); err != nil {
				return nil, err
			}
		}
		millis := func(ns float64, supported bool) string {
			if !supported {
				return ""
			}
			return strconv.FormatFloat(ns/1e6, 'f', 6, 64)
		}
		quantile := func(q float64) string {
			return millis(float64(min(times.Quantile(q), s.MaxNS)), s.OK >= result.RequestsFor(q))
		}
		rate := ""
		if s.rate >= 0 {
			rate = strconv.FormatFloat(s.rate, 'f', 3, 64)
		}
		rows = append(rows, []string{
			strconv.FormatFloat(float64(s.from)/1e9, 'f', 3, 64), strconv.FormatFloat(float64(s.length)/1e9, 'f', 3, 64),
			strconv.FormatInt(s.OK, 10), strconv.FormatInt(s.Errors, 10), rate, millis(times.Mean(), s.OK > 0),
			quantile(0.5), quantile(0.9), quantile(0.99), millis(float64(s.MaxNS), s.OK > 0), strconv.FormatInt(s.Bytes, 10),
		})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
