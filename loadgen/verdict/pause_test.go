package verdict

import (
	"testing"
	"time"

	"carousel/internal/result"
)

func TestPause(t *testing.T) {
	// still gives a load so many replies in each bin of 100 ms, and none in the bins of spans, in each of which requests are under way for busy.
	still := func(l *result.Load, replies int64, busy time.Duration, spans ...[2]int) *result.Load {
		went(l, 100, func(int) (int64, time.Duration) { return replies, time.Millisecond })
		for _, span := range spans {
			for i := span[0]; i < span[1]; i++ {
				l.Series.Replies[i], l.Series.BusyNS[i] = 0, int64(busy)
			}
		}
		return l
	}
	with := func(l *result.Load, change func(*result.Load)) *result.Load {
		change(l)
		return l
	}
	const whole = 100 * time.Millisecond
	for _, c := range []struct {
		name         string
		of           *result.Load
		text, advice string
	}{
		{"none", still(closed(t), 1000, whole), "", ""},
		{"a second in the middle", still(closed(t), 1000, whole, [2]int{20, 30}),
			"no reply came from 2s to 3s of the window, with requests under way", "a closed loop sends nothing meanwhile, so its percentiles hide it: those of a rate (-r) do not"},
		{"the same of a schedule, at the end", still(paced(t), 100, whole, [2]int{90, 100}),
			"no reply came from 9s to 10s of the window, with requests under way", "look what the target did then"},
		{"the longest of three", still(paced(t), 100, whole, [2]int{0, 1}, [2]int{20, 23}, [2]int{50, 52}),
			"no reply came from 2s to 2.3s of the window, with requests under way; 3 pauses in all, for 600ms", "look what the target did then"},
		{"chance would do", still(paced(t), 3, whole, [2]int{20, 26}), "", ""},
		{"chance would hardly do", still(paced(t), 3, whole, [2]int{20, 27}), "no reply came from 2s to 2.7s of the window, with requests under way", "look what the target did then"},
		{"nothing under way", still(paced(t), 100, 40*time.Millisecond, [2]int{20, 30}), "", ""},
		{"all are answered together", with(still(closed(t), 1000, whole, [2]int{20, 30}), func(l *result.Load) { l.Service.P50 = int64(400 * time.Millisecond) }), "", ""},
		{"loadgen stood still", with(still(closed(t), 1000, whole, [2]int{20, 30}), func(l *result.Load) { l.OwnStallNS = int64(600 * time.Millisecond) }), "", ""},
		{"the target is gone", with(still(closed(t), 1000, whole, [2]int{20, 30}), func(l *result.Load) { l.Gone = true }), "", ""},
		{"no series", with(closed(t), func(l *result.Load) { l.Series = nil }), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			state, text, advice := checkPause(c.of)
			if text != c.text || advice != c.advice || text != "" && state != result.Valid {
				t.Errorf("%s: %q: %q, want %q: %q", state, text, advice, c.text, c.advice)
			}
		})
	}
}
