package wire

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
)

func seed(f *testing.F, add func(in []byte)) {
	for _, c := range conversations {
		add([]byte(c.in))
	}
}

// FuzzTalk checks that the replies do not depend on how input and sends are split; play checks the contract.
func FuzzTalk(f *testing.F) {
	seed(f, func(in []byte) { f.Add(in, uint64(len(in))) })
	f.Fuzz(func(t *testing.T, in []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		want := play(t, &Book{}, split(in), whole, skipped)
		for how, p := range map[string]played{
			"byte by byte": play(t, &Book{}, single(in), whole, skipped),
			"at random":    play(t, &Book{}, random(rng, in), shorts(rng), skipped),
		} {
			n := min(len(p.out), len(want.out))
			if want.cut && p.cut && bytes.Equal(p.out[:n], want.out[:n]) {
				continue
			}
			if p.cut != want.cut || !bytes.Equal(p.out, want.out) || p.early != want.early || p.counts != want.counts || p.slept != want.slept || p.works != want.works {
				t.Fatalf("%q\n%s: %+v\nwhole: %+v", in, how, p, want)
			}
		}
	})
}

// FuzzReadRequest compares with net/http.
func FuzzReadRequest(f *testing.F) {
	seed(f, func(in []byte) { f.Add(in) })
	f.Fuzz(func(t *testing.T, in []byte) { agree(t, in) })
}

// agree compares requests with net/http. A request that a talk accepts, net/http accepts too, and it ends at the same byte. Where net/http has a
// whole request, the talk does not wait for more.
func agree(t *testing.T, in []byte) {
	t.Helper()
	talk := (&Book{}).Open()
	for rest := in; len(rest) > 0; {
		n, accepted, body := message(talk, rest)
		if talk.phase == phaseLines || talk.phase == phaseStart {
			return
		}
		// RFC 9112 section 2.2 lets a server skip this; net/http does so outside ReadRequest.
		ask := bytes.TrimPrefix(rest, []byte("\r\n"))
		r := bytes.NewReader(ask)
		br := bufio.NewReaderSize(r, 64<<10)
		req, err := http.ReadRequest(br)
		var content []byte
		if err == nil {
			content, err = io.ReadAll(req.Body)
		}
		end := len(rest) - br.Buffered() - r.Len()
		if !accepted {
			if err == nil && talk.Next() == Read && n >= end {
				t.Fatalf("%q: whole after %d bytes for net/http, not after %d here", rest, end, n)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: accepted, but net/http says %v", rest[:n], err)
		}
		if n != end {
			t.Fatalf("%q: ends after %d bytes, for net/http after %d", rest, n, end)
		}
		if talk.req.route.act == actEcho && talk.req.method == methodPost && !bytes.Equal(body, content) {
			t.Fatalf("%q: body %q, for net/http %q", rest[:n], body, content)
		}
		known := req.Method == "GET" && talk.req.method == methodGet || req.Method == "POST" && talk.req.method == methodPost || talk.req.method == methodOther
		if !known || (req.Method == "HEAD") != talk.req.head {
			t.Fatalf("%q: another method for net/http: %s", rest[:n], req.Method)
		}
		if req.Close != talk.closing {
			t.Fatalf("%q: closes is %v, for net/http %v", rest[:n], talk.closing, req.Close)
		}
		if rest = rest[n:]; talk.closing {
			return
		}
		drain(talk)
	}
}

// message feeds a talk byte by byte until it has a whole request, and does not send the reply. n is how many bytes it fed.
func message(talk *Talk, in []byte) (n int, accepted bool, body []byte) {
	for n < len(in) {
		talk.Feed(in[n : n+1])
		n++
		if talk.replies == 0 && talk.Next() == Write { // 100 Continue
			talk.Sent(len(talk.Out()))
		}
		if talk.Next() != Read {
			return n, talk.phase == phaseRequest && talk.req.route != nil, talk.body
		}
	}
	return n, false, nil
}

// drain lets a talk go on until it reads again or closes. It does not wait for sleeps, and skips work.
func drain(talk *Talk) {
	for {
		switch talk.Next() {
		case Write:
			talk.Sent(len(talk.Out()))
		case Sleep:
			talk.Woke()
		case Work:
			skipped(talk)
		default:
			return
		}
	}
}
