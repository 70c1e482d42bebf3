package client

import (
	"bytes"
	"hash"

	"carousel/loadgen/record"
)

const (
	// MaxRead is the most that may be fed at once.
	MaxRead = 64 << 10
	// maxHead bounds a reply's head, and a line.
	maxHead = 64 << 10
	// MaxBody is the largest body that is kept to be saved.
	MaxBody = 16 << 20
	// maxInterim bounds the 1xx replies before a reply.
	maxInterim = 100
)

// ReplyCache is what one worker remembers of the replies to a request: the last good head, byte for byte, so that the next one that starts
// the same needs no parsing, and where the last redirect pointed. Its zero value is ready.
type ReplyCache struct {
	head     []byte
	framed   head
	location string // of the last redirect
}

// Reply checks the replies of one connection, one after another; its zero value is not ready, see Request.Reply.
// A reply may come in pieces of any size. A finished part of a head is kept, nothing else is, so that a connection costs
// little and a reply that comes whole costs no allocation.
type Reply struct {
	request *Request
	memory  *ReplyCache

	part    step
	class   record.Class
	keep    bool // the connection may be used again
	fits    bool // the body is what is demanded so far
	said    int  // so much of the phrase that it must contain
	framed  head
	seen    int64  // body bytes so far
	left    int64  // of the body or of the chunk; negative: until the end of input
	head    []byte // a head that is not complete
	interim int
	chunk   chunk

	takes    bool // the body is of use beyond being compared: it is hashed or kept
	moved    bool // a redirect that is to be followed
	location string
	body     []byte // where the load saves
	hash     hash.Hash
	sum      digest
}

// step is what part of a reply is awaited.
type step uint8

const (
	fresh step = iota // nothing of the reply has come
	inHead
	inBody
	inChunks
	inLine
	done
)

// Reply prepares the check of one connection's replies.
func (q *Request) Reply(m *ReplyCache) Reply { return Reply{request: q, memory: m} }

// Reset forgets an unfinished reply: the connection is a new one.
func (r *Reply) Reset() {
	*r = Reply{request: r.request, memory: r.memory, head: r.head[:0], body: r.body[:0], hash: r.hash}
}

// SetRequest says whose reply comes next.
func (r *Reply) SetRequest(a *CachedRequest) { r.request, r.memory = a.Request, &a.Replies }

// begun reports whether something of a reply has come that is not complete.
func (r *Reply) begun() bool { return r.part != fresh && r.part != done }

// Status is that of the latest head.
func (r *Reply) Status() int { return r.framed.status }

// Received is how many bytes of its body have come.
func (r *Reply) Received() int64 { return r.seen }

// Class is what became of a reply that is complete.
func (r *Reply) Class() record.Class { return r.class }

// Keep reports whether another request may follow on the connection.
func (r *Reply) Keep() bool { return r.keep }

// Moved reports whether the reply is a redirect that is to be followed, and where to.
func (r *Reply) Moved() (status int, location string, is bool) {
	return r.framed.status, r.location, r.moved && r.class == record.OK
}

// Body is the body of a good reply, if the load saves, and its media type. It may be kept, if Lend gives another buffer.
func (r *Reply) Body() (body []byte, kind string) { return r.body, r.framed.kind }

// Lend gives the buffer in which the next body is kept.
func (r *Reply) Lend(buffer []byte) { r.body = buffer }

// Feed takes what the peer sent, at most MaxRead bytes, and reports whether the reply is complete; Class and Keep then
// tell the rest. What follows a complete reply nobody asked for: it makes the reply wrong. The next Feed begins the next reply.
func (r *Reply) Feed(p []byte) bool {
	rest, whole := r.Take(p)
	r.Surplus(rest)
	return whole
}

// Surplus notes what followed a complete reply that nobody asked for.
func (r *Reply) Surplus(p []byte) {
	if len(p) == 0 {
		return
	}
	if r.keep = false; r.class == record.OK {
		r.class = record.BodyLength
	}
}

// Take is Feed where other replies may follow: rest is what came after a complete reply.
func (r *Reply) Take(p []byte) (rest []byte, whole bool) {
	if r.part == done {
		r.part = fresh
	}
	if r.part == fresh {
		r.class, r.keep, r.fits, r.said, r.takes, r.moved, r.seen, r.interim = record.OK, true, true, 0, false, false, 0, 0
	}
	if r.part == fresh {
		switch m := r.memory; {
		case r.request.line:
			r.part = inLine
		case len(m.head) > 0 && len(p) >= len(m.head) && string(p[:len(m.head)]) == string(m.head):
			r.framed = m.framed
			r.frame()
			p = p[len(m.head):]
		default:
			r.part = inHead
		}
	}
	if r.part == inHead {
		if p = r.readHead(p); r.part == inHead || r.part == done {
			return nil, r.part == done
		}
	}
	switch r.part {
	case inBody:
		rest = r.readBody(p)
	case inChunks:
		rest = r.readChunks(p)
	case inLine:
		rest = r.readLine(p)
	}
	return rest, r.part == done
}

// End says that the peer has closed, and reports whether that completes a reply: one whose length is the end of the
// connection is complete, any other that had begun is cut short.
func (r *Reply) End() bool {
	if !r.begun() {
		return false
	}
	if r.part == inBody && r.left < 0 {
		r.finish()
		return true
	}
	r.fail(record.ReadEOF)
	return true
}

// fail ends a reply after which the connection is of no use.
func (r *Reply) fail(c record.Class) { r.class, r.keep, r.part = c, false, done }

// readHead collects a head until its empty line, parses it, and returns what follows.
func (r *Reply) readHead(p []byte) []byte {
	for {
		text, n := p, 0
		if len(r.head) == 0 {
			n = headEnd(p, 0)
		} else {
			p, n = r.collect(p)
			text = r.head
		}
		if n == 0 {
			if len(r.head) == 0 {
				r.head = append(r.head, p[:min(len(p), maxHead+1)]...)
			}
			if len(r.head) > maxHead {
				r.fail(record.Malformed)
			}
			return nil
		}
		if n > maxHead {
			r.fail(record.Malformed)
			return nil
		}
		direct := len(r.head) == 0
		framed, ok := parseHead(text[:n])
		if ok && r.request.spec.Save != "" {
			framed.kind = string(field(text[:n], "content-type"))
		}
		if ok && r.request.spec.MaxRedirects > 0 && leads(framed.status) {
			r.moved, r.location = true, r.memory.whither(field(text[:n], "location"))
		}
		if ok && framed.status >= 200 {
			r.memory.remember(text[:n], framed)
		}
		r.head = r.head[:0]
		if direct {
			p = p[n:]
		}
		if ok && framed.status < 200 {
			if r.interim++; framed.status == 101 || r.interim > maxInterim {
				ok = false // nobody asked to switch protocols
			} else if len(p) == 0 {
				return nil
			} else {
				continue
			}
		}
		if !ok {
			r.fail(record.Malformed)
			return nil
		}
		r.framed = framed
		r.frame()
		return p
	}
}

// collect adds to an unfinished head what p has of it, line by line: what follows may be many replies, for which no connection is to keep room.
// It returns what follows, and the length of the head, or 0 if it is not complete.
func (r *Reply) collect(p []byte) (rest []byte, n int) {
	for n == 0 && len(p) > 0 && len(r.head) <= maxHead {
		line := p[:min(len(p), maxHead+1-len(r.head))]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end+1]
		}
		from := max(0, len(r.head)-3) // the end may have begun
		r.head, p = append(r.head, line...), p[len(line):]
		n = headEnd(r.head, from)
	}
	return p, n
}

func (m *ReplyCache) remember(text []byte, framed head) {
	if framed.status < 300 && len(text) <= MaxRead/4 {
		m.head, m.framed = append(m.head[:0], text...), framed
	}
}

// whither is where a redirect points: as a rule where the one before did.
func (m *ReplyCache) whither(location []byte) string {
	if string(location) != m.location {
		m.location = string(location)
	}
	return m.location
}

// frame sets out what body follows the head.
func (r *Reply) frame() {
	if r.keep, r.class = r.framed.keep, record.OK; !r.moved {
		r.class = r.request.status(r.framed.status)
	}
	if r.hashed() || r.request.spec.Save != "" {
		r.prepare()
	}
	switch h := &r.framed; {
	case r.request.head || h.status == 204 || h.status == 304:
		r.part, r.left, r.takes = inBody, 0, false
	case h.chunked:
		r.part, r.chunk, r.left = inChunks, chunk{}, 0
	case h.length >= 0:
		r.part, r.left = inBody, h.length
	default:
		r.part, r.left, r.keep = inBody, -1, false
	}
}

// check takes a piece of the body.
func (r *Reply) check(p []byte) {
	if want := r.request.want; want != nil {
		if r.fits = r.fits && want.fits(p, r.seen); want.contains != nil {
			r.said = want.contains.seek(p, r.said)
		}
	}
	if r.seen += int64(len(p)); r.takes {
		r.take(p)
	}
}

func (r *Reply) readBody(p []byte) []byte {
	if r.left < 0 {
		r.check(p)
		return nil
	}
	n := int(min(r.left, int64(len(p))))
	r.check(p[:n])
	if r.left -= int64(n); r.left == 0 {
		r.finish()
	}
	return p[n:]
}

func (r *Reply) readLine(p []byte) []byte {
	n := bytes.IndexByte(p, '\n') + 1
	if n == 0 {
		if r.check(p); r.seen > maxHead {
			r.fail(record.Malformed)
		}
		return nil
	}
	r.check(p[:n])
	r.finish()
	return p[n:]
}

// finish judges a complete reply.
func (r *Reply) finish() {
	if r.part = done; r.takes && r.class == record.OK {
		r.class = r.taken()
	}
	r.keep = r.keep && !r.request.last
	if want := r.request.want; r.class == record.OK && want != nil && !r.moved && (!want.ours || r.request.line || r.framed.status == 200) {
		r.class = want.judge(r.seen, r.fits, r.said)
	}
}
