// Package client is one connection's side of a conversation, without I/O: the bytes that ask, and the check of what comes back.
package client

import (
	"net/url"
	"strconv"
	"strings"

	"carousel/loadgen/spec"
)

// Hello is what the house's servers say; a server that says it once is held to it.
const Hello = "Hello world\n"

// alphabet is what the bodies of /bytes/N repeat.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// maxBytes is the largest N of /bytes/N.
const maxBytes = 1 << 30

// Request is what every connection sends, and what the answer must be. It does not change and may be shared.
type Request struct {
	Addr  string // host:port to connect to
	Path  string // and query, of HTTP
	Bytes []byte // what to send, whole

	Idempotent bool // may be sent again where nobody knows whether the server acted on it

	asked spec.Spec
	host  string // as the Host header names it
	line  bool   // lines instead of HTTP
	head  bool   // a HEAD request: the reply has no body
	last  bool   // says "Connection: close": no request follows on the connection

	// want is what a body should be, period bytes of it repeated to length bytes; strict bodies must be that from the
	// first reply on, others only once a reply was.
	want   []byte
	period int
	length int64
	strict bool
}

// idempotent are the methods that may be sent twice and mean the same (RFC 9110, section 9.2.2). Of one that is unknown, that is too.
var idempotent = map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "TRACE": true, "PUT": true, "DELETE": true}

// New builds the requests that s asks for in turn; s must be valid.
func New(s spec.Spec) []*Request {
	addr := spec.Addr(s.Target)
	all := []*Request{build(s, addr, strings.TrimPrefix(s.Target, "http://"+addr))}
	for _, path := range s.Paths {
		all = append(all, build(s, addr, path))
	}
	return all
}

func build(s spec.Spec, addr, path string) *Request {
	q := &Request{Addr: addr, Path: path, Idempotent: idempotent[s.Method], asked: s, host: strings.TrimSuffix(addr, ":80")}
	if s.Proto == spec.Line {
		text := s.Body
		if text == "" {
			text = "hello"
		}
		q.line, q.Bytes = true, []byte(text+"\n")
		q.expect(Hello)
		return q
	}
	q.head = s.Method == "HEAD"
	q.Bytes = q.compose()
	switch n, isBytes := bytesPath(path); {
	case q.head:
	case s.Method == "GET" && isBytes:
		// One alphabet more than a read takes: a piece that starts anywhere in it can be compared in one go.
		q.want = []byte(strings.Repeat(alphabet, 1+MaxRead/len(alphabet)))
		q.period, q.length, q.strict = len(alphabet), n, true
	case s.Method == "POST" && path == "/echo":
		q.expect(s.Body)
	case s.Method == "GET":
		q.expect(Hello)
	}
	return q
}

// expect asks for text as the whole body.
func (q *Request) expect(text string) {
	q.want, q.period, q.length = []byte(text), len(text), int64(len(text))
}

func (q *Request) compose() []byte {
	s, headers := q.asked, ""
	for _, h := range s.Headers {
		name, value, _ := strings.Cut(h, ":")
		if value = strings.TrimSpace(value); strings.EqualFold(name, "host") {
			q.host = value
			continue
		}
		q.last = q.last || strings.EqualFold(name, "connection") && lists([]byte(value), "close")
		headers += name + ": " + value + "\r\n"
	}
	if s.Body != "" || s.Method == "POST" || s.Method == "PUT" || s.Method == "PATCH" {
		headers += "Content-Length: " + strconv.Itoa(len(s.Body)) + "\r\n"
	}
	return []byte(s.Method + " " + q.Path + " HTTP/1.1\r\nHost: " + q.host + "\r\n" + headers + "\r\n" + s.Body)
}

// bytesPath is the N of /bytes/N.
func bytesPath(path string) (int64, bool) {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return 0, false
	}
	text, ok := strings.CutPrefix(u.Path, "/bytes/")
	n, err := strconv.ParseInt(text, 10, 64)
	return n, ok && err == nil && 0 <= n && n <= maxBytes
}

// fits reports whether p may stand at byte at of the body that was asked for.
func (q *Request) fits(p []byte, at int64) bool {
	if at+int64(len(p)) > q.length {
		return false
	}
	from := int(at)
	if q.period > 0 && q.length > int64(q.period) {
		from = int(at % int64(q.period))
	}
	return string(p) == string(q.want[from:from+len(p)])
}
