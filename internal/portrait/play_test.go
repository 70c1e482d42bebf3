package portrait

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The script is the same every time, and as ScriptText describes it.
func TestScript(t *testing.T) {
	roles := Script()
	if fmt.Sprint(roles) != fmt.Sprint(Script()) {
		t.Error("it is another one the second time")
	}
	orders := map[string]bool{}
	for i, r := range roles {
		var paths []string
		for j, a := range r.Steps {
			paths = append(paths, a.Path)
			if a.Think > 10*time.Millisecond || j == 0 && a.Think > 0 {
				t.Errorf("client %d thinks for %v before %s", r.Client, a.Think, a.Path)
			}
		}
		orders[strings.Join(paths, " ")] = true
		slices.Sort(paths)
		if got := strings.Join(paths, " "); got != "/ / / /sleep/20ms /spin/5ms" {
			t.Errorf("client %d asks for %s", r.Client, got)
		}
		if r.Client != i+1 || r.Connects != time.Duration(i)*time.Millisecond || (r.Silent == 60*time.Millisecond) != (i == 0) {
			t.Errorf("%+v is at %d", r, i)
		}
	}
	if len(roles) != 8 || len(orders) < 4 {
		t.Errorf("%d clients with %d orders", len(roles), len(orders))
	}
}

// serve serves handler, and records the order of its connections.
func serve(t *testing.T, handler http.HandlerFunc) (addr string, ports func() []int) {
	t.Helper()
	var came []int
	s := httptest.NewUnstartedServer(handler)
	s.Listener = recording{s.Listener, &came}
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), func() []int { return came }
}

// recording is a listener that records the ports of its clients, in the order in which it accepts them.
type recording struct {
	net.Listener
	ports *[]int
}

func (l recording) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		*l.ports = append(*l.ports, c.RemoteAddr().(*net.TCPAddr).Port)
	}
	return c, err
}

func TestPerform(t *testing.T) {
	addr, ports := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "Hello world\n") })
	p := Perform(t.Context(), addr, Script())
	var mine []int
	for i, c := range p.Clients {
		mine = append(mine, c.Port)
		var did []string
		var end time.Duration
		for _, e := range c.Events {
			did = append(did, e.Kind+" "+e.Path)
			if e.From < end || e.To < e.From {
				t.Errorf("client %d: %+v begins before %v", c.Client, e, end)
			}
			if end = e.To; e.Error != "" || e.Status != map[string]int{requesting: 200}[e.Kind] {
				t.Errorf("client %d: %+v", c.Client, e)
			}
		}
		var want []string
		r := Script()[i]
		want = append(want, "connect ")
		if r.Silent > 0 {
			want = append(want, "silent ")
		}
		for _, a := range r.Steps {
			if a.Think > 0 {
				want = append(want, "think ")
			}
			want = append(want, "request "+a.Path)
		}
		if !slices.Equal(did, want) {
			t.Errorf("client %d did %q, want %q", c.Client, did, want)
		}
	}
	if got := ports(); !slices.Equal(got, mine) {
		t.Errorf("they came in the order %v, want %v", got, mine)
	}
}

// An error is recorded, and its client stops there.
func TestPerformRecordsErrors(t *testing.T) {
	one := []Role{{Client: 1, Steps: []Step{{0, "/"}, {0, "/spin/5ms"}}}}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		status  int
		says    string
	}{
		"status": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }, 503, "status is 503"},
		"body":   {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "Hello\n") }, 200, `body is "Hello\n"`},
		"cut":    {func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, 0, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			addr, _ := serve(t, c.handler)
			events := Perform(t.Context(), addr, one).Clients[0].Events
			if len(events) != 2 || events[1].Status != c.status || !strings.Contains(events[1].Error, c.says) {
				t.Errorf("%+v, want %q", events, c.says)
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		p := Perform(t.Context(), "127.0.0.1:1", Script())
		for _, c := range p.Clients {
			if len(c.Events) != 1 || c.Events[0].Error == "" || c.Port != 0 {
				t.Errorf("%+v", c)
			}
		}
	})
}

// A client that is never answered gives up at Limit, or when the play is cancelled.
func TestPerformIsBounded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	began := time.Now()
	for _, c := range Perform(t.Context(), l.Addr().String(), Script()).Clients {
		if e := c.Events[len(c.Events)-1]; e.Kind != requesting || e.Status != 0 || !strings.Contains(e.Error, "within 2s") {
			t.Errorf("client %d: %+v", c.Client, e)
		}
	}
	if took := time.Since(began); took < Limit {
		t.Errorf("they gave up after %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range Perform(ctx, l.Addr().String(), Script()).Clients {
		if len(c.Events) != 1 || c.Events[0].Error == "" {
			t.Errorf("after the end client %d did %+v", c.Client, c.Events)
		}
	}
}
