package metrics

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"carousel/loadgen/record"
)

// readLimit is how long a scrape may take to send its request.
const readLimit = 5 * time.Second

// Server serves the figures of the running load, at /metrics. A nil *Server serves nothing.
type Server struct {
	Addr string // where it listens
	http http.Server
	now  atomic.Pointer[load]
	done chan struct{}
}

type load struct {
	live    *record.Live
	offered float64
}

// Serve serves figures at addr, a host and a port, until Close. Before Watch there are no figures. It returns an error if it cannot listen there.
func Serve(addr string) (*Server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = errors.New("another program listens there: use another port")
		}
		return nil, fmt.Errorf("--metrics %s: %w", addr, err)
	}
	s := &Server{Addr: ln.Addr().String(), done: make(chan struct{})}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry(s.figures), promhttp.HandlerOpts{}))
	s.http = http.Server{Handler: mux, ReadTimeout: readLimit, WriteTimeout: readLimit}
	go func() {
		defer close(s.done)
		s.http.Serve(ln) // until Close
	}()
	return s, nil
}

// Watch makes s serve the figures of a load at offered requests per second; 0: a closed loop.
func (s *Server) Watch(live *record.Live, offered float64) {
	if s != nil {
		s.now.Store(&load{live, offered})
	}
}

func (s *Server) figures() []Figures {
	if l := s.now.Load(); l != nil {
		return []Figures{Now(l.live, l.offered)}
	}
	return nil
}

// Close stops the server and closes its connections.
func (s *Server) Close() {
	if s != nil {
		s.http.Close()
		<-s.done
	}
}
