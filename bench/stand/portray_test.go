package stand

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/portrait"
	"carousel/internal/result"
	"carousel/internal/traceevent"
)

// Each model has a portrait of its own, on all processors, with its trace in the run's folder; a guest has a reason instead.
func TestPortray(t *testing.T) {
	s := bench(t, Candidate{Name: "mine", Guest: true, Command: []string{self, "guest", "{addr}"}})
	s.Folder = t.TempDir()
	trials := byName(s.Measure(t.Context(), job(t, s, "{name: portrait}", "epoll", "broken", "liar", "mine")))
	for name, trial := range trials {
		if trial.Cell.Placement != result.Shared || trial.Failed != "" || trial.Load != nil {
			t.Errorf("%s: %+v", name, trial)
		}
	}
	p := trials["epoll"].Portrait
	if p == nil || p.Requests != 40 || p.Answered != 40 || p.EndNS <= int64(60*time.Millisecond) || p.EndNS > int64(portrait.Limit) || p.Unaccepted != nil || p.Error != "" || p.Lacks != "" ||
		p.File != "portraits/epoll.json.gz" {
		t.Errorf("epoll: %+v", p)
	}
	f, err := portrait.ReadTrace(filepath.Join(s.Folder, p.File))
	if err != nil {
		t.Fatal(err)
	}
	seen, err := portrait.FromTrace(f)
	if err != nil || seen.Model != "epoll" || len(seen.Clients) != 8 || len(seen.Clients[7].Requests) != 5 {
		t.Errorf("%v: %+v", err, seen)
	}
	if p := trials["broken"].Portrait; p == nil || p.Answered != 40 || p.File != "" || !strings.HasPrefix(p.Lacks, "the server's trace: ") {
		t.Errorf("half of a trace: %+v", p)
	}
	if p := trials["liar"].Portrait; p == nil || p.Answered != 0 || p.Error != `client 1: its body is "Hi"` {
		t.Errorf("wrong answers: %+v", p)
	}
	if mine := trials["mine"]; mine.Portrait != nil || mine.NA != "only models write a trace of their turns" || len(mine.Server.Command) != 3 {
		t.Errorf("a server of the user's own: %+v", mine)
	}
	if files, err := os.ReadDir(filepath.Join(s.Folder, "portraits")); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
}

// If the server does not start, or ends early, the trial has failed.
func TestPortrayWithoutAServer(t *testing.T) {
	s := bench(t)
	t.Setenv("FAKE_SERVERS", "epoll")
	for _, trial := range s.Measure(t.Context(), job(t, s, "{name: portrait}", "epoll")) {
		if trial.Portrait != nil || !strings.Contains(trial.Failed, "epoll did not start") {
			t.Errorf("%+v", trial)
		}
	}
}

func TestPlayed(t *testing.T) {
	const ms = time.Millisecond
	request := func(path string, from, to time.Duration, wrong string) portrait.Event {
		return portrait.Event{Kind: "request", Path: path, From: from, To: to, Error: wrong}
	}
	play := &portrait.Play{Clients: []portrait.Played{
		{Client: 1, Events: []portrait.Event{{Kind: "silent", To: 100 * ms}, request("/sleep/20ms", 100*ms, 121*ms, ""), request("/", 130*ms, 131*ms, "")}},
		{Client: 2, Events: []portrait.Event{request("/", 1*ms, 3*ms, ""), request("/spin/5ms", 10*ms, 17500*time.Microsecond, ""), request("/", 20*ms, 21*ms, "EOF")}},
		{Client: 3, Events: []portrait.Event{{Kind: "connect", Error: "refused"}}},
	}}
	want := &result.Portrait{Requests: 15, Answered: 4, EndNS: int64(131 * ms), LongestWaitNS: 2.5e6, Waiter: 2, Error: "client 2: EOF"}
	if d := cmp.Diff(want, summarize(play)); d != "" {
		t.Error(d)
	}
}

// A client that is never accepted is missing only from a trace that names clients.
func TestNeverAccepted(t *testing.T) {
	for name, turns := range map[string]bool{"a trace with turns": true, "one without": false} {
		file := filepath.Join(t.TempDir(), "trace.json")
		w, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		e := traceevent.NewWriter(w, map[string]any{"monotonic_ns": 1})
		e.Process(1, 1, "servers")
		e.Lane(1, 1, "main")
		e.LaneWith(1, 1001, "client 1")
		e.Text("peer", "127.0.0.1:41001")
		e.End()
		if turns {
			e.Slice(`"client 1"`, "turn", 10, 20, 1, 1)
			e.Number("client", 1)
			e.End()
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		play := &portrait.Play{Began: 1}
		for i := range 3 {
			status := 200
			if i == 2 {
				status = 0
			}
			play.Clients = append(play.Clients, portrait.Played{Client: i + 1, Port: 41001 + i, Events: []portrait.Event{{Kind: "request", Path: "/", To: 100, Status: status}}})
		}
		p := new(result.Portrait)
		if err := new(Stand).saveTrace(p, "x", file, play); err != nil {
			t.Fatal(err)
		}
		want := &result.Portrait{}
		if turns {
			want.Unaccepted = []int{3}
		}
		if d := cmp.Diff(want, p); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
