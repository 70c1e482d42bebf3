package client

import (
	"bytes"
	"hash"

	"carousel/loadgen/record"
)

const (
	// MaxRead is the most bytes that may be fed at once.
	MaxRead = 64 << 10
	// maxHead is the longest head, and the longest line, in bytes.
	maxHead = 64 << 10
	// MaxBody is the largest body that is saved, in bytes.
	MaxBody = 16 << 20
	// maxInterim is the most 1xx replies before a reply.
	maxInterim = 100
)

// ReplyCache is what one worker caches of the replies to a request: the last good head, so that a next one with the same bytes needs no parsing, and
// the location of the last redirect. Its zero value is ready.
type ReplyCache struct {
	head     []byte
	framed   head
	location string // of the last redirect
}

// Reply checks the replies of one connection, one after another. Use Request.Reply to make one. A reply may come in pieces of any size. Only an
// incomplete head is buffered, so that a connection takes little cache, and a reply that comes whole costs no allocation.
type Reply struct {
	request *Request
	cache   *ReplyCache

	part    step
	class   record.Class
	keep    bool   // the connection may be used again
	fits    bool   // the body is as demanded so far
	matched int    // bytes of the demanded phrase that match
	framed  head   // the parsed head
	seen    int64  // body bytes so far
	left    int64  // bytes left of the body or the chunk; negative: it ends with the connection
	head    []byte // an incomplete head
	interim int    // 1xx replies so far
	chunk   chunk

	takes    bool // the body is hashed or saved
	moved    bool // a redirect to follow
	location string
	body     []byte // kept to be saved
	hash     hash.Hash
	sum      digest
}

// step is the part of a reply that comes next.
type step uint8

const (
	fresh step = iota // nothing of the reply has come
	inHead
	inBody
	inChunks
	inLine
	done
)

// Reply returns the check of one connection's replies to q. m is one worker's cache for q.
func (q *Request) Reply(m *ReplyCache) Reply { return Reply{request: q, cache: m} }

// Reset drops an incomplete reply, for a new connection.
func (r *Reply) Reset() {
	*r = Reply{request: r.request, cache: r.cache, head: r.head[:0], body: r.body[:0], hash: r.hash}
}

// SetRequest sets the request to which the next reply is.
func (r *Reply) SetRequest(a *CachedRequest) { r.request, r.cache = a.Request, &a.Replies }

// begun reports whether a part of a reply has come, but not all.
func (r *Reply) begun() bool { return r.part != fresh && r.part != done }

// Status returns the status of the latest head.
func (r *Reply) Status() int { return r.framed.status }

// Received returns how many bytes of the body have come.
func (r *Reply) Received() int64 { return r.seen }

// Class returns the class of a complete reply: record.OK or an error.
func (r *Reply) Class() record.Class { return r.class }

// Keep reports whether another request may follow on the connection.
func (r *Reply) Keep() bool { return r.keep }

// Moved reports whether the complete reply is a redirect to follow, with its status and Location.
func (r *Reply) Moved() (status int, location string, is bool) {
	return r.framed.status, r.location, r.moved && r.class == record.OK
}

// Body returns the body of a good reply, if the load saves bodies, and its media type. The caller may keep the body if it calls Lend with another
// buffer.
func (r *Reply) Body() (body []byte, kind string) { return r.body, r.framed.kind }

// Lend sets the buffer for the next body.
func (r *Reply) Lend(buffer []byte) { r.body = buffer }

// Feed takes bytes from the peer, at most MaxRead, and reports whether the reply is complete; see Class and Keep. Bytes after a complete reply are not
// part of any: they make it a record.BodyLength error. The next Feed begins the next reply.
func (r *Reply) Feed(p []byte) bool {
	rest, whole := r.Take(p)
	r.Surplus(rest)
	return whole
}

// Surplus takes bytes that followed a complete reply and belong to no other: they make it a record.BodyLength error.
func (r *Reply) Surplus(p []byte) {
	if len(p) == 0 {
		return
	}
	if r.keep = false; r.class == record.OK {
		r.class = record.BodyLength
	}
}

// Take is Feed for a connection on which other replies may follow: it returns the bytes after a complete reply.
func (r *Reply) Take(p []byte) (rest []byte, whole bool) {
	if r.part == done {
		r.part = fresh
	}
	if r.part == fresh {
		r.class, r.keep, r.fits, r.matched, r.takes, r.moved, r.seen, r.interim = record.OK, true, true, 0, false, false, 0, 0
	}
	if r.part == fresh {
		switch m := r.cache; {
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

// End takes the end of the connection, and reports whether it completes a reply that had begun. One without a length is complete; any other becomes a
// record.ReadEOF error.
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

// fail completes a reply with an error after which the connection cannot be used.
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
			r.moved, r.location = true, r.cache.redirectTo(field(text[:n], "location"))
		}
		if ok && framed.status >= 200 {
			r.cache.remember(text[:n], framed)
		}
		r.head = r.head[:0]
		if direct {
			p = p[n:]
		}
		if ok && framed.status < 200 {
			if r.interim++; framed.status == 101 || r.interim > maxInterim {
				ok = false // no request has an Upgrade
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

// collect appends p to an incomplete head, line by line, up to the end of the head: what follows may be many replies, which must not be buffered. It
// returns what follows, and the length of the head, or 0 if it is not complete.
func (r *Reply) collect(p []byte) (rest []byte, n int) {
	for n == 0 && len(p) > 0 && len(r.head) <= maxHead {
		line := p[:min(len(p), maxHead+1-len(r.head))]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end+1]
		}
		from := max(0, len(r.head)-3) // the end of the head may have begun in the last bytes
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

// redirectTo returns location as a string. It allocates only if the location differs from the last one.
func (m *ReplyCache) redirectTo(location []byte) string {
	if string(location) != m.location {
		m.location = string(location)
	}
	return m.location
}

// frame determines from the head how the body ends.
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

// check checks a piece of the body, and hashes or keeps it as needed.
func (r *Reply) check(p []byte) {
	if want := r.request.want; want != nil {
		if r.fits = r.fits && want.fits(p, r.seen); want.contains != nil {
			r.matched = want.contains.seek(p, r.matched)
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

// finish completes a reply and sets its class.
func (r *Reply) finish() {
	if r.part = done; r.takes && r.class == record.OK {
		r.class = r.taken()
	}
	r.keep = r.keep && !r.request.last
	if want := r.request.want; r.class == record.OK && want != nil && !r.moved && (!want.ours || r.request.line || r.framed.status == 200) {
		r.class = want.judge(r.seen, r.fits, r.matched)
	}
}
