package turns

import (
	"sync"
	"time"

	"carousel/internal/result"
)

// Progress is how far a comparison has come.
type Progress struct {
	Loaded  time.Duration // how long each server has been loaded, of the -d it gets; 0: connections are opened
	Warming bool
	Rates   []float64      // of each server so far, the target first, per second
	Ratios  []result.Ratio // of the metric that is watched, one for each further server; none before the first look is worth it
}

// Live is what a person sees while servers are compared. The zero value is ready; a nil *Live watches nothing.
type Live struct {
	mu    sync.Mutex
	at    Progress
	since time.Time // when that was
}

// Read is how far it has come.
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

// due reports whether it is time to look at the figures again, which takes a while.
func (l *Live) due() bool { return l != nil && time.Since(l.since) >= every }

// every is how often that is.
const every = 250 * time.Millisecond
