package wire

import "bytes"

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
