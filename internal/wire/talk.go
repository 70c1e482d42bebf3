// Package wire is the server's side of a conversation, without I/O: it finds the requests in the input, parses them and replies.
//
// A Talk is one connection's conversation. It does no I/O and never waits. Next returns what must happen before the talk can go on, and a
// server model decides how to wait for that. So all models share the conversation, and each adds only its own way to wait. A model is
// a function Serve(ln int, open func() *wire.Talk) error. It calls open, which is Book.Open, for each connection that it accepts from the
// listening socket ln, and carries out what the talk wants:
//
//	switch talk.Next() {
//	case wire.Read:  // read from the socket into p, then talk.Feed(p[:n])
//	case wire.Write: // write talk.Out() to the socket, then talk.Sent(n)
//	case wire.Sleep: // wait for talk.Pause(), then talk.Woke()
//	case wire.Work:  // talk.Work()
//	case wire.Close: // sock.Bye(fd)
//	}
//
// # The contract
//
//   - Next changes nothing: call it as often as needed.
//   - Feed is called only while Next returns Read. It does not keep its argument: it answers the complete requests and copies only an
//     unfinished rest, in linear time however the input is split. A talk with nothing pending holds at most 256 bytes of buffer, so
//     an idle connection costs little.
//   - What Out returns neither moves nor changes until Sent; between the two only Next is called. So it may be handed
//     to the kernel without copying. A request counts as served when the last byte of its reply was sent.
//   - Parsing stops at 16 KiB of pending output: a peer that sends requests without reading the replies is not read from.
//   - A loop gives each connection turns, so that none of them starves the others. Turn begins a turn. Over reports its end: after one
//     read of at most sock.ReadBytes, after sock.TurnBytes written, or after one Work. A talk that could go on then waits
//     behind the others: the loop watches its descriptor, which is still ready, or, if the talk wants Work, sets a timer for Pause, one
//     nanosecond.
//   - A descriptor is watched for exactly what Next wants (Want.Events): Read is readable, Write is writable, Sleep and Work are
//     nothing. If the kernel reports a hang-up or an error while nothing is watched for, the model closes the connection. A
//     level-triggered loop that watched for input during a Sleep would spin on unread input or on a reset.
//   - A loop calls Work on its own thread, and all its clients wait meanwhile: that is its lesson. An executor calls Work on another
//     thread; until it returns, no other method of the talk is called.
//   - At the end of input the talk answers the complete requests that it has, then wants Close. It does not answer an unterminated last
//     line, nor a request that was cut short. On a read error the model closes the connection at once.
//   - When a wait for the peer has taken as long as Pause allows, the model calls Late, which ends the talk only if the peer is idle.
//   - A model closes with sock.Bye where Next returns Close: a plain close may lose the last reply.
//   - When ln is shut down, Serve returns and no connection stays open, answered or not. A loop closes its own; those
//     that a thread or a goroutine holds end with the process, half a second later at most.
//
// # The protocols
//
// One port speaks two protocols. A connection whose first line contains " HTTP/", or is 8 KiB long without a newline, speaks HTTP. Any
// other speaks lines: each line, an empty one too, is answered with "Hello world\n". One CRLF before the first line is skipped.
//
// HTTP is a strict subset of HTTP/1.1 (RFC 9112). The right column is the reply to a request outside of it; after a reply marked * the
// connection is closed, since it is not known where the next request would begin.
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
// A connection stays open unless a request has "Connection: close", or is HTTP/1.0 without "Connection: keep-alive".
//
// The endpoints, where D is a duration such as 10ms, up to one minute:
//
//	GET /           "Hello world\n", the hello reply
//	GET /bytes/N    N bytes, up to 1 GiB
//	GET /image/K    the K-th of ten PNG images, from 0
//	GET /moved/PATH a redirect (302) to /PATH
//	POST /echo      the request's body
//	GET /sleep/D    hello after D, for which the connection waits (Sleep)
//	GET /block/D    hello after the thread has slept for D (Work)
//	GET /spin/D     hello after D of processor time (Work)
//	GET /store/N    hello after N bytes, up to 64 MiB, were written to a file and synced (Work)
package wire

import (
	"sync"
	"sync/atomic"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
)

// Want is what must happen before a talk can go on.
type Want uint8

const (
	Read  Want = iota // read from the socket and call Feed
	Write             // write what Out returns and call Sent
	Sleep             // wait for Pause and call Woke, or Late
	Work              // call Work, which blocks its thread
	Close             // close the socket with sock.Bye
)

// Events returns what to watch a descriptor for while its talk wants w: sock.Readable, sock.Writable or 0.
func (w Want) Events() uint32 {
	switch w {
	case Read:
		return sock.Readable
	case Write:
		return sock.Writable
	}
	return 0
}

// Book counts the connections, requests and bytes of all talks that it opened.
type Book struct {
	Connections atomic.Int64
	Requests    atomic.Int64 // replies whose last byte was sent
	Bytes       atomic.Int64 // reply bytes sent

	Idle time.Duration // longest wait for a peer, 0: no limit; set it before the first Open
}

// Open returns the talk of a new connection, and counts it.
func (b *Book) Open() *Talk {
	number := b.Connections.Add(1)
	return &Talk{book: b, client: story.NewClient(number)}
}

const (
	maxPending = 16 << 10 // pending output at which parsing stops
	maxPiece   = 64 << 10 // most that Out returns of a body
	keepBytes  = 256      // most buffer an idle talk keeps
)

// Talk is one connection's conversation. Its methods are not safe for concurrent use.
type Talk struct {
	book *Book

	in      []byte // unfinished rest of the input, from at on
	at      int
	scanned int // bytes of the rest known to hold no newline
	phase   phase
	req     request

	out  []byte  // replies composed and not yet drained: a constant, or buf's bytes
	buf  *buffer // where more than one constant is composed
	sent int     // of out
	body []byte  // follows out, from off on; nil stands for the bytes of /bytes/N
	off  int
	left int

	unsent  int // bytes that the peer had not acknowledged at the last Late; 0 if more was sent since
	replies int // replies that end in out or, the last one, in the body
	act     act // what the last request does before it is answered
	closing bool
	cut     bool // close without sending what is pending
	turn    turn

	client *story.Client // nil unless there is a story
}

// turn is what a talk has done in its turn.
type turn struct {
	sent        int32 // bytes
	fed, worked bool
}

// buffer is an output buffer, with the ends of its replies; the last one's may be missing.
type buffer struct {
	bytes []byte
	ends  []int
}

var buffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, maxPending+1024)} }}

// Next returns what must happen before the talk can go on. It changes nothing.
func (t *Talk) Next() Want {
	switch {
	case t.cut:
		return Close
	case t.sent < len(t.out) || t.left > 0:
		return Write
	case t.act == actSleep:
		return Sleep
	case t.act != actNone:
		return Work
	case t.closing:
		return Close
	}
	return Read
}

// Turn begins a turn of this connection in a loop.
func (t *Talk) Turn() { t.turn = turn{} }

// Over reports whether the turn is over: the talk wants to read after one Feed, to write after sock.TurnBytes sent, or to work after
// one Work.
func (t *Talk) Over() bool {
	switch t.Next() {
	case Read:
		return t.turn.fed
	case Write:
		return t.turn.sent >= sock.TurnBytes
	case Work:
		return t.turn.worked
	}
	return false
}

// Feed parses bytes from the peer and answers the complete requests among them. An empty p is the end of input. Feed does not keep p.
func (t *Talk) Feed(p []byte) {
	t.turn.fed = true
	t.client.Reads(len(p))
	if len(p) == 0 {
		t.closing = true
		return
	}
	if len(t.in) > t.at {
		t.in = append(t.in, p...)
		t.resume()
		return
	}
	n := t.consume(p)
	t.in, t.at = append(t.in[:0], p[n:]...), 0
}

// resume parses the input that was kept.
func (t *Talk) resume() {
	if t.at += t.consume(t.in[t.at:]); t.at == len(t.in) {
		t.in, t.at = t.in[:0], 0
		if cap(t.in) > keepBytes {
			t.in = nil
		}
	} else if t.at > len(t.in)/2 {
		t.in, t.at = append(t.in[:0], t.in[t.at:]...), 0
	}
}

// consume answers what it can of p and returns how many bytes that took.
func (t *Talk) consume(p []byte) (n int) {
	for n < len(p) && t.act == actNone && t.left == 0 && !t.closing && len(t.out) < maxPending {
		k := t.step(p[n:])
		if k == 0 {
			break
		}
		n += k
	}
	return n
}

// Out returns the reply bytes to send now: all replies that are composed, or up to 64 KiB of a large body.
func (t *Talk) Out() []byte {
	if t.sent < len(t.out) {
		return t.out[t.sent:]
	}
	if n := min(t.left, maxPiece); t.body != nil {
		return t.body[t.off : t.off+n]
	} else {
		return pattern[t.off%64:][:n]
	}
}

// Sent notes that the kernel took the first n bytes of Out.
func (t *Talk) Sent(n int) {
	t.book.Bytes.Add(int64(n))
	t.turn.sent += int32(n)
	if t.sent < len(t.out) {
		t.sent += n
	} else {
		t.off += n
		t.left -= n
	}
	if n > 0 {
		t.unsent = 0
	}
	served := t.replies
	if t.sent < len(t.out) || t.left > 0 {
		if served = 0; t.buf != nil {
			for served < len(t.buf.ends) && t.buf.ends[served] <= t.sent {
				served++
			}
			t.buf.ends = t.buf.ends[:copy(t.buf.ends, t.buf.ends[served:])]
		}
	}
	if served > 0 {
		t.replies -= served
		t.book.Requests.Add(int64(served))
	}
	done := t.sent == len(t.out) && t.left == 0
	t.client.Sends(n, done)
	if done {
		t.drained()
	}
}

// drained gives the buffers back and parses the input that waited until all output was sent.
func (t *Talk) drained() {
	if t.buf != nil {
		t.buf.bytes, t.buf.ends = t.out[:0], t.buf.ends[:0]
		buffers.Put(t.buf)
		t.buf = nil
	}
	t.out, t.sent, t.body, t.off = nil, 0, nil, 0
	if len(t.in) > t.at {
		t.resume()
	}
}

// Pause returns how long to wait: for Sleep the time to sleep; for Read and Write the longest wait for the peer (0: no limit); for Work one
// nanosecond, since the talk waits only for the turns of other connections.
func (t *Talk) Pause() time.Duration {
	switch t.Next() {
	case Sleep:
		return time.Duration(t.req.arg)
	case Work:
		return 1
	}
	return t.book.Idle
}

// Late is called when a wait on the socket fd has taken as long as Pause allows. For Sleep it does what Woke does. For Read and Write it ends the
// talk if the peer is idle. A peer is not idle if it has acknowledged bytes since the last Late, or if what the talk waits for has come and this
// process only had no processor to see it. For Work Late does nothing.
func (t *Talk) Late(fd int) {
	want := t.Next()
	if want == Work || want == Read && sock.HasInput(fd) || want == Write && sock.AllAcked(fd) {
		return
	}
	if want == Sleep || !sock.AckProgress(fd, &t.unsent) {
		t.Woke()
	} else {
		t.client.Say("still takes what it was sent")
	}
}

// Woke ends a wait that has taken as long as Pause allows. After Sleep, Next returns Write, for the reply; after any other wait, Close.
func (t *Talk) Woke() {
	if t.Next() == Sleep {
		t.act = actNone
		t.hello()
		return
	}
	t.client.Say("has let the server wait too long")
	t.cut = true
}

// Work runs the blocking part of a request (/block, /spin, /store) on the calling thread.
func (t *Talk) Work() {
	t.turn.worked = true
	done := t.client.Works()
	failed := t.act.work(t.req.arg)
	done()
	t.act = actNone
	if failed != nil {
		t.fail(500)
		return
	}
	t.hello()
}
