package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// TestOthersReplies requests replies in many forms. Every engine parses them correctly, and keeps the connection or not as the reply demands.
func TestOthersReplies(t *testing.T) {
	for _, o := range others[:3] {
		t.Run(o.name, func(t *testing.T) {
			s := o.start(t)
			for _, c := range []struct {
				name string
				kind string // the kind, in the form of a mix
				n    int64  // how many requests; 0: 40
				each int64  // how many requests the server serves on one connection; 0: all
				by   string // the server that replies in this form; "": python and node
			}{
				{name: "chunked", kind: `{"path": "/chunked", "expect": {"text": "hello\nhello\nhello\n"}}`},
				{name: "chunked, HEAD", kind: `{"path": "/chunked", "method": "HEAD", "expect": {"status": 200}}`},
				{name: "large", n: 8, kind: `{"path": "/large", "expect": {"length": 12000000, "sha256": "91c736dfd16d01464fc311a4e22f0d91edbc9a3594341a83b64ba10f37a096c3"}}`},
				{name: "large, HEAD", kind: `{"path": "/large", "method": "HEAD", "expect": {"status": 200}}`},
				{name: "gzip", kind: `{"path": "/gzip", "headers": ["Accept-Encoding: gzip"], "expect": {"length": 26}}`},
				{name: "gzip, not asked for", kind: `{"path": "/gzip", "expect": {"text": "hello\n"}}`},
				{name: "closing", kind: `{"path": "/close", "expect": {"text": "hello\n"}}`, each: 1},
				{name: "HTTP/1.0", kind: `{"path": "/old", "expect": {"text": "hello\n"}}`, each: 1, by: "python"},
				{name: "byte by byte", kind: `{"path": "/slow", "expect": {"text": "hello\n"}}`, by: "python"},
				{name: "kept for ten", kind: `{"path": "/ten", "expect": {"text": "hello\n"}}`, n: 200, each: 10, by: "nginx"},
				{name: "204", kind: `{"path": "/204", "expect": {"status": 204, "length": 0}}`},
				{name: "304", kind: `{"path": "/304", "expect": {"status": 304, "length": 0}}`},
				{name: "echo", kind: `{"path": "/echo", "body_file": "page", "expect": {"length": 100000}}`},
				{name: "100 first", kind: `{"path": "/echo", "body": "tea", "headers": ["Expect: 100-continue"], "expect": {"status": 200, "text": "tea"}}`},
			} {
				if !strings.Contains(cmp.Or(c.by, "python node"), o.name) {
					continue
				}
				n := cmp.Or(c.n, 40)
				s.write(t, "mix", []byte(c.kind))
				for _, engine := range engines() {
					t.Run(c.name+", "+engine, func(t *testing.T) {
						before := s.met(t, "plain")
						s.received(t)
						l, _ := recordOf(t, done, "-n", fmt.Sprint(n), "-c", "4", "--engine", engine, "--mix", filepath.Join(s.dir, "mix"), s.target("plain", "/"))
						met := s.met(t, "plain") - before - 1
						requests, connections := s.received(t)
						balanced(t, l)
						if received := sum(requests); l.Requests.OK != n || received != n {
							t.Errorf("%d requests, it logged %v; the record has %+v", n, requests, l.Requests)
						}
						least, most := int64(4), int64(4)
						if c.each > 0 { // three of the four connections may have requests left, and a connection opened at the end may send none
							least, most = n/c.each, n/c.each+3
						}
						opened := l.Connections.Opened
						if connections < least || connections > most || opened < connections || met < opened || c.each == 0 && met > 4 {
							t.Errorf("%d requests came by %d connections of %d, want %d to %d; the record has %d", n, connections, met, least, most, opened)
						}
					})
				}
			}
		})
	}
}

// TestOthersCertificates lets loadgen check the certificates of nginx, and nginx those of loadgen.
func TestOthersCertificates(t *testing.T) {
	s := others[0].start(t)
	pem := func(name string) string { return filepath.Join(s.dir, name) }
	trusting, ourselves := []string{"--cacert", pem("authority.pem")}, []string{"--cert", pem("client.pem"), "--key", pem("client.key")}
	strangers := []string{"--cert", pem("stranger.pem"), "--key", pem("stranger.key")}
	for _, c := range []struct {
		name, door string
		flags      []string
		code       int
		want       string // a part of what is printed
		logged     int64
	}{
		{"verified", "tls", trusting, done, "20 ok", 20},
		{"verified, by name", "tls", append(trusting, "-H", "Host: a.test"), done, "20 ok", 20},
		{"verified, a connection each", "tls", append(trusting, "--no-keepalive"), done, "20 ok", 20},
		{"not checked", "misnamed", []string{"-k"}, done, "20 ok", 20},
		{"not checked, expired", "expired", []string{"-k"}, done, "20 ok", 20},
		{"unknown authority", "tls", nil, unreachable, "no authority that is trusted here has signed the certificate of CN=of a test: --cacert FILE", 0},
		{"wrong name", "misnamed", trusting, unreachable, "the certificate is for b.test, not for 127.0.0.1", 0},
		{"wrong name, of two", "tls", append(trusting, "-H", "Host: c.test"), unreachable, "the certificate is for a.test, 127.0.0.1, not for c.test", 0},
		{"right name after all", "misnamed", append(trusting, "-H", "Host: b.test"), done, "20 ok", 20},
		{"expired", "expired", trusting, unreachable, "the certificate expired on 2002-01-02", 0},
		{"certificate of the client", "demanding", append(trusting, ourselves...), done, "20 ok", 20},
		{"certificate of a stranger", "demanding", append(trusting, strangers...), failed, "20 x status-400", 20},
		{"no certificate of the client", "demanding", trusting, failed, "20 x status-400", 20},
		{"TLS where there is none", "plain", []string{"-k"}, unreachable, "does not speak TLS there: use http://", 4},
		{"none where there is TLS", "tls", nil, failed, "20 x status-400", 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := "https://" + s.addr[c.door] + "/page"
			if c.name == "none where there is TLS" {
				target = "http://" + s.addr[c.door] + "/page"
			}
			s.received(t)
			var stdout, stderr bytes.Buffer
			code := run(&stdout, &stderr, append(append([]string{"-q", "-n", "20", "-c", "4"}, c.flags...), target))
			text := stdout.String() + stderr.String()
			if code != c.code || !strings.Contains(text, c.want) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.want, text)
			}
			s.met(t, "plain") // when it replies to this, it has logged all earlier requests
			if requests, _ := s.received(t); sum(requests) != c.logged {
				t.Errorf("it logged %v, want %d", requests, c.logged)
			}
		})
	}
}

func sum(counts map[string]int64) (n int64) {
	for count := range maps.Values(counts) {
		n += count
	}
	return n
}
