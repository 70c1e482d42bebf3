package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

// digestOfText returns the Content-Digest of a body.
func digestOfText(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func TestDigest(t *testing.T) {
	const body = "abcdefghij"
	good, bad := digestOfText(body), digestOfText("else")
	for _, c := range []struct {
		name, header string
		want         record.Class
	}{
		{"right", "Content-Digest: " + good, record.OK},
		{"wrong", "Content-Digest: " + bad, record.BodyDigest},
		{"names in any case", "CONTENT-digest:" + bad, record.BodyDigest},
		{"beside another", "Content-Digest: sha-512=:AAAA:, " + bad, record.BodyDigest},
		{"before another", "Content-Digest: " + bad + " ,sha-512=:AAAA:", record.BodyDigest},
		{"in a second header", "Content-Digest: sha-512=:AAAA:\r\nContent-Digest: " + bad, record.BodyDigest},
		{"with a parameter", "Content-Digest: " + bad + ";q=1", record.BodyDigest},
		{"of another kind", "Content-Digest: sha-512=:AAAA:", record.OK},
		{"too short", "Content-Digest: sha-256=:AAAA:", record.OK},
		{"too long", "Content-Digest: sha-256=:" + strings.Repeat("A", 400) + ":", record.OK},
		{"no base64", "Content-Digest: sha-256=:" + strings.Repeat("!", 44) + ":", record.OK},
		{"unfinished", "Content-Digest: " + strings.TrimSuffix(bad, ":"), record.OK},
		{"of the whole representation", "Repr-Digest: " + bad, record.OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, framing := range []string{
				"Content-Length: 10\r\n\r\n" + body,
				"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n7\r\ndefghij\r\n0\r\n\r\n",
				"\r\n" + body,
			} {
				text := "HTTP/1.1 200 OK\r\n" + c.header + "\r\n" + framing
				for n := 1; n <= len(text); n += 7 {
					if got := judge(ask("GET", "/x"), new(ReplyCache), text, func() int { return n }); got.Class != c.want {
						t.Fatalf("%q in pieces of %d: %v, want %v", text, n, got.Class, c.want)
					}
				}
			}
		})
	}
	for _, text := range []string{
		"HTTP/1.1 304 Not Modified\r\nContent-Digest: " + good + "\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\nContent-Digest: " + good + "\r\n\r\nx",
	} {
		if got := judge(ask("GET", "/x"), new(ReplyCache), text, whole); got.Class == record.BodyDigest {
			t.Errorf("%q: %v", text, got.Class)
		}
	}
	if got := judge(ask("HEAD", "/x"), new(ReplyCache), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Digest: "+good+"\r\n\r\n", whole); got.Class != record.OK {
		t.Errorf("a reply to HEAD: %v", got.Class)
	}
}

// A cached head keeps its digest, and two connections with the same cache do not mix up their digests.
func TestDigestIsRemembered(t *testing.T) {
	q, m := ask("GET", "/x"), new(ReplyCache)
	one, two := q.Reply(m), q.Reply(m)
	text := func(body string) []byte {
		return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Digest: %s\r\n\r\n%s", digestOfText(body), body)
	}
	a, b := text("aa"), text("bb")
	wrong := bytes.Replace(a, []byte("\r\n\r\naa"), []byte("\r\n\r\nab"), 1)
	one.Feed(a[:len(a)-1])
	if !two.Feed(b) || two.Class() != record.OK || !one.Feed(a[len(a)-1:]) || one.Class() != record.OK {
		t.Errorf("%v %v", one.Class(), two.Class())
	}
	for range 2 {
		if !one.Feed(wrong) || one.Class() != record.BodyDigest || !one.Feed(a) || one.Class() != record.OK {
			t.Errorf("%v", one.Class())
		}
	}
	if n := testing.AllocsPerRun(100, func() { one.Feed(a) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func saving(change func(*result.Spec)) *Request {
	s := result.DefaultSpec()
	s.Save, s.SaveMode, s.MaxRedirects = "dir", result.Offload, 5
	if change != nil {
		change(&s)
	}
	return New(s)[0]
}

func TestBodyIsKept(t *testing.T) {
	q := saving(nil)
	r := q.Reply(new(ReplyCache))
	for _, c := range []struct{ text, want, kind string }{
		{"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\nabcd", "abcd", "image/png"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n", "xyz", ""},
		{"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 4\r\n\r\ngone", "", ""},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", "", ""},
		{"HTTP/1.1 204 No Content\r\n\r\n", "", ""},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", ""},
	} {
		for range 2 { // the second time the head is cached
			text := c.text
			for ; !r.Feed([]byte(text[:1])); text = text[1:] {
			}
			if body, kind := r.Body(); string(body) != c.want || kind != c.kind {
				t.Errorf("%q: kept %q of type %q", c.text, body, kind)
			}
			if !r.Feed([]byte(c.text)) {
				t.Fatalf("%q is not complete", c.text)
			}
			if body, kind := r.Body(); string(body) != c.want || kind != c.kind {
				t.Errorf("%q: kept %q of type %q", c.text, body, kind)
			}
		}
	}
	body, _ := r.Body()
	r.Lend(make([]byte, 0, 10))
	r.Feed([]byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"))
	if now, _ := r.Body(); cap(body) > 0 && &now[:1][0] == &body[:1][0] {
		t.Error("the next body is in the buffer of the last")
	}
}

func TestLargeBodyIsNotKept(t *testing.T) {
	r := saving(nil).Reply(new(ReplyCache))
	for _, size := range []int{MaxBody, MaxBody + 1, 10} {
		piece := bytes.Repeat([]byte("x"), MaxRead)
		r.Feed(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size))
		over := false
		for left := size; left > 0; left -= len(piece) {
			over = r.Feed(piece[:min(left, len(piece))])
		}
		want := record.OK
		if size > MaxBody {
			want = record.SaveTooLarge
		}
		if body, _ := r.Body(); !over || r.Class() != want || want == record.OK && len(body) != size || len(body) > MaxBody {
			t.Errorf("%d bytes: over %v, %v, %d kept", size, over, r.Class(), len(body))
		}
	}
}

// A Content-Length is only a claim, so the buffer is not allocated for all of it at once.
func TestClaimedLength(t *testing.T) {
	r := saving(nil).Reply(new(ReplyCache))
	r.Feed([]byte("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\nx"))
	if body, _ := r.Body(); cap(body) > 2<<20 {
		t.Errorf("%d bytes were set aside", cap(body))
	}
}

func FuzzDigest(f *testing.F) {
	for _, seed := range []string{"", digestOfText("a"), "sha-512=:AAAA:, " + digestOfText("b"), "sha-256=::", "sha-256=:A", "sha-256"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d := digestOf([]byte(value)); d != nil && !strings.Contains(value, base64.StdEncoding.EncodeToString(d[:])) &&
			!strings.ContainsAny(value, "\r\n") {
			t.Errorf("%q is read as %x, which it does not say", value, d[:])
		}
	})
}
