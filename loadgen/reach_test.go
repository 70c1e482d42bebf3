package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/engine"
)

// socketServer answers on a Unix socket, and counts requests and connections.
type socketServer struct {
	path             string
	asked, connected atomic.Int64
}

func openSocket(t *testing.T) *socketServer {
	t.Helper()
	s := &socketServer{path: filepath.Join(t.TempDir(), "s")}
	ln, err := net.Listen("unix", s.path)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		w.Write([]byte(r.Host + r.URL.RequestURI()))
	}))
	server.Listener.Close()
	server.Listener = ln
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connected.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return s
}

// engines are those that this machine has, hey apart.
func engines() []string {
	all := []string{result.Net}
	if sock.Linux {
		all = append(all, result.Epoll)
	}
	if engine.Rings() == nil {
		all = append(all, result.Uring)
	}
	return append(all, "auto")
}

// TestUnixSocket loads a server by the path of its socket: its count of requests and connections is the record's.
func TestUnixSocket(t *testing.T) {
	for _, engine := range engines() {
		for _, ways := range []string{"", "--no-keepalive", "-r 2000", "--pid auto"} {
			if ways == "--pid auto" && !sock.Linux {
				continue
			}
			t.Run(engine+" "+ways, func(t *testing.T) {
				s := openSocket(t)
				args := append([]string{"-q", "--json", "-c", "8", "-n", "200", "--engine", engine, "unix:" + s.path + ":/a?b=c"}, strings.Fields(ways)...)
				l, _ := recordOf(t, done, args...)
				balanced(t, l)
				if l.Requests.OK != 200 || s.asked.Load() != 200 || l.Connections.Opened != s.connected.Load() {
					t.Errorf("%d ok over %d connections, the server saw %d over %d", l.Requests.OK, l.Connections.Opened, s.asked.Load(), s.connected.Load())
				}
				if ways == "--pid auto" && l.TargetCPU == nil {
					t.Errorf("its process is not known: %s", l.TargetCPULacks)
				}
			})
		}
	}
}
