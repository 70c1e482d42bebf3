package flight

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

// TestSlices plays scripts like TestLife, in slices of 100 ms with a lead of 10 ms and a grace of 50 ms. "slice" begins a slice, "warm" one of the
// warm-up, and "short" one whose requests are not timed. "end" ends a slice, and has how many requests are still under way.
func TestSlices(t *testing.T) {
	two := func(s *result.Spec) { s.Connections = 2 }
	paced := func(s *result.Spec) { s.Rate = 20 } // due at the begin and after 50 ms
	single := func(s *result.Spec) { s.NoKeepalive = true }
	three := func(s *result.Spec) { s.Pipeline = 3 }
	readingSlowly := func(s *result.Spec) { s.ReadRate = 1000 } // 50 bytes in 50 ms
	for _, c := range []struct {
		name   string
		change []func(*result.Spec)
		life   string
		want   string
	}{
		{"a slice ends when what was sent in it is answered", nil, `
			100 slice           : send 0
			130 reply 0 ok      : send 0
			160 reply 0 ok      : send 0
			200 turn            :
			210 reply 0 ok      :
			210 turn            : over
			210 end             : 0 under way`,
			"sent 3 ok 3 timed 2 in the window 2"},
		{"and the next goes on with its connections", []func(*result.Spec){two}, `
			100 slice           : send 0, send 1
			150 reply 1 ok      : send 1
			201 reply 1 ok      :
			202 reply 0 ok      :
			202 turn            : over
			202 end             : 0 under way
			500 slice           : send 0, send 1
			550 reply 0 ok      : send 0
			600 turn            :
			601 reply 0 ok      :
			601 reply 1 ok      :
			601 turn            : over
			601 end             : 0 under way`,
			"sent 6 ok 6 timed 2 in the window 2"},
		{"what is not answered in the grace is not waited for again", nil, `
			100 slice           : send 0
			249 turn            :
			250 turn            : over
			250 end             : 1 under way
			500 slice           :
			599 turn            :
			600 turn            : over
			600 end             : 1 under way`,
			"sent 1 unanswered 1"},
		{"and goes on counting: its reply counts when it comes", nil, `
			100 slice           : send 0
			250 turn            : over
			250 end             : 1 under way
			500 slice           :
			510 reply 0 ok      : send 0
			520 reply 0 ok      : send 0
			600 turn            :
			600 reply 0 ok      :
			600 turn            : over
			600 end             : 0 under way`,
			"sent 3 ok 3 timed 2 in the window 2"},
		{"the slice after a warm-up waits for nothing of it, and its books begin empty", nil, `
			100 warm            : send 0
			150 reply 0 ok      : send 0
			250 turn            : over
			250 end             : 1 under way
			500 slice           :
			530 reply 0 ok      : send 0
			540 reply 0 ok      : send 0
			600 turn            :
			610 reply 0 ok      :
			610 turn            : over
			610 end             : 0 under way`,
			"sent 2 ok 2 timed 2 in the window 2"},
		{"requests of a short slice and of a lead are not timed", nil, `
			100 short           : send 0
			120 reply 0 ok      : send 0
			200 reply 0 ok      :
			200 turn            : over
			200 end             : 0 under way
			300 slice           : send 0
			305 reply 0 ok      : send 0
			320 reply 0 ok      : send 0
			400 reply 0 ok      :
			400 turn            : over
			400 end             : 0 under way`,
			"sent 5 ok 5 timed 1 in the window 2"},
		{"a schedule goes on where it was", []func(*result.Spec){func(s *result.Spec) { s.Rate = 15 }}, `
			100 slice           : send 0
			110 reply 0 ok      :
			166 turn            :
			167 turn            : send 0
			170 reply 0 ok      :
			200 turn            : over
			200 end             : 0 under way
			500 slice           :
			533 turn            :
			534 turn            : send 0
			540 reply 0 ok      :
			599 turn            :
			600 turn            : over
			600 end             : 0 under way
			900 slice           : send 0
			910 reply 0 ok      :
			967 turn            : send 0
			970 reply 0 ok      :
			1000 turn           : over
			1000 end            : 0 under way`,
			"sent 5 ok 5 late 666.667µs timed 3 in the window 5"},
		{"a schedule begins with what is due, and what is left of it is not sent", []func(*result.Spec){paced}, `
			100 slice           : send 0
			150 turn            :
			200 turn            :
			210 reply 0 ok      :
			210 turn            : over
			210 end             : 0 under way
			500 slice           : send 0
			505 reply 0 ok      :
			550 turn            : send 0
			560 reply 0 ok      :
			600 turn            : over
			600 end             : 0 under way`,
			"sent 3 unsent 1 ok 3 no-connection 1 timed 1 in the window 1"},
		{"a connection that the server closed after the slice is opened at the next", nil, `
			100 slice           : send 0
			200 reply 0 last    : close 0
			200 turn            : over
			200 end             : 0 under way
			500 slice           : connect 0
			501 connected 0     : send 0
			600 reply 0 ok      :
			600 turn            : over
			600 end             : 0 under way`,
			"sent 2 ok 2"},
		{"a connect that ended after the slice is no failure", nil, `
			100 slice           : send 0
			110 reply 0 last    : connect 0
			200 turn            : over
			200 end             : 0 under way
			5900 slice          :
			5900 turn           :
			5900 connected 0    : send 0
			5901 turn           :
			5990 reply 0 ok     : send 0
			6000 reply 0 ok     :
			6000 turn           : over
			6000 end            : 0 under way`,
			"sent 3 ok 3 timed 1 in the window 2"},
		{"a reply that came after the slice comes before its time limit", []func(*result.Spec){func(s *result.Spec) { s.Timeout = 300 * time.Millisecond }}, `
			100 slice           : send 0
			250 turn            : over
			250 end             : 1 under way
			700 slice           :
			700 turn            :
			700 reply 0 ok      : send 0
			800 reply 0 ok      :
			800 turn            : over
			800 end             : 0 under way`,
			"sent 2 ok 2"},
		{"and where there is none, that is noticed in the next", []func(*result.Spec){func(s *result.Spec) { s.Timeout = 300 * time.Millisecond }}, `
			100 slice           : send 0
			250 turn            : over
			250 end             : 1 under way
			700 slice           :
			701 turn            : close 0
			702 turn            : connect 0
			703 connected 0     : send 0
			800 reply 0 ok      :
			800 turn            : over
			800 end             : 0 under way`,
			"sent 2 ok 1 timeout 1"},
		{"a reply that comes when the grace is over counts all the same", nil, `
			100 slice           : send 0
			251 reply 0 ok      :
			251 turn            : over
			251 end             : 0 under way`,
			"sent 1 ok 1"},
		{"what a warm-up leaves of its schedule is not missed", []func(*result.Spec){paced}, `
			100 warm            : send 0
			150 turn            :
			250 turn            : over
			250 end             : 1 under way
			500 slice           :
			510 reply 0 ok      : send 0
			520 reply 0 ok      :
			550 turn            : send 0
			560 reply 0 ok      :
			600 turn            : over
			600 end             : 0 under way`,
			"sent 2 ok 2 timed 1 in the window 3"},
		{"a stop cuts the slice, another its grace", nil, `
			100 slice           : send 0
			150 stop            :
			151 turn            :
			160 stop            :
			160 turn            : over
			160 end             : 1 under way`,
			"sent 1 unanswered 1"},
		{"with a connection for each request a slice begins with connecting, which is due then", []func(*result.Spec){single}, `
			100 slice           : send 0
			150 reply 0 ok      : connect 0
			160 connected 0     : send 0
			210 reply 0 ok      : close 0
			210 turn            : over
			210 end             : 0 under way
			500 slice           : connect 0
			505 connected 0     : send 0
			520 reply 0 ok      : connect 0
			590 connected 0     : send 0
			610 reply 0 ok      : close 0
			610 turn            : over
			610 end             : 0 under way`,
			"sent 4 ok 4 timed 2 in the window 2"},
		{"and who connects when it ends has a request that is not answered yet", []func(*result.Spec){single}, `
			100 slice           : send 0
			150 reply 0 ok      : connect 0
			250 turn            : over
			250 end             : 1 under way
			500 slice           :
			501 connected 0     : send 0
			520 reply 0 ok      : connect 0
			530 connected 0     : send 0
			600 reply 0 ok      : close 0
			600 turn            : over
			600 end             : 0 under way`,
			"sent 3 ok 3 timed 2 in the window 2"},
		{"by a schedule it connects when the first is due", []func(*result.Spec){single, func(s *result.Spec) { s.Rate = 15 }}, `
			100 slice           : send 0
			110 reply 0 ok      : close 0
			167 turn            : connect 0
			169 connected 0     : send 0
			175 reply 0 ok      : close 0
			200 turn            : over
			200 end             : 0 under way
			500 slice           :
			534 turn            : connect 0
			535 connected 0     : send 0
			540 reply 0 ok      : close 0
			600 turn            : over
			600 end             : 0 under way`,
			"sent 3 ok 3 late 666.667µs timed 2 in the window 3"},
		{"several at once: all of a connection are sent when a slice begins", []func(*result.Spec){three}, `
			100 slice           : send 0 x3
			150 reply 0 okok    : send 0 x2
			210 reply 0 okok    :
			220 reply 0 ok      :
			220 turn            : over
			220 end             : 0 under way
			500 slice           : send 0 x3
			610 reply 0 okok    :
			650 turn            : over
			650 end             : 1 under way`,
			"sent 8 ok 7 unanswered 1 timed 2 in the window 2"},
		{"and where some of an earlier one are on their way, when those are answered", []func(*result.Spec){three}, `
			100 slice           : send 0 x3
			210 reply 0 ok      :
			250 turn            : over
			250 end             : 2 under way
			500 slice           :
			510 reply 0 ok      :
			520 reply 0 ok      : send 0 x3
			550 reply 0 ok      : send 0
			610 reply 0 okok    :
			611 reply 0 ok      :
			611 turn            : over
			611 end             : 0 under way`,
			"sent 7 ok 7 timed 4 in the window 3"},
		{"who reads slowly reads on in the next", []func(*result.Spec){readingSlowly}, `
			100 slice           : send 0
			190 reply 0 half    :
			250 turn            : over
			250 end             : 1 under way
			500 slice           : read 0
			510 text 0 bc       : send 0
			650 turn            : over
			650 end             : 1 under way`,
			"sent 2 ok 1 unanswered 1 in the window 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := result.DefaultSpec()
			s.Target, s.Engine, s.Connections, s.Duration = "http://127.0.0.1:1/", result.Net, 1, time.Second
			for _, change := range c.change {
				change(&s)
			}
			p := newPilot(s)
			for k := range s.Connections {
				p.shard.Connected(p.shard.Conn(k))
			}
			p.shard.Turn()
			opens := record.Never
			for line := range strings.Lines(strings.TrimSpace(c.life)) {
				what, want, _ := strings.Cut(line, ":")
				words := strings.Fields(what)
				var got string
				switch words[1] {
				case "warm", "short", "slice":
					var at int64
					fmt.Sscan(words[0], &at)
					if p.now = at * ms; words[1] != "warm" {
						opens = min(opens, int(p.now))
					}
					p.run.Slice(Slice{Begin: p.now, Opens: int64(opens), Lead: 10 * time.Millisecond, Length: 100 * time.Millisecond,
						Timed: words[1] == "slice", Patience: 50 * time.Millisecond})
					p.shard.Start()
					got = p.act()
				case "end":
					got = fmt.Sprint(p.shard.EndSlice(record.NoConnection), " under way")
				default:
					got = p.live(words)
				}
				if got != strings.TrimSpace(want) {
					t.Fatalf("%s the shard wants %q", strings.TrimSpace(line), got)
				}
			}
			p.run.Finish(p.now)
			got, _ := p.books(t)
			l, _ := record.Merge([]*record.Recorder{p.shard.Record}, time.Second)
			if l.Timed > 0 {
				got += fmt.Sprint(" timed ", l.Timed)
			}
			if n := record.Count(p.shard.Record).InWindow; n > 0 {
				got += fmt.Sprint(" in the window ", n)
			}
			if got != c.want {
				t.Errorf("the books say %q, want %q", got, c.want)
			}
		})
	}
}
