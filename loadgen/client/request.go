// Package client builds requests and checks replies, for one connection and without I/O: HTTP/1.1, or lines.
package client

import (
	"slices"
	"strconv"
	"strings"

	"carousel/internal/result"
)

// Request is the bytes to send, and what the reply must be. It does not change and may be shared.
type Request struct {
	Addr  string // host:port to connect to, or the path of a Unix socket
	Path  string // path and query, of HTTP
	Kind  string // its name in a mix; "": there is no mix
	Name  string // the path, with the server if the load has several
	Host  int    // index of its server in Servers
	Bytes []byte // the whole request

	Idempotent bool // it may be sent again if it is not known whether the server acted on it

	spec result.Spec
	host string  // value of the Host header
	line bool    // lines instead of HTTP
	head bool    // a HEAD request: the reply has no body
	last bool    // no request follows on the connection
	want *demand // what the reply must be; nil: any with a status below 400
}

// idempotent are the methods whose request has the same effect once or twice (RFC 9110, section 9.2.2). An unknown method counts as not idempotent.
var idempotent = map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "TRACE": true, "PUT": true, "DELETE": true}

// New returns the requests of s, which must be valid: those of a mix in the order of its kinds, or one for each target.
func New(s result.Spec) (all []*Request) {
	for _, k := range s.Mix {
		q := build(s.ForKind(k), k.Path)
		if q.Kind = k.Name; k.Expect != nil {
			q.want = expected(k.Expect)
		}
		all = append(all, q)
	}
	if len(all) > 0 {
		return all
	}
	all = append(all, build(s, PathOf(s.Target)))
	servers := Servers(s)
	for _, further := range s.Paths {
		one := on(s, further)
		q := build(one, PathOf(one.Target))
		q.Host = slices.Index(servers, Server(one.Target))
		all = append(all, q)
	}
	if len(servers) > 1 {
		for _, q := range all {
			q.Name = nameOf(q.spec.Target)
		}
	}
	return all
}

func build(s result.Spec, path string) *Request {
	q := &Request{Addr: Addr(s.Target), Path: path, Name: path, Idempotent: idempotent[s.Method], spec: s, host: hostOf(s.Target), last: s.NoKeepalive}
	if s.Proto == result.Line {
		text := s.Body
		if text == "" {
			text = "hello"
		}
		q.line, q.Bytes = true, []byte(text+"\n")
	} else {
		q.head = s.Method == "HEAD"
		q.Bytes = q.compose()
	}
	if s.Expect == result.Carousel {
		q.want = q.demanded()
	} else if status, err := strconv.Atoi(s.Expect); err == nil {
		q.want = &demand{status: status, length: anyLength}
	}
	return q
}

func (q *Request) compose() []byte {
	s, headers := q.spec, ""
	for _, h := range s.Headers {
		name, value, _ := strings.Cut(h, ":")
		if value = strings.Trim(value, " \t"); strings.EqualFold(name, "host") {
			q.host = value
			continue
		}
		q.last = q.last || strings.EqualFold(name, "connection") && lists([]byte(value), "close")
		headers += name + ": " + value + "\r\n"
	}
	if s.NoKeepalive {
		headers += "Connection: close\r\n"
	}
	if s.Body != "" || s.Method == "POST" || s.Method == "PUT" || s.Method == "PATCH" {
		headers += "Content-Length: " + strconv.Itoa(len(s.Body)) + "\r\n"
	}
	return []byte(s.Method + " " + q.Path + " HTTP/1.1\r\nHost: " + q.host + "\r\n" + headers + "\r\n" + s.Body)
}
