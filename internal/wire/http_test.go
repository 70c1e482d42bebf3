package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func check(t *testing.T, c conversation, how string, p played) {
	t.Helper()
	if want := strings.Join(c.want, ""); string(p.out) != want {
		t.Fatalf("%s: said\n%q\nwant\n%q", how, p.out, want)
	}
	if p.early != c.closed {
		t.Fatalf("%s: closed before the peer did is %v, want %v", how, p.early, c.closed)
	}
	replies := len(c.want)
	for _, w := range c.want {
		if w == goOn {
			replies--
		}
	}
	if p.counts != int64(replies) {
		t.Fatalf("%s: counted %d replies of %d", how, p.counts, replies)
	}
}

// TestConversations compares every reply byte for byte. The input comes whole, in two pieces at every split, byte by byte, and at random splits with
// short writes.
func TestConversations(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			in := []byte(c.in)
			check(t, c, "whole", play(t, &Book{}, split(in), whole, inPlace))
			check(t, c, "byte by byte", play(t, &Book{}, single(in), func(int) int { return 1 }, skipped))
			for i := 1; i < len(in); i++ {
				check(t, c, fmt.Sprintf("split at %d", i), play(t, &Book{}, split(in, i), whole, skipped))
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for range 20 {
				check(t, c, "at random", play(t, &Book{}, random(rng, in), shorts(rng), skipped))
			}
		})
	}
}

// TestEndOfInput ends every conversation after each of its bytes: a complete request gets a complete reply, any other gets none.
func TestEndOfInput(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			replies := 0
			for n := range len(c.in) + 1 {
				p := play(t, &Book{}, split([]byte(c.in[:n])), whole, skipped)
				for ; replies < len(c.want) && len(strings.Join(c.want[:replies], "")) < len(p.out); replies++ {
				}
				if want := strings.Join(c.want[:replies], ""); string(p.out) != want {
					t.Fatalf("after %d bytes of %q: said %q", n, c.in, p.out)
				}
			}
			if replies != len(c.want) {
				t.Fatalf("%d replies of %d", replies, len(c.want))
			}
		})
	}
	for _, in := range []string{get[:len(get)-1], "hi", "hi\r", post + "Content-Length: 2\r\n\r\na", post + te + "\r\n0\r\n\r"} {
		if p := play(t, &Book{}, split([]byte(in)), whole, skipped); len(p.out) > 0 {
			t.Errorf("%q was answered: %q", in, p.out)
		}
	}
}

// TestLimits sends input exactly at every limit, and one byte or header beyond it.
func TestLimits(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	headers := func(n int) string { return strings.Repeat("a: b\r\n", n-1) }
	body := x(maxBody)
	target := func(n int) string { return "GET /" + x(n-len("GET / HTTP/1.1\r\n")) + " HTTP/1.1\r\n" }
	head := func(n int) string {
		s := "GET / HTTP/1.1\r\nHost: h\r\na: "
		return s + x(n-len(s)-4) + "\r\n\r\n"
	}
	manyHeaders := "GET / HTTP/1.1\r\nHost: h\r\n"
	trailer := func(n int) string {
		s := post + te + "\r\n"
		return post + te + "\r\n0\r\na: " + x(n-len(s)-len("a: \r\n\r\n")) + "\r\n\r\n"
	}
	chunk := func(n int) string { return post + te + "\r\n1;" + x(n-4) + "\r\na\r\n0\r\n\r\n" }
	extended := func(n int) string {
		s := post + te + "\r\n"
		for ; n > 0; n -= min(n, 128) {
			s += "1;" + x(min(n, 128)-1) + "\r\na\r\n"
		}
		return s + "0\r\n\r\n"
	}
	for _, c := range []conversation{
		{name: "a request line of 8192 bytes", in: target(8192) + "Host: h\r\n\r\n" + get, want: []string{lost, hello}},
		{name: "a request line of 8193 bytes", in: target(8193) + "Host: h\r\n\r\n" + get, want: []string{refused414}, closed: true},
		{name: "a second request line of 8192 bytes", in: get + target(8192) + "Host: h\r\n\r\n" + get, want: []string{hello, lost, hello}},
		{name: "a second request line of 8193 bytes", in: get + target(8193), want: []string{hello, refused414}, closed: true},
		{name: "8191 bytes without a line", in: x(8191)},
		{name: "8192 bytes without a line", in: x(8192), want: []string{refused414}, closed: true},
		{name: "a line of 8192 bytes", in: x(8191) + "\nhi\n", want: []string{line, line}},
		{name: "a line of 8193 bytes", in: x(8192) + "\nhi\n", want: []string{refused414}, closed: true},
		{name: "a later line of 20000 bytes", in: "hi\n" + x(20000) + "\n", want: []string{line, line}},
		{name: "a line too long after HEAD", in: "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + x(8192), want: []string{helloHeader, refused414}, closed: true},
		{name: "a head of 32768 bytes", in: head(32768) + get, want: []string{hello, hello}},
		{name: "a head of 32769 bytes", in: head(32769) + get, want: []string{refused431}, closed: true},
		{name: "an endless header", in: "GET / HTTP/1.1\r\na: " + x(maxHead), want: []string{refused431}, closed: true},
		{name: "100 headers", in: manyHeaders + headers(100) + "\r\n" + get, want: []string{hello, hello}},
		{name: "101 headers", in: manyHeaders + headers(101) + "\r\n" + get, want: []string{refused431}, closed: true},
		{name: "a head and trailer of 32768 bytes", in: trailer(32768) + get, want: []string{streamed("", ""), hello}},
		{name: "a head and trailer of 32769 bytes", in: trailer(32769) + get, want: []string{refused431}, closed: true},
		{name: "a body of 1 MiB", in: post + "Content-Length: 1048576\r\n\r\n" + body + get, want: []string{streamed(body, ""), hello}},
		{name: "chunks of 1 MiB", in: post + te + "\r\n80000\r\n" + body[:1<<19] + "\r\n80000\r\n" + body[:1<<19] + "\r\n0\r\n\r\n" + get, want: []string{streamed(body, ""), hello}},
		{name: "chunks of 1 MiB and a byte", in: post + te + "\r\n100000\r\n" + body + "\r\n1\r\nx\r\n0\r\n\r\n" + get, want: []string{refused413}, closed: true},
		{name: "a chunk line of 256 bytes", in: chunk(256) + get, want: []string{streamed("a", ""), hello}},
		{name: "a chunk line of 257 bytes", in: chunk(257) + get, want: []string{refused400}, closed: true},
		{name: "8192 bytes of chunk extensions", in: extended(8192) + get, want: []string{streamed(strings.Repeat("a", 64), ""), hello}},
		{name: "8193 bytes of chunk extensions", in: extended(8193) + get, want: []string{refused400}, closed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := []byte(c.in)
			agree(t, in)
			check(t, c, "whole", play(t, &Book{}, split(in), whole, inPlace))
			if len(in) < maxBody {
				check(t, c, "byte by byte", play(t, &Book{}, single(in), whole, inPlace))
			}
			for _, i := range []int{8191, 8192, 8193, 8194, 32767, 32768, 32769, len(in) - 3, len(in) - 2, len(in) - 1} {
				if 0 < i && i < len(in) {
					check(t, c, fmt.Sprintf("split at %d", i), play(t, &Book{}, split(in, i), whole, inPlace))
				}
			}
			rng := rand.New(rand.NewPCG(3, 4))
			for range 2 {
				check(t, c, "at random", play(t, &Book{}, random(rng, in), shorts(rng), inPlace))
			}
		})
	}
}

// TestBytes reads bodies to the last byte, over Out's pieces and through sends of odd lengths.
func TestBytes(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	want := []byte(strings.Repeat(alphabet, 4<<10))
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 63, 64, 65, 127, maxPiece - 1, maxPiece, maxPiece + 1, 2*maxPiece + 63, 200_001} {
		in := fmt.Appendf(nil, "GET /bytes/%d HTTP/1.1\r\nHost: h\r\n\r\n", n)
		for name, short := range map[string]func(int) int{"whole": whole, "by 63": func(k int) int { return min(k, 63) }, "at random": shorts(rng)} {
			p := play(t, &Book{}, split(in), short, nil)
			if _, body, _ := bytes.Cut(p.out, []byte("\r\n\r\n")); !bytes.Equal(body, want[:n]) {
				t.Errorf("/bytes/%d sent %s: %d bytes, not the pattern", n, name, len(body))
			}
		}
	}
}

// TestGigabyte sends the largest body, and checks that the talk makes no copy of it.
func TestGigabyte(t *testing.T) {
	book := &Book{}
	talk := book.Open()
	talk.Feed([]byte("GET /bytes/1073741824 HTTP/1.1\r\nHost: h\r\n\r\n"))
	talk.Sent(len(talk.Out()))
	head, total := book.Bytes.Load(), 0
	for talk.Next() == Write {
		out := talk.Out()
		if out[0] != pattern[total%64] || len(out) > maxPiece {
			t.Fatalf("after %d bytes: a piece of %d that begins with %q", total, len(out), out[0])
		}
		n := max(1, len(out)-1)
		talk.Sent(n)
		total += n
	}
	if total != 1<<30 || book.Requests.Load() != 1 || book.Bytes.Load() != head+1<<30 {
		t.Errorf("sent %d bytes, counted %d in %d requests", total, book.Bytes.Load(), book.Requests.Load())
	}
}
