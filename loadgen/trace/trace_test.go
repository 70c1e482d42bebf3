package trace_test

import (
	"bytes"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/traceevent"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
)

// In any load, each request of the books is in the trace exactly once, with the same outcome, and all trace slices nest.
func TestEveryRequestIsThereOnce(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(300) {
		f, l, tally := fly(t, seed, trace.Usual)
		if tally.DroppedRequests != 0 {
			t.Fatalf("seed %d: %+v", seed, tally)
		}
		counts := map[string]int64{}
		redirects, requests := int64(0), int64(0)
		for _, e := range f.Pick('X', "request") {
			requests++
			outcome := e.Args["outcome"].(string)
			if seen[outcome]++; e.Args["warmup"] != nil {
				seen["warmup"]++
				continue
			}
			counts[outcome]++
			if n, is := e.Args["redirects"].(float64); is {
				redirects += int64(n)
			}
		}
		delete(counts, "not counted: sent after the window")
		want := maps.Clone(l.Errors)
		for what, n := range map[string]int64{"ok": l.Requests.OK, "unanswered": l.Requests.Unanswered} {
			if n > 0 {
				want[what] = n
			}
		}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("seed %d: the trace has other requests than the books:\n%s", seed, diff)
		}
		if redirects != l.Redirects || requests != tally.Requests {
			t.Errorf("seed %d: %d requests and %d redirects, want %d and %d", seed, requests, redirects, tally.Requests, l.Redirects)
		}
		connects := map[string]int64{}
		for _, e := range f.Pick('X', "connect") {
			connects[e.Args["outcome"].(string)]++
		}
		seen["unfinished connect"] += int(connects["unfinished"])
		seen["connect timeout"] += int(connects["timeout"])
		delete(connects, "unfinished")
		delete(connects, "timeout") // the request that waited for it was given up
		want = maps.Clone(l.ConnectErrors)
		if want["ok"] = l.Connections.Opened; want["ok"] == 0 {
			delete(want, "ok")
		}
		if diff := cmp.Diff(want, connects); diff != "" {
			t.Errorf("seed %d: the trace has other connects than the books:\n%s", seed, diff)
		}
		seen["hop"] += len(f.Pick('X', "hop"))
		for _, e := range f.Pick('X', "part") {
			seen[e.Name]++
		}
		for _, e := range f.Pick('b', "late") {
			seen[e.Name]++
		}
	}
	t.Logf("%v", seen)
	for _, what := range []string{"ok", "status-503", "malformed", "timeout", "read-eof", "read-reset", "unanswered", "redirect-too-many", "warmup", "hop", "waiting", "reading",
		"sent late", "waiting for a connection", "unfinished connect", "connect timeout"} {
		if seen[what] == 0 {
			t.Errorf("%s never came", what)
		}
	}
}

// A trace keeps the requests that ended first, up to its limit, whichever worker had them, and counts those that it drops.
func TestLimit(t *testing.T) {
	for _, limit := range []int{1, 10, 63, 64, 65, 500, 1999, 2000, 2001} {
		tr := trace.New(limit)
		tr.Room(3)
		p := tr.Process("p", 3, 0, 1, []string{"GET /"})
		writers := []*trace.Writer{p.Writer(), p.Writer(), p.Writer()}
		for i := range int64(2000) {
			k := 0 // one writer has most of the records
			if i%10 == 9 {
				k = 1 + int(i/10)%2
			}
			writers[k].Add(trace.Record{Sent: i * 10, Due: i * 10, First: i*10 + 5, Done: i*10 + 7, Conn: int32(k)})
		}
		var text bytes.Buffer
		tally, err := tr.Write(&text, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := traceevent.Parse(text.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		all := f.Pick('X', "request")
		want := int64(min(limit, 2000))
		if int64(len(all)) != want || tally.Requests != want || tally.DroppedRequests != 2000-want || f.Other["dropped_requests"] != float64(2000-want) {
			t.Errorf("limit %d: %d requests, %+v, %v", limit, len(all), tally, f.Other)
		}
		if at := all[len(all)-1].At; at != (want-1)*10 {
			t.Errorf("limit %d: the last was sent at %d", limit, at)
		}
		if why, is := f.Other["dropped_because"]; is != (limit < 2000) {
			t.Errorf("limit %d: it says %v", limit, why)
		}
	}
}

// A nil Trace has nil processes and writers, and their methods do nothing.
func TestNoTrace(t *testing.T) {
	var none *trace.Trace
	none.Room(2)
	p := none.Process("p", 1, 0, 1, nil)
	p.Mark("window opens", 1)
	p.Span("slice", 1, 2)
	if p.Writer() != nil {
		t.Error("there is a writer")
	}
}

// Add makes no garbage, with room and without.
func TestAddAllocates(t *testing.T) {
	tr := trace.New(5000)
	tr.Room(1)
	w := tr.Process("p", 1, 0, 1, nil).Writer()
	if n := testing.AllocsPerRun(10_000, func() { w.Add(trace.Record{Class: record.OK}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
