package record

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
)

// The bins of all workers are added up, even if the workers have merged theirs differently often. An incomplete last bin is left out.
func TestSeries(t *testing.T) {
	bin := shortestBin
	one, two := NewRecorder(1, false, nil), NewRecorder(1, false, nil)
	ask := func(r *Recorder, due, at int64, class Class) {
		r.Sent(0, due)
		r.Ended(0, due, due, at, class)
	}
	for _, r := range []*Recorder{one, two} {
		r.Open(1000)
	}
	ask(one, 1000+bin/2, 1000+2*bin+bin/4, OK) // half a bin, a whole one and a quarter
	ask(one, 1000+3*bin, 1000+3*bin+1, Timeout)
	ask(two, 1000+bin, 1000+bin+bin/2, OK)
	ask(two, 0, 1000+1, OK) // due in the warm-up, answered in the window
	l := merged(t, 1000+4*bin+bin/2, 1000, one, two)
	want := &result.Series{BinNS: bin, Replies: []int64{1, 1, 1, 0}, BusyNS: []int64{bin/2 + 1, bin + bin/2, bin / 4, 1}}
	if diff := cmp.Diff(want, l.Series); diff != "" {
		t.Error(diff)
	}

	ask(two, 1000+mostBins*bin, 1000+mostBins*bin+1, OK)
	l = merged(t, 1000+(mostBins+2)*bin, 1000, one, two)
	if s := l.Series; s.BinNS != 2*bin || len(s.Replies) != mostBins/2+1 || s.Replies[0] != 2 || s.Replies[1] != 1 || s.Replies[mostBins/2] != 1 || s.BusyNS[0] != 2*bin+1 {
		t.Errorf("%d ns, %d bins: %v", s.BinNS, len(s.Replies), s.Replies)
	}
	if l := merged(t, 1000+bin-1, 1000, one, two); l.Series != nil {
		t.Errorf("of less than a bin: %+v", l.Series)
	}
}

// A window of any length takes the same memory, and no reply is lost.
func TestSeriesOfAnyLength(t *testing.T) {
	r := NewRecorder(1, false, nil)
	r.Open(0)
	const hours = 30
	n := 0
	for at := time.Duration(0); at < hours*time.Hour; at += 10 * time.Second {
		r.Sent(0, int64(at))
		r.Ended(0, int64(at), int64(at), int64(at)+ms, OK)
		n++
	}
	s := merged(t, int64(hours*time.Hour), 0, r).Series
	var replies, busy int64
	for i := range s.Replies {
		replies += s.Replies[i]
		busy += s.BusyNS[i]
	}
	if len(s.Replies) > mostBins || len(s.Replies) < mostBins/2-1 || replies < int64(n)-30 || replies > int64(n) || busy < (int64(n)-30)*ms {
		t.Errorf("%d bins of %v hold %d of %d replies and %v", len(s.Replies), time.Duration(s.BinNS), replies, n, time.Duration(busy))
	}
}
