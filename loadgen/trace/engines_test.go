package trace_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/traceevent"
	"carousel/loadgen/engine"
	"carousel/loadgen/trace"
	"carousel/loadgen/turns"
)

// With each engine the trace agrees with the server and the books: replies, redirects, slow bodies and connects.
func TestEngines(t *testing.T) {
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch served.Add(1); r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/slow", http.StatusFound)
		case "/slow":
			fmt.Fprint(w, "a")
			w.(http.Flusher).Flush()
			time.Sleep(2 * time.Millisecond)
			fmt.Fprint(w, "b")
		case "/missing":
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	engines := []string{result.Net}
	if runtime.GOOS == "linux" {
		engines = append(engines, result.Epoll)
	}
	if engine.CheckUring() == nil {
		engines = append(engines, result.Uring)
	}
	for _, e := range engines {
		t.Run(e, func(t *testing.T) {
			served.Store(0)
			s := result.DefaultSpec()
			s.Target, s.Engine, s.Connections, s.Paths, s.MaxRedirects = server.URL+"/slow", e, 3, []string{"/moved", "/missing"}, 1
			s.Duration, s.Requests, s.Rate = 0, 60, 2000
			tr := trace.New(trace.Usual)
			l, err := engine.Traced(t.Context(), t.Context(), s, nil, tr)
			if err != nil {
				t.Fatal(err)
			}
			f := written(t, tr)
			counts := map[string]int64{}
			for _, e := range f.Pick('X', "request") {
				counts[fmt.Sprint(e.Name, " ", e.Args["outcome"], " ", e.Args["status"])]++
			}
			if len(counts) != 3 || counts["GET /slow ok 200"] != 20 || counts["GET /moved ok 200"] != 20 || counts["GET /missing status-404 404"] != 20 {
				t.Errorf("%v", counts)
			}
			reading := 0
			for _, e := range f.Pick('X', "part") {
				if e.Name == "reading" {
					reading++
				}
			}
			hops := int64(len(f.Pick('X', "hop")))
			if reading == 0 || hops != 40 || served.Load() != 20+20+hops || l.Redirects != 20 {
				t.Errorf("%d slow bodies, %d hops, %d requests served", reading, hops, served.Load())
			}
			if n := int64(len(f.Pick('X', "connect"))); n != l.Connections.Opened {
				t.Errorf("%d connects of %d", n, l.Connections.Opened)
			}
			if n := len(f.Pick('b', "late")); n == 0 { // no request can be sent in the very nanosecond in which it is due
				t.Error("no request was late")
			}
			at := map[string]int64{}
			for _, e := range f.Pick('i', "load") {
				at[e.Name] = e.At
			}
			for _, e := range f.Pick('X', "request") {
				if e.At < at["window opens"] || e.At >= at["window closes"] {
					t.Errorf("%+v is not within %v", e, at)
				}
			}
		})
	}
}

// A TLS handshake is the last part of its connect.
func TestHandshakes(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Insecure, s.NoKeepalive = server.URL+"/", result.Net, 2, true, true
	s.Duration, s.Requests = 0, 10
	tr := trace.New(trace.Usual)
	l, err := engine.Traced(t.Context(), t.Context(), s, nil, tr)
	if err != nil {
		t.Fatal(err)
	}
	f := written(t, tr)
	ends := map[string]int{}
	for _, e := range f.Pick('X', "connect") {
		ends[fmt.Sprint(e.TID, " ", e.At+e.Length)]++
	}
	handshakes := int64(0)
	for _, e := range f.Pick('X', "part") {
		if e.Name != "tls handshake" {
			continue
		}
		if handshakes++; e.Length == 0 || ends[fmt.Sprint(e.TID, " ", e.At+e.Length)] == 0 {
			t.Errorf("%+v takes no time, or ends with no connect", e)
		}
	}
	if handshakes != l.Connections.Opened || l.Requests.OK != 10 {
		t.Errorf("%d handshakes of %d connections, %d ok", handshakes, l.Connections.Opened, l.Requests.OK)
	}
}

// The trace has the number of requests that were never sent, by reason, at the end of the window.
func TestNeverSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Millisecond) }))
	defer server.Close()
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Rate, s.Duration = server.URL+"/", result.Net, 1, 1000, 100*time.Millisecond
	tr := trace.New(trace.Usual)
	l, err := engine.Traced(t.Context(), t.Context(), s, nil, tr)
	if err != nil {
		t.Fatal(err)
	}
	f := written(t, tr)
	found, closes := map[string]int64{}, int64(0)
	for _, e := range f.Pick('i', "load") {
		if why, is := strings.CutPrefix(e.Name, "never sent: "); is {
			found[why] = int64(e.Args["count"].(float64))
		}
		if e.Name == "window closes" {
			closes = e.At
		}
	}
	if diff := cmp.Diff(l.UnsentBy, found); diff != "" || len(found) == 0 {
		t.Errorf("the books have other requests that were never sent:\n%s", diff)
	}
	for _, e := range f.Pick('i', "load") {
		if strings.HasPrefix(e.Name, "never sent") && e.At != closes {
			t.Errorf("%+v is not where the window closes, at %d", e, closes)
		}
	}
}

// Servers that are loaded in turns are processes of one trace, each with its slices and its requests.
func TestInTurns(t *testing.T) {
	var list []engine.Server
	plan := turns.Settings{Slice: 5 * time.Millisecond, Cycles: 4, Warmup: 10 * time.Millisecond, Grace: time.Second}
	for _, name := range []string{"a", "b", "c"} {
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer server.Close()
		s := result.DefaultSpec()
		s.Target, s.Engine, s.Connections = server.URL+"/"+name, result.Net, 2
		list, plan.Names = append(list, engine.Server{Name: name, Spec: s}), append(plan.Names, name)
	}
	tr := trace.New(trace.Usual)
	stand := engine.NewStand(t.Context(), list, 1, tr)
	defer stand.Close()
	c, err := turns.Compare(t.Context(), plan, stand, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := written(t, tr)
	counts, slices := map[string]int64{}, map[string]int{}
	for _, e := range f.Pick('X', "request") {
		if e.Args["warmup"] == nil {
			counts[f.Processes[e.PID]+" "+e.Name]++
		}
	}
	for _, e := range f.Pick('X', "load") {
		slices[f.Processes[e.PID]+" "+e.Name]++
	}
	for _, one := range c.Servers {
		name := "loadgen " + one.Name + " " + one.Target
		if n := counts[name+" GET /"+one.Name]; n != one.Load.Requests.Sent || n == 0 {
			t.Errorf("%s: %d requests, the books have %d", name, n, one.Load.Requests.Sent)
		}
		if n := slices[name+" slice"]; n != 4 || slices[name+" slice of the warm-up"] == 0 {
			t.Errorf("%s: %v", name, slices)
		}
	}
	if len(counts) != 3 {
		t.Errorf("%v", counts)
	}
}

// written writes a trace and parses what was written.
func written(t *testing.T, tr *trace.Trace) *traceevent.File {
	t.Helper()
	var text bytes.Buffer
	if _, err := tr.Write(&text, nil); err != nil {
		t.Fatal(err)
	}
	f, err := traceevent.Parse(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}
