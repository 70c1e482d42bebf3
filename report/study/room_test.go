package study

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"carousel/internal/result"
)

// TestManyTrialsFindRoom reads trials with two histograms each, and bounds the memory of a trial: it keeps its figures only, and reading it makes no
// array of all buckets (221 KB).
func TestManyTrialsFindRoom(t *testing.T) {
	const n = 2000
	h := result.NewHistogram()
	for i := range int64(4000) {
		h.Record(i * i)
	}
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	one := measured(1, hello("epoll", 64), 2000)
	one.Load.Requests.OK = 4000
	one.Load.Schema, one.Load.Histogram, one.Load.ServiceHistogram = result.Schema, text, text
	one.Load.Spec = result.Spec{Target: "http://127.0.0.1:5000/", Method: "GET", Warmup: 1e8}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, result.TrialsFile))
	if err != nil {
		t.Fatal(err)
	}
	for one.Round = range n {
		if err := json.NewEncoder(f).Encode(one); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	memory := func() (m runtime.MemStats) { runtime.GC(); runtime.ReadMemStats(&m); return m }
	before := memory()
	s := Begin(result.Run{})
	flaws, err := result.Each(dir, Unpack, s.Add)
	if err != nil || flaws != nil {
		t.Fatal(flaws, err)
	}
	s.End(flaws)
	after := memory()
	kept, made := (after.HeapAlloc-before.HeapAlloc)/n, (after.TotalAlloc-before.TotalAlloc)/n
	t.Logf("a line has %d bytes of histogram; a trial keeps %d bytes and makes %d", 2*len(text), kept, made)
	if kept > 3<<10 || made > 150<<10 {
		t.Errorf("a trial keeps %d bytes and makes %d, want 3 KiB and 150 KiB at most", kept, made)
	}
	if c := s.Cells[0].Model("epoll"); len(c.Trials) != n || c.Trials[n-1].Response == nil {
		t.Errorf("%d trials are read, want %d with their latency", len(c.Trials), n)
	}
}
