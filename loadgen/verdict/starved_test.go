package verdict

import (
	"testing"

	"carousel/internal/result"
)

// A cause is named only if the record shows it.
func TestLikelyCauseOfStarving(t *testing.T) {
	queue := func(backlog, waiting int64) func(*result.Load) {
		return func(l *result.Load) { l.Host.ListenBacklog, l.Host.ListenWaiting = &backlog, waiting }
	}
	for _, c := range []struct {
		name     string
		answered int64
		changes  []func(*result.Load)
		want     string // "" for no cause
	}{
		{"a full queue before a server of one", 1, []func(*result.Load){queue(5, 6)},
			"the listen queue of 127.0.0.1:5000 takes 5 connections and was full, as the server serves one at a time: raise the number given to listen(), and serve several connections at once"},
		{"a full queue", 4, []func(*result.Load){queue(5, 6)},
			"the listen queue of 127.0.0.1:5000 takes 5 connections and was full: raise the number given to listen()"},
		{"the shortest queue", 4, []func(*result.Load){queue(0, 1)},
			"the listen queue of 127.0.0.1:5000 takes 0 connections and was full: raise the number given to listen()"},
		{"a queue with room for one more", 7, []func(*result.Load){queue(5, 5)},
			"the server leaves 5 connections in its listen queue and serves 7 at a time: raise its limit of connections, threads or processes"},
		{"a queue with room for one more before a server of one", 1, []func(*result.Load){queue(5, 5)},
			"the server leaves 5 connections in its listen queue and serves one at a time: serve several connections at once"},
		{"a queue that was full in between", 7, []func(*result.Load){queue(5, 0), func(l *result.Load) { l.Host.ListenDrops = 3 }},
			"the listen queue of 127.0.0.1:5000 takes 5 connections, and the host turned away 3 attempts to connect: raise the number given to listen(), and net.core.somaxconn"},
		{"drops of another's queue", 7, []func(*result.Load){queue(128, 0), func(l *result.Load) { l.Host.ListenDrops = 3 }}, ""},
		{"drops here, of a target elsewhere", 7, []func(*result.Load){func(l *result.Load) { l.Host.ListenDrops = 3 }}, ""},
		{"a long queue before a server of one", 1, []func(*result.Load){queue(128, 9)},
			"the server leaves 9 connections in its listen queue and serves one at a time: serve several connections at once"},
		{"a long queue before a limit", 4, []func(*result.Load){queue(128, 6)},
			"the server leaves 6 connections in its listen queue and serves 4 at a time: raise its limit of connections, threads or processes"},
		{"a queue of those who come anew each time", 7, []func(*result.Load){queue(128, 3), func(l *result.Load) { l.Spec.NoKeepalive = true }}, ""},
		{"a queue too short for those who starved", 3, []func(*result.Load){queue(128, 2)}, ""},
		{"one, and nothing else is known", 1, nil, "the server serves one connection at a time: serve several connections at once"},
		{"a round number", 8, nil, "the server serves 8 connections at a time and lets the others wait: raise its limit of connections, threads or processes"},
		{"no round number", 7, nil, ""},
		{"a round number beside resets", 8, []func(*result.Load){func(l *result.Load) { l.Requests.Errors, l.Errors["read-reset"] = 2, 2 }}, ""},
		{"a round number beside timeouts", 8, []func(*result.Load){func(l *result.Load) { l.Requests.Errors, l.Errors["timeout"] = 2, 2 }},
			"the server serves 8 connections at a time and lets the others wait: raise its limit of connections, threads or processes"},
		{"connects that failed", 8, []func(*result.Load){func(l *result.Load) { l.Connections.Failed, l.Connections.Opened = 20, 8 }},
			"20 of 28 attempts to connect failed: the errors say how"},
	} {
		l := closed(t)
		l.Connections.Answered, l.Connections.LongestWaitNS = c.answered, 10e9
		for _, change := range c.changes {
			change(l)
		}
		got := Judge(l).Reasons[0]
		want := "no percentile speaks for those; compare with -c 1, or look at how the server takes turns"
		if c.want != "" {
			want = "likely cause: " + c.want
		}
		if got.Check != "starved" || got.State != result.Invalid || got.Text != result.Starved(l) || got.Advice != want {
			t.Errorf("%s: %+v, want %q", c.name, got, want)
		}
	}
}
