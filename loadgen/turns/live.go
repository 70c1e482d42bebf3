package turns

import (
	"sync"
	"time"

	"carousel/internal/result"
)

// Progress is how far a comparison has come.
type Progress struct {
	Loaded  time.Duration // how long each server has been loaded in cycles that count; 0: none yet
	Warming bool
	Rates   []float64      // of each server so far, the target first, per second
	Ratios  []result.Ratio // of the metric that is watched, one for each further server; none before the first look is worth it
}

// Live has the progress of a comparison for display. Its zero value is ready; a nil *Live keeps nothing.
type Live struct {
	mu    sync.Mutex
	at    Progress
	since time.Time // when at was set
}

// Read returns the progress, and may be called on any goroutine.
func (l *Live) Read() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at
}

// set replaces what Read returns.
func (l *Live) set(p Progress) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.since = p, time.Now()
}

// due reports whether to compute the figures again, which takes a while.
func (l *Live) due() bool { return l != nil && time.Since(l.since) >= every }

// every is how often the figures are computed.
const every = 250 * time.Millisecond
