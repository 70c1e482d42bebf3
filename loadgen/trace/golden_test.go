package trace_test

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/traceevent"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
)

var update = flag.Bool("update", false, "write what is found to testdata")

// A load of a few requests with different outcomes: answered at once, answered in pieces after a redirect, sent late because no connection was free,
// resent, timed out, and never sent.
func TestGolden(t *testing.T) {
	const ms = int64(time.Millisecond)
	now := int64(0)
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Paths = "http://127.0.0.1:1/a?b=<c>&d", result.Net, 2, []string{"/e"}
	s.Rate, s.Warmup, s.Duration, s.Grace, s.Timeout, s.MaxRedirects = 100, 10*time.Millisecond, 90*time.Millisecond, 20*time.Millisecond, 45*time.Millisecond, 1
	run := flight.New(s, client.New(s), nil, func() int64 { return now })
	tr := trace.New(100)
	tr.Room(1)
	tr.Begin(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC))
	run.Trace = tr.Process("loadgen "+s.Target, s.Connections, 0, 1, run.Names())
	d := run.Shard(0, 1, nil)
	do := func(at int64, what func()) {
		for now < at {
			now = min(at, max(now+1000, d.Wake()))
			d.Turn()
			for c, do := d.Next(); do != flight.Nothing; c, do = d.Next() {
				if do == flight.Send {
					c.Sent(len(c.Out()))
				}
			}
		}
		what()
	}
	first, second := d.Conn(0), d.Conn(1)
	feed := func(c *flight.Conn, text string) func() { return func() { d.Feed(c, []byte(text)) } }
	d.Try(false)
	do(1, func() { d.Connected(first) })
	do(1*ms, func() { d.Refused(second, record.ConnectRefused, nil) })
	do(2*ms, func() { run.Flow(now); d.Start() })
	do(3*ms+1, feed(first, good))                         // due in the warm-up
	do(15*ms, feed(first, moved))                         // due at 12
	do(16*ms, feed(first, good[:len(good)-1]))            //
	do(17*ms, feed(first, "c"))                           //
	do(35*ms, feed(first, busy))                          // due at 22; the one due at 32 waits until now
	do(36*ms, func() { d.Closed(first, record.ReadEOF) }) // the one due at 32 is sent again
	do(37*ms, func() { d.Connected(first) })              //
	do(38*ms, feed(first, good))                          //
	do(110*ms, func() {})                                 // due at 42, times out at 87; then a connect fails
	flight.Settle([]*flight.Shard{d}, run.Until(), record.NoConnection)
	run.Trace.Mark("window opens", run.Opens)
	run.Trace.Mark("window closes", run.Until())
	run.Trace.Span("slice", run.Begin, run.Until())
	run.Trace.Counted("never sent: no-connection", run.Until(), 4)

	var text bytes.Buffer
	if _, err := tr.Write(&text, map[string]any{"command": "loadgen -r 100 '" + s.Target + "'"}); err != nil {
		t.Fatal(err)
	}
	if _, err := traceevent.Parse(text.Bytes()); err != nil {
		t.Error(err)
	}
	const file = "testdata/golden.json"
	if *update {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s differs (if it should, run the test with -update):\n%s", file, diff)
	}
}
