package export

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"carousel/internal/result"
)

// HGrm writes the response time by percentile in milliseconds, in the format of HdrHistogram's plotter, wrk2 and others. Doubts about the figures
// come first, in lines that readers skip.
func HGrm(l *result.Load) ([]byte, error) {
	if l.Histogram == "" {
		return nil, errNoHistogram
	}
	h, err := result.Restore(l.Histogram, l.Latency)
	if err != nil {
		return nil, err
	}
	if h.Count() == 0 {
		return nil, errors.New("no request was timed")
	}
	var b bytes.Buffer
	for _, doubt := range doubts(l) {
		fmt.Fprintf(&b, "# %s\n", doubt)
	}
	if err := h.WritePercentiles(&b, 1e6); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

var errNoHistogram = errors.New("the record has no histogram: keep it with -o FILE")

// doubts returns the doubts about the figures of a load, a line each: the verdict unless it is valid, and why other output withholds figures.
func doubts(l *result.Load) (lines []string) {
	add := func(format string, args ...any) {
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")) // a text of the record may have newlines
	}
	if l.Verdict.State != "" && l.Verdict.State != result.Valid {
		add("verdict: %s", l.Verdict.State)
		for _, reason := range l.Verdict.Reasons {
			if reason.State != result.Valid {
				add("%s", reason.Text)
			}
		}
	}
	if !l.Complete {
		add("the run ended early")
	}
	response := result.Response(l)
	if response.Withheld != "" {
		add("response times are not to be believed: %s", response.Withheld)
	}
	if in := l.Requests.Unanswered + l.Errors["timeout"] + l.Requests.Unsent; in > 0 {
		add("%d requests without an answer are in it at the age they reached", in)
	}
	return lines
}
