// Package wire is the server's side of the conversation, without I/O: framing, parsing, replying.
//
// A Talk never reads, writes or waits. It only says what it waits for, and a model decides how to wait; so everything
// that is not the model is shared, and nothing that is the model is. The contract:
//
//   - Next says what must happen before the talk can go on; calling it twice is harmless.
//   - Feed is called only while Next says Read. What it is given belongs to the caller again when it returns: it
//     answers what it can and copies only an unfinished rest, in linear time however the input is split. A talk with
//     nothing pending holds at most 256 bytes of buffer, so an idle connection costs little.
//   - What Out returns neither moves nor changes until Sent; between the two only Next is called. So it may be handed
//     to the kernel without copying. A request counts as served when its last reply byte was Sent.
//   - Parsing stops at 16 KiB of pending output, so a peer that asks without reading is not read from.
//   - A turn of a loop, begun by Turn, is Over after one read of sock.ReadBytes, sock.TurnBytes written, or one Work. A
//     talk that could go on then queues behind the others: it waits as if it had to, for its descriptor, which is ready
//     already, or, when it wants Work, for Pause, which is over at once.
//   - Interest is exactly what Next wants (Want.Events): Read is readable, Write is writable, Sleep and Work are nothing. A
//     hang-up or an error with nothing wanted closes; a level-triggered loop that kept read interest through a Sleep would
//     spin on unread input or a reset.
//   - Loops call Work in place, which is their lesson; an executor calls it elsewhere, and until it returns nothing
//     else of the talk is called.
//   - End of input: complete requests already received are answered, then Close; an unterminated last line or a
//     request cut short is not answered. A read error closes.
//   - A wait for the peer that has taken as long as Pause allows is reported by Late, which ends the talk only of a peer
//     that has taken nothing either.
//   - After an error reply close with sock.Bye: a plain close may lose the reply.
//   - When the listening socket is shut down, Serve returns, and no connection outlives it, answered or not: a loop closes
//     those that are open; those of threads and goroutines end with the process, half a second later at most.
//
// One port speaks two protocols. A first line that contains " HTTP/", or 8 KiB without a newline, is HTTP; all else
// is lines, each answered with "Hello world\n" (one leading CRLF is skipped, an empty line is a line). HTTP/1.1 is
// spoken as a strict subset of RFC 9112: see http.go.
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
	Read  Want = iota // Feed it what the peer sends
	Write             // send what Out returns
	Sleep             // call Woke, or Late, after Pause
	Work              // call Work, which blocks its thread
	Close             // say goodbye (sock.Bye)
)

// Events returns what a poller watches the descriptor of a talk for that wants w.
func (w Want) Events() uint32 {
	switch w {
	case Read:
		return sock.Readable
	case Write:
		return sock.Writable
	}
	return 0
}

// Book counts, over all the talks it opened.
type Book struct {
	Connections atomic.Int64
	Requests    atomic.Int64 // replies whose last byte was sent
	Bytes       atomic.Int64 // reply bytes sent

	Idle time.Duration // longest wait for the peer, 0 for ever; set before the first Open
}

// Open begins a conversation with a peer that has just connected.
func (b *Book) Open() *Talk {
	number := b.Connections.Add(1)
	return &Talk{book: b, client: story.NewClient(number)}
}

const (
	maxPending = 16 << 10 // pending output at which parsing stops
	maxPiece   = 64 << 10 // most that Out returns of a body
	keepBytes  = 256      // most buffer an idle talk keeps
)

// Talk is one connection's conversation; its methods are called by one thread at a time.
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

	unsent  int // bytes of it that the kernel held when a wait was last too long; 0 when more was sent since
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

// Next returns what must happen before the talk can go on. To call it twice is harmless.
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

// Turn begins a turn. See Over.
func (t *Talk) Turn() { t.turn = turn{} }

// Over reports whether the turn that Turn began is over: the talk wants more than its share.
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

// Feed takes bytes from the peer; none at the end of input.
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

// resume goes on with input that was kept.
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

// Out returns reply bytes to send now, at most 64 KiB of a body at a time.
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

// drained gives the buffers back and looks at input that had to wait for them.
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

// Pause returns a time: how long to sleep when Next returns Sleep; the longest wait (0: for ever) when it returns Read or Write; for Work
// the shortest there is.
func (t *Talk) Pause() time.Duration {
	switch t.Next() {
	case Sleep:
		return time.Duration(t.req.arg)
	case Work:
		return 1
	}
	return t.book.Idle
}

// Late ends a wait on the socket fd that took as long as Pause allows. It does what Woke does, unless the talk wants Work or the peer was
// not idle: it still takes what it was sent, however slowly, or it did its part while this process had no processor to see it.
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

// Woke notes that a wait took as long as Pause allows: a sleeper's reply follows, any other talk ends.
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
