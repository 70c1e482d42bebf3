package client

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

// kindThat returns a request whose replies must be as e demands.
func kindThat(e result.Expected) *Request {
	s := result.DefaultSpec()
	s.Mix = []result.Kind{{Name: "one", Weight: 1, Method: "GET", Path: "/", Expect: &e}}
	return New(s)[0]
}

// Each kind of a mix has its own rules, which apply to replies in pieces of any size.
func TestExpected(t *testing.T) {
	to := func(s string) *string { return &s }
	long := func(n int64) *int64 { return &n }
	sum := sha256.Sum256([]byte("abcabd"))
	abcabd := hex.EncodeToString(sum[:])
	for _, c := range []struct {
		name   string
		expect result.Expected
		status int
		body   string
		want   record.Class
	}{
		{"any status below 400", result.Expected{Contains: "a"}, 302, "a", record.OK},
		{"not above", result.Expected{Contains: "a"}, 404, "a", 404},
		{"the status", result.Expected{Status: 404}, 404, "a", record.OK},
		{"another status", result.Expected{Status: 201}, 200, "a", 200},
		{"a redirect instead", result.Expected{Status: 200}, 302, "a", 302},
		{"the status first", result.Expected{Status: 200, Length: long(7)}, 500, "a", 500},
		{"the body of an error", result.Expected{Status: 500, Text: to("oh")}, 500, "ah", record.BodyContent},
		{"the length", result.Expected{Length: long(3)}, 200, "abc", record.OK},
		{"too short", result.Expected{Length: long(4)}, 200, "abc", record.BodyLength},
		{"too long", result.Expected{Length: long(2)}, 200, "abc", record.BodyLength},
		{"nothing", result.Expected{Length: long(0)}, 200, "", record.OK},
		{"the text", result.Expected{Text: to("abc")}, 200, "abc", record.OK},
		{"another text", result.Expected{Text: to("abc")}, 200, "abd", record.BodyContent},
		{"half a text", result.Expected{Text: to("abcabc")}, 200, "abc", record.BodyLength},
		{"a text over again", result.Expected{Text: to("abc")}, 200, "abcabc", record.BodyLength},
		{"no text", result.Expected{Text: to("")}, 200, "", record.OK},
		{"some instead of no text", result.Expected{Text: to("")}, 200, "a", record.BodyLength},
		{"the digest, in capitals", result.Expected{SHA256: strings.ToUpper(abcabd)}, 200, "abcabd", record.OK},
		{"another digest", result.Expected{SHA256: abcabd}, 200, "abcabc", record.BodyDigest},
		{"digest and length", result.Expected{SHA256: abcabd, Length: long(6)}, 200, "abcabd", record.OK},
		{"the phrase at the end", result.Expected{Contains: "abd"}, 200, "abcabd", record.OK},
		{"at the beginning", result.Expected{Contains: "abd"}, 200, "abdxxx", record.OK},
		{"after half of it", result.Expected{Contains: "abcabd"}, 200, "abcabcabd", record.OK},
		{"only half of it", result.Expected{Contains: "abcabd"}, 200, "abcabcab", record.BodyContent},
		{"in two parts", result.Expected{Contains: "abd"}, 200, "ab d", record.BodyContent},
		{"phrase and length", result.Expected{Contains: "ab", Length: long(3)}, 200, "xab", record.OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			chunks := ""
			for _, b := range []byte(c.body) {
				chunks += "1\r\n" + string(b) + "\r\n"
			}
			head := fmt.Sprintf("HTTP/1.1 %d Some\r\n", c.status)
			for _, text := range []string{
				head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(c.body)) + c.body,
				head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n",
				head + "\r\n" + c.body,
			} {
				for n := 1; n <= len(text); n++ {
					if got := judge(kindThat(c.expect), new(ReplyCache), text, func() int { return n }).Class; got != c.want {
						t.Fatalf("%q in pieces of %d: %v, want %v", text, n, got, c.want)
					}
				}
			}
		})
	}
}

// TestPhrase compares the search from piece to piece with a search in the whole text.
func TestPhrase(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab"[random.IntN(2)]
		}
		return string(b)
	}
	found := 0
	for range 20_000 {
		phrase, body := newPhrase(word(1+random.IntN(8))), word(random.IntN(40))
		matched := 0
		for rest := body; rest != ""; {
			n := 1 + random.IntN(len(rest))
			matched = phrase.seek([]byte(rest[:n]), matched)
			rest = rest[n:]
		}
		is := matched == len(phrase.text)
		if is != strings.Contains(body, phrase.text) {
			t.Fatalf("%q in %q: found %v", phrase.text, body, is)
		}
		if is {
			found++
		}
	}
	if found < 1000 || found > 19_000 {
		t.Errorf("%d of 20,000 were found", found)
	}
}

// TestMix builds the requests of a mix, from the fields of each kind and those of the load.
func TestMix(t *testing.T) {
	s := result.DefaultSpec()
	s.Headers, s.Expect = []string{"A: load", "B: load"}, "204"
	s.Mix = []result.Kind{
		{Name: "a", Weight: 1, Method: "GET", Path: "/a", Headers: []string{"a: kind"}},
		{Name: "b", Weight: 1, Method: "PUT", Path: "/b", Body: "tea", Expect: &result.Expected{Status: 201}},
	}
	all := New(s)
	if len(all) != 2 {
		t.Fatalf("%d requests", len(all))
	}
	for i, want := range []struct {
		kind, bytes string
		status      int
	}{
		{"a", "GET /a HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nB: load\r\na: kind\r\n\r\n", 204},
		{"b", "PUT /b HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nA: load\r\nB: load\r\nContent-Length: 3\r\n\r\ntea", 201},
	} {
		q := all[i]
		if q.Kind != want.kind || string(q.Bytes) != want.bytes || q.status(want.status) != record.OK || q.status(200) != 200 {
			t.Errorf("%s is %q, 200 is %v", q.Kind, q.Bytes, q.status(200))
		}
	}
}
