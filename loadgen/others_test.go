package main

import (
	"maps"
	"path/filepath"
	"testing"

	"carousel/internal/result"
)

// threeKinds is a mix for these servers: a text, a file, and a path that does not exist.
const threeKinds = `{"path": "/hello", "weight": 6, "expect": {"status": 200, "text": "hello\n"}}
{"path": "/page", "weight": 3, "expect": {"status": 200, "length": 100000, "sha256": "83f89a9d0e032fa3a0e4d4df40bbaff3e243c88f610a57b05ac216e83465c9d2"}}
{"path": "/none", "expect": {"status": 404}}
`

// TestOthers loads third-party servers: with every engine and kind of connection the record agrees with their log.
func TestOthers(t *testing.T) {
	for _, o := range others {
		t.Run(o.name, func(t *testing.T) {
			s := o.start(t)
			s.write(t, "mix", []byte(threeKinds))
			for _, door := range doors[:3] {
				for _, engine := range append(engines(), result.Hey) {
					if door == "tls" && engine != result.Net || door == "socket" && engine == result.Hey {
						continue
					}
					t.Run(door+" "+engine, func(t *testing.T) { s.keeps(t, door, engine) })
					if engine != result.Hey {
						t.Run(door+" "+engine+" --no-keepalive", func(t *testing.T) { s.keeps(t, door, engine, "--no-keepalive") })
					}
				}
			}
		})
	}
}

// keeps sends 200 requests, and checks the record against the server's log.
func (s *running) keeps(t *testing.T, door, engine string, flags ...string) {
	args := append([]string{"-n", "200", "-c", "4", "--engine", engine}, flags...)
	want := map[string]int64{"GET /hello": 120, "GET /page": 60, "GET /none": 20}
	if engine == result.Hey { // it sends one kind of request, and does not check replies
		args, want = append(args, s.target(door, "/hello")), map[string]int64{"GET /hello": 200}
	} else {
		args = append(args, "--mix", filepath.Join(s.dir, "mix"), "--order", "file", s.target(door, "/"))
	}
	if door == "tls" {
		args = append(args, "--cacert", filepath.Join(s.dir, "authority.pem"))
	}
	before := s.met(t, door)
	s.received(t)
	l, _ := recordOf(t, done, args...)
	met := s.met(t, door) - before - 1
	requests, connections := s.received(t)

	balanced(t, l)
	if !maps.Equal(requests, want) || l.Requests.OK != 200 {
		t.Errorf("it logged %v, want %v; the record has %+v", requests, want, l.Requests)
	}
	for _, kind := range l.Paths {
		if logged := requests["GET "+kind.Path]; kind.OK != logged {
			t.Errorf("%s: %d ok, it logged %d", kind.Path, kind.OK, logged)
		}
	}
	kept := len(flags) == 0
	switch c := l.Connections; {
	case engine == result.Hey: // it may open connections that it does not use, and one more probes the target
		if c.Opened >= met || connections > c.Opened {
			t.Errorf("it accepted %d connections, and %d had requests; the record has %+v", met, connections, c)
		}
	case c.Opened != met || c.Failed != 0 || connections != met:
		t.Errorf("it accepted %d connections, and %d had requests; the record has %+v", met, connections, c)
	case kept && met != 4 || !kept && met != 200:
		t.Errorf("200 requests came by %d connections", met)
	}
	if door == "tls" && l.TLS.Handshakes != met {
		t.Errorf("%d handshakes, it accepted %d connections", l.TLS.Handshakes, met)
	}
}
