package wire

import (
	"bytes"
	"fmt"
	"strconv"
)

// The hello reply: the same 77 bytes for every request that succeeds. HTTP/1.0 needs one more header to keep its connection open.
var (
	helloHead  = []byte("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n")
	helloBody  = []byte("Hello world\n")
	helloReply = append(bytes.Clone(helloHead), helloBody...)
	helloKept  = append([]byte("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\n\r\n"), helloBody...)

	goAhead = []byte("HTTP/1.1 100 Continue\r\n\r\n")
)

// pattern is the body of /bytes/N, long enough to be cut at any phase: byte i is the (i mod 64)-th of the alphabet.
var pattern = bytes.Repeat([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), maxPiece/64+1)

// failures are the error replies, each with what the client can do about it.
var failures = map[int][2]string{
	400: {"Bad Request", "not a request this server understands"},
	404: {"Not Found", "try / /bytes/N /sleep/D /block/D /spin/D /store/N /image/K /moved/PATH or POST /echo"},
	405: {"Method Not Allowed", "this path wants another method"},
	413: {"Content Too Large", "a body may have 1 MiB"},
	414: {"URI Too Long", "a request line may have 8 KiB"},
	417: {"Expectation Failed", "only 100-continue can be expected"},
	431: {"Request Header Fields Too Large", "a head may have 32 KiB and 100 headers"},
	500: {"Internal Server Error", "the work failed"},
	501: {"Not Implemented", "unknown method, or a transfer coding other than chunked"},
	505: {"HTTP Version Not Supported", "versions 1.0 and 1.1 are spoken"},
}

// reply queues a whole constant reply.
func (t *Talk) reply(constant []byte) {
	t.begin()
	t.write(constant)
}

// begin notes that a new reply starts where the output ends.
func (t *Talk) begin() {
	t.end()
	t.replies++
}

// end notes where the last reply ends, if there is one and it is not noted yet.
func (t *Talk) end() {
	if t.replies == 0 {
		return
	}
	if t.own(); len(t.buf.ends) < t.replies {
		t.buf.ends = append(t.buf.ends, len(t.out))
	}
}

// write appends a constant: the first one goes out as it is.
func (t *Talk) write(constant []byte) {
	if len(t.out) == 0 {
		t.out = constant
		return
	}
	t.own()
	t.out = append(t.out, constant...)
}

// own moves the output to a buffer that can be appended to.
func (t *Talk) own() {
	if t.buf == nil {
		t.buf = buffers.Get().(*buffer)
		t.out = append(t.buf.bytes, t.out...)
	}
}

// hello answers a request that succeeded.
func (t *Talk) hello() {
	switch {
	case t.phase == phaseLines:
		t.reply(helloBody)
	case t.req.head && t.req.old && !t.closing:
		t.reply(helloKept[:len(helloKept)-len(helloBody)])
	case t.req.head:
		t.reply(helloHead)
	case t.req.old && !t.closing:
		t.reply(helloKept)
	default:
		t.reply(helloReply)
	}
}

const octetStream = "application/octet-stream"

// content answers with n bytes of a content type: those of body or, if body is nil, of the pattern.
func (t *Talk) content(kind string, n int, body []byte) {
	t.begin()
	t.own()
	t.out = append(t.out, "HTTP/1.1 200 OK\r\nContent-Length: "...)
	t.out = strconv.AppendInt(t.out, int64(n), 10)
	t.out = append(t.out, "\r\nContent-Type: "...)
	t.out = append(t.out, kind...)
	t.headerEnd()
	if !t.req.head {
		t.body, t.off, t.left = body, 0, n
	}
}

// moved redirects to the rest of the path.
func (t *Talk) moved(rest []byte) {
	t.begin()
	t.own()
	t.out = append(t.out, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /"...)
	t.out = append(t.out, rest...)
	t.headerEnd()
}

// headerEnd ends the last header of a reply and its head.
func (t *Talk) headerEnd() {
	if t.req.old && !t.closing {
		t.out = append(t.out, "\r\nConnection: keep-alive"...)
	}
	t.out = append(t.out, "\r\n\r\n"...)
}

// fail answers with a status of failures.
func (t *Talk) fail(status int) {
	f := failures[status]
	t.begin()
	t.own()
	t.out = fmt.Appendf(t.out, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n", status, f[0], len(f[1])+1)
	switch {
	case status == 405 && t.req.route.method == methodPost:
		t.out = append(t.out, "Allow: POST\r\n"...)
	case status == 405:
		t.out = append(t.out, "Allow: GET, HEAD\r\n"...)
	}
	if t.closing {
		t.out = append(t.out, "Connection: close\r\n"...)
	} else if t.req.old {
		t.out = append(t.out, "Connection: keep-alive\r\n"...)
	}
	t.out = append(t.out, "\r\n"...)
	if !t.req.head {
		t.out = append(append(t.out, f[1]...), '\n')
	}
}

// refuse ends the conversation with an error reply: it is no longer known where the next request begins.
func (t *Talk) refuse(status int) {
	if t.closing = true; t.phase == phaseRequest {
		t.req = request{} // the new request is not parsed yet: t.req is still the previous one
	}
	t.fail(status)
}
