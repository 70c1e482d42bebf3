package portraittest

import (
	"testing"

	"carousel/internal/portrait"
)

// Drawing relies on it: rows have no gap and no overlap, and requests are those of their client.
func TestAllAreWhole(t *testing.T) {
	for _, p := range All() {
		t.Run(p.Model, func(t *testing.T) {
			for _, c := range p.Clients {
				if len(c.Requests) != 5 || c.Closed > p.Length {
					t.Errorf("client %d: %d requests, closed at %v of %v", c.Number, len(c.Requests), c.Closed, p.Length)
				}
				whole(t, c.Spans)
				for _, r := range c.Requests {
					whole(t, r.Spans)
					if r.From != r.Spans[0].From || r.To != last(r.Spans).To {
						t.Errorf("client %d: %+v", c.Number, r)
					}
				}
			}
			for _, l := range p.Lanes {
				whole(t, l.Spans)
			}
		})
	}
}

func whole(t *testing.T, spans []portrait.Span) {
	t.Helper()
	for i, s := range spans {
		if s.To <= s.From || i > 0 && spans[i-1].To != s.From {
			t.Errorf("span %d: %+v after %+v", i, s, spans[max(i-1, 0)])
		}
	}
}
