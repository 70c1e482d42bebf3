package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// played is a conversation that play has played: what the talk sent, and how it ended.
type played struct {
	out    []byte
	early  bool  // the talk closed before the peer had finished sending
	counts int64 // Book.Requests
	slept  time.Duration
	works  int
	cut    bool // play stopped because there was enough output
}

// enough is the output after which play stops: /bytes may ask for a gigabyte.
const enough = 4 << 20

// play drives a talk as a model does. It feeds one piece whenever the talk reads, then the end of input, and sends short(n) of the n bytes of each
// Out. It checks the contract on the way, and overwrites each piece after Feed, since Feed must not keep it.
func play(t testing.TB, book *Book, pieces [][]byte, short func(n int) int, work func(*Talk)) (p played) {
	t.Helper()
	talk := book.Open()
	ended := false
	var buf, before []byte
	budget := 16
	for _, piece := range pieces {
		budget += 4*len(piece) + 16
	}
	for {
		if budget--; budget < 0 {
			t.Fatalf("no end in sight: next is %d", talk.Next())
		}
		want := talk.Next()
		if again := talk.Next(); again != want {
			t.Fatalf("Next says %d, then %d", want, again)
		}
		switch want {
		case Read:
			idle(t, talk)
			if ended {
				t.Fatal("reads after the end of input")
			}
			if len(pieces) == 0 {
				ended = true
				talk.Feed(nil)
				continue
			}
			buf = append(buf[:0], pieces[0]...)
			pieces = pieces[1:]
			talk.Feed(buf)
			for i := range buf {
				buf[i] = '#'
			}
		case Write:
			out := talk.Out()
			if len(out) == 0 || len(out) > maxPiece || len(talk.out) > maxPending+maxLine {
				t.Fatalf("Out has %d bytes, %d are composed", len(out), len(talk.out))
			}
			n := short(len(out))
			before = append(before[:0], out[:n]...)
			talk.Next()
			if !bytes.Equal(out[:n], before) {
				t.Fatal("Out changed before Sent")
			}
			p.out = append(p.out, out[:n]...)
			talk.Sent(n)
			budget += n
			if len(p.out) > enough {
				p.cut = true
				return p
			}
		case Sleep:
			p.slept += talk.Pause()
			talk.Woke()
		case Work:
			p.works++
			work(talk)
		case Close:
			p.early = !ended
			p.counts = book.Requests.Load()
			if got := book.Bytes.Load(); got != int64(len(p.out)) {
				t.Fatalf("Bytes is %d, sent were %d", got, len(p.out))
			}
			return p
		}
	}
}

// idle checks that a talk holds next to nothing while nothing is pending, and a bounded rest otherwise.
func idle(t testing.TB, talk *Talk) {
	t.Helper()
	if talk.out != nil || talk.buf != nil || talk.body != nil || talk.replies != 0 {
		t.Fatal("output is held while reading")
	}
	rest := len(talk.in) - talk.at
	if between := talk.phase == phaseStart || talk.phase == phaseLines || talk.phase == phaseRequest; between && rest == 0 {
		if held := cap(talk.in) + cap(talk.req.body); held > keepBytes {
			t.Fatalf("an idle talk holds %d bytes", held)
		}
	}
	if rest > maxHead {
		t.Fatalf("an unfinished line of %d bytes is kept", rest)
	}
}

func whole(n int) int { return n }

// inPlace does a talk's work as the loops do.
func inPlace(t *Talk) { t.Work() }

// skipped replies without doing the work.
func skipped(t *Talk) {
	t.act = actNone
	t.hello()
}

// split cuts input at the given offsets.
func split(in []byte, at ...int) (pieces [][]byte) {
	last := 0
	for _, i := range append(at, len(in)) {
		if i > last {
			pieces = append(pieces, in[last:i])
			last = i
		}
	}
	return pieces
}

// single cuts input into its bytes.
func single(in []byte) (pieces [][]byte) {
	for i := range in {
		pieces = append(pieces, in[i:i+1])
	}
	return pieces
}

// random cuts input into pieces, most of them small.
func random(rng *rand.Rand, in []byte) (pieces [][]byte) {
	for len(in) > 0 {
		n := min(len(in), 1+rng.IntN(1<<rng.IntN(15)))
		pieces = append(pieces, in[:n])
		in = in[n:]
	}
	return pieces
}

// shorts returns a short for play that mostly sends less than there is.
func shorts(rng *rand.Rand) func(int) int {
	return func(n int) int { return min(n, 1+rng.IntN(1<<rng.IntN(17))) }
}
