package wire

import (
	"bytes"
	"iter"
)

// The subset of HTTP/1.1 (RFC 9112) that is spoken, and what is answered to the rest. After any of these replies
// marked * the connection is closed, since where the next request would begin is not known or not to be trusted.
//
//	request line          8 KiB with its CRLF                                  else 414*
//	head                  32 KiB and 100 headers                               else 431*
//	body                  1 MiB, by Content-Length or chunked                  else 413*
//	version               HTTP/1.1 and HTTP/1.0                                else 505*
//	method                a registered one                                     else 501*
//	transfer coding       chunked, once, in HTTP/1.1                           else 501*
//	expectation           100-continue                                         else 417*
//	everything malformed  bare CR or LF, folded or nameless headers, a space
//	                      before the colon, control characters, a missing,
//	                      second or impossible Host, two lengths, a length
//	                      beside a transfer coding, bad chunks, framing in a
//	                      trailer                                                   400*
//	argument              within the bounds of its endpoint                    else 400
//	method of a path      GET and HEAD, or POST                                else 405
//	path                  one of the endpoints                                 else 404
//
// A connection stays open until the peer says Connection: close, or is of HTTP/1.0 and does not say keep-alive.
const (
	maxLine    = 8 << 10
	maxHead    = 32 << 10
	maxHeaders = 100
	maxBody    = 1 << 20
	maxChunk   = 256     // bytes of a line that announces a chunk
	maxExtra   = 8 << 10 // bytes of all chunk extensions of a body
)

// phase is where in the conversation the next input byte belongs.
type phase uint8

const (
	phaseStart   phase = iota // which protocol is not known yet
	phaseLines                // the line protocol
	phaseRequest              // before a request line
	phaseHeaders
	phaseBody     // by length
	phaseChunk    // before the line that announces a chunk
	phaseData     // in a chunk
	phaseDataEnd  // before the CRLF that ends a chunk
	phaseTrailers // after the last chunk
)

type method uint8

const (
	methodGet method = iota
	methodPost
	methodOther
)

// request is what is known of the request being received.
type request struct {
	route   *route
	body    []byte // of /echo, or the rest of /moved's path
	arg     int64  // bytes, or nanoseconds
	length  int64  // of the body or chunk still to come
	total   int64  // of the body so far, chunked
	extra   int32  // of its chunk extensions so far
	bytes   int32  // of the head so far
	headers int16
	method  method
	head    bool // method HEAD
	bad     bool // the path's argument is out of range
	old     bool // HTTP/1.0
	crlf    bool // an empty line before the request was skipped
	host    bool
	sized   bool // Content-Length was given
	chunked bool
	close   bool
	keep    bool
	expect  bool
}

// step consumes one element of p (a line, or what there is of a body) and returns its size: 0 when it is not whole.
func (t *Talk) step(p []byte) int {
	switch t.phase {
	case phaseBody, phaseData:
		return t.data(p)
	}
	i := bytes.IndexByte(p[t.scanned:], '\n')
	if i < 0 {
		if t.phase == phaseLines {
			return len(p) // a line's content does not matter, and nothing but its end is answered
		}
		t.scanned = len(p)
		t.overlong(len(p))
		return 0
	}
	n := t.scanned + i + 1
	t.scanned = 0
	line := p[:n]
	if t.phase == phaseStart {
		switch {
		case !t.req.crlf && string(line) == "\r\n":
			t.req.crlf = true
			return n
		case n > maxLine || bytes.Contains(line, []byte(" HTTP/")):
			t.phase = phaseRequest
		default:
			t.phase = phaseLines
		}
	}
	if t.phase == phaseLines {
		t.hello()
		return n
	}
	if t.overlong(n - 1) {
		return n
	}
	line, ok := ended(line)
	if !ok {
		t.refuse(400)
		return n
	}
	switch t.phase {
	case phaseRequest:
		t.requestLine(line)
	case phaseHeaders, phaseTrailers:
		t.headerLine(line)
	case phaseChunk:
		t.chunkLine(line)
	case phaseDataEnd:
		if t.phase = phaseChunk; len(line) > 0 {
			t.refuse(400)
		}
	}
	return n
}

// overlong refuses a line that has n bytes without having ended.
func (t *Talk) overlong(n int) bool {
	status := 0
	switch t.phase {
	case phaseStart, phaseRequest:
		if n >= maxLine {
			status = 414
			t.phase = phaseRequest
		}
	case phaseHeaders, phaseTrailers:
		if n+int(t.req.bytes) >= maxHead {
			status = 431
		}
	case phaseChunk, phaseDataEnd:
		if n >= maxChunk {
			status = 400
		}
	}
	if status != 0 {
		t.refuse(status)
	}
	return status != 0
}

// ended takes the CRLF off a line; a bare LF, or a CR inside, is not ok.
func ended(line []byte) ([]byte, bool) {
	n := len(line) - 2
	if n < 0 || line[n] != '\r' || bytes.IndexByte(line[:n], '\r') >= 0 {
		return nil, false
	}
	return line[:n], true
}

// requestLine reads "METHOD target HTTP/1.1".
func (t *Talk) requestLine(line []byte) {
	if len(line) == 0 && !t.req.crlf {
		t.req.crlf = true // RFC 9112 section 2.2: old clients end a body with a CRLF too many
		return
	}
	t.req = request{bytes: int32(len(line) + 2)}
	t.phase = phaseHeaders
	r := &t.req
	if string(line) == "GET / HTTP/1.1" {
		r.route = helloRoute
		return
	}
	i, j := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if i <= 0 || i == j {
		t.refuse(400)
		return
	}
	name, target, version := line[:i], line[i+1:j], line[j+1:]
	r.head = string(name) == "HEAD"
	switch {
	case string(version) == "HTTP/1.1":
	case string(version) == "HTTP/1.0":
		r.old = true
	case len(version) == 8 && string(version[:5]) == "HTTP/" && digit(version[5]) && version[6] == '.' && digit(version[7]):
		t.refuse(505)
		return
	default:
		t.refuse(400)
		return
	}
	switch string(name) {
	case "GET":
	case "POST":
		r.method = methodPost
	case "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH":
		r.method = methodOther
	default:
		if only(&tokens, name) {
			t.refuse(501)
		} else {
			t.refuse(400)
		}
		return
	}
	path, ok := pathOf(target)
	if !ok {
		t.refuse(400)
		return
	}
	r.route, r.arg, ok = find(path)
	r.bad = !ok
	if r.route.act == actMoved {
		r.body = bytes.Clone(path[len(r.route.path):])
	}
}

// pathOf is the path of a request target in origin form ("/path?query") or absolute form ("http://host/path").
func pathOf(target []byte) ([]byte, bool) {
	for i, c := range target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return nil, false
		}
		if c == '%' && (i+2 >= len(target) || !hex(target[i+1]) || !hex(target[i+2])) {
			return nil, false
		}
	}
	if rest, absolute := bytes.CutPrefix(target, []byte("http://")); absolute {
		i := bytes.IndexByte(rest, '/')
		if i < 0 {
			i, target = len(rest), []byte("/")
		} else {
			target = rest[i:]
		}
		host, port, found := bytes.Cut(rest[:i], []byte(":"))
		if _, ok := digits(port, 65535); found && !ok || len(host) == 0 || !only(&names, host) {
			return nil, false
		}
	}
	if len(target) == 0 || target[0] != '/' {
		return nil, false
	}
	path, _, _ := bytes.Cut(target, []byte("?"))
	return path, true
}

// headerLine reads "Name: value", or the empty line that ends a head or a trailer.
func (t *Talk) headerLine(line []byte) {
	r := &t.req
	r.bytes += int32(len(line) + 2)
	if len(line) == 0 {
		t.headEnd()
		return
	}
	if r.headers++; r.headers > maxHeaders {
		t.refuse(431)
		return
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !only(&tokens, line[:colon]) {
		t.refuse(400)
		return
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			t.refuse(400)
			return
		}
	}
	switch len(name) {
	case len("Host"):
		if is(name, "host") {
			if r.host || t.phase == phaseTrailers || !only(&hosts, value) {
				t.refuse(400)
			}
			r.host = true
		}
	case len("Expect"):
		if is(name, "expect") && !r.old {
			if r.expect = is(value, "100-continue"); !r.expect {
				t.refuse(417)
			}
		}
	case len("Connection"):
		if is(name, "connection") {
			for option := range options(value) {
				r.close = r.close || is(option, "close")
				r.keep = r.keep || is(option, "keep-alive")
			}
		}
	case len("Trailer"):
		if is(name, "trailer") {
			for option := range options(value) {
				if is(option, "transfer-encoding") || is(option, "content-length") || is(option, "trailer") {
					t.refuse(400)
				}
			}
		}
	case len("Content-Length"):
		if is(name, "content-length") {
			t.contentLength(value)
		}
	case len("Transfer-Encoding"):
		if is(name, "transfer-encoding") {
			switch {
			case r.sized || r.chunked || r.old || t.phase == phaseTrailers:
				t.refuse(400)
			case !is(value, "chunked"):
				t.refuse(501)
			}
			r.chunked = true
		}
	}
}

func (t *Talk) contentLength(value []byte) {
	r := &t.req
	n, ok := digits(value, maxBody)
	switch {
	case r.sized || r.chunked || t.phase == phaseTrailers || !ok && n == 0:
		t.refuse(400)
	case !ok:
		t.refuse(413)
	}
	r.sized, r.length = true, n
}

// headEnd decides what follows a head, or answers after a trailer.
func (t *Talk) headEnd() {
	r := &t.req
	switch {
	case t.phase == phaseTrailers:
		t.answer()
		return
	case !r.host && !r.old:
		t.refuse(400)
		return
	case r.chunked:
		t.phase = phaseChunk
	case r.length > 0:
		t.phase = phaseBody
	default:
		t.answer()
		return
	}
	if r.expect {
		t.end() // it is part of no reply
		t.write(goAhead)
	}
}

// chunkLine reads "size-in-hex;extensions".
func (t *Talk) chunkLine(line []byte) {
	r := &t.req
	size, extension, _ := bytes.Cut(line, []byte(";"))
	n := int64(0)
	for _, c := range size {
		if !hex(c) {
			t.refuse(400)
			return
		}
		n = min(n<<4|int64(unhex(c)), maxBody+1)
	}
	for _, c := range extension {
		if c < ' ' && c != '\t' || c == 0x7f {
			t.refuse(400)
			return
		}
	}
	r.total += n
	switch r.extra += int32(len(line) - len(size)); {
	case len(size) == 0 || len(size) > 8 || r.extra > maxExtra:
		t.refuse(400)
	case r.total > maxBody:
		t.refuse(413)
	case n == 0:
		t.phase = phaseTrailers
	default:
		t.phase, r.length = phaseData, n
	}
}

// data takes what there is of a body.
func (t *Talk) data(p []byte) int {
	r := &t.req
	n := int(min(int64(len(p)), r.length))
	if r.route.act == actEcho {
		if r.body == nil {
			r.body = make([]byte, 0, min(r.length, maxPending))
		}
		r.body = append(r.body, p[:n]...)
	}
	if r.length -= int64(n); r.length == 0 {
		if t.phase == phaseBody {
			t.answer()
		} else {
			t.phase = phaseDataEnd
		}
	}
	return n
}

// options are the elements of a list in a header.
func options(value []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for element := range bytes.SplitSeq(value, []byte(",")) {
			if !yield(bytes.Trim(element, " \t")) {
				return
			}
		}
	}
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func hex(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if digit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// is compares with a lower-case word, whatever the case of p.
func is(p []byte, word string) bool {
	if len(p) != len(word) {
		return false
	}
	for i, c := range p {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// tokens marks the bytes a method or header name may have (RFC 9110 section 5.6.2).
var tokens = set("!#$%&'*+-.^_`|~")

// names marks the bytes of a host name or IPv4 address.
var names = set("-.")

// hosts marks the bytes of a Host (RFC 3986 section 3.2).
var hosts = set("-._~!$&'()*+,;=%:[]")

// set marks the letters, the digits and more.
func set(more string) (set [256]bool) {
	for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + more) {
		set[c] = true
	}
	return set
}

func only(set *[256]bool, p []byte) bool {
	for _, c := range p {
		if !set[c] {
			return false
		}
	}
	return true
}
