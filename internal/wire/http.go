package wire

import "bytes"

// The limits of the subset of HTTP/1.1, in bytes but for maxHeaders.
const (
	maxLine    = 8 << 10
	maxHead    = 32 << 10
	maxHeaders = 100
	maxBody    = 1 << 20
	maxChunk   = 256     // of a line that announces a chunk
	maxExtra   = 8 << 10 // of all chunk extensions of a body
)

// phase is where in the conversation the next input byte belongs.
type phase uint8

const (
	phaseStart   phase = iota // the protocol is not known yet
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

// request is the part of a request that has been received.
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

// step consumes one line of p, or all that p has of a body, and returns how many bytes that were: 0 if the line is not complete.
func (t *Talk) step(p []byte) int {
	switch t.phase {
	case phaseBody, phaseData:
		return t.data(p)
	}
	i := bytes.IndexByte(p[t.scanned:], '\n')
	if i < 0 {
		if t.phase == phaseLines {
			return len(p) // drop the start of a line: only its end is answered
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

// overlong refuses a line that has n bytes and no end if that is over its limit, and reports whether it did.
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

// ended returns a line without its CRLF; a bare LF, or a CR inside, is not ok.
func ended(line []byte) ([]byte, bool) {
	n := len(line) - 2
	if n < 0 || line[n] != '\r' || bytes.IndexByte(line[:n], '\r') >= 0 {
		return nil, false
	}
	return line[:n], true
}
