package client

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

func ask(method, path string) *Request {
	s := result.DefaultSpec()
	s.Target, s.Method = "http://127.0.0.1:5000"+path, method
	return New(s)[0]
}

// askOurs returns a request whose replies are checked by the rules of our own servers.
func askOurs(method, path string) *Request {
	s := result.DefaultSpec()
	s.Target, s.Method, s.Expect = "http://127.0.0.1:5000"+path, method, result.Carousel
	return New(s)[0]
}

func TestRequestBytes(t *testing.T) {
	for _, c := range []struct {
		change func(*result.Spec)
		want   string
	}{
		{func(*result.Spec) {}, "GET / HTTP/1.1\r\nHost: 127.0.0.1:5000\r\n\r\n"},
		{func(s *result.Spec) { s.Target = "http://example.org:80/a?b=c" }, "GET /a?b=c HTTP/1.1\r\nHost: example.org\r\n\r\n"},
		{func(s *result.Spec) { s.Target = "http://[::1]:81/" }, "GET / HTTP/1.1\r\nHost: [::1]:81\r\n\r\n"},
		{func(s *result.Spec) { s.Headers = []string{"host:  x", "A:b", "C:  d "} }, "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n\r\n"},
		{func(s *result.Spec) { s.Method, s.Body = "POST", "body" }, "POST / HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nContent-Length: 4\r\n\r\nbody"},
		{func(s *result.Spec) { s.Method = "PUT" }, "PUT / HTTP/1.1\r\nHost: 127.0.0.1:5000\r\nContent-Length: 0\r\n\r\n"},
		{func(s *result.Spec) { s.Method = "DELETE" }, "DELETE / HTTP/1.1\r\nHost: 127.0.0.1:5000\r\n\r\n"},
		{func(s *result.Spec) { s.Proto = result.Line }, "hello\n"},
		{func(s *result.Spec) { s.Proto, s.Body = result.Line, "hi" }, "hi\n"},
	} {
		s := result.DefaultSpec()
		c.change(&s)
		if diff := cmp.Diff(c.want, string(New(s)[0].Bytes)); diff != "" {
			t.Error(diff)
		}
	}
}

// verdict is the result of a reply.
type verdict struct {
	Class record.Class
	Keep  bool
	Whole bool // complete before the end of input
	Ended bool // completed by the end of input
}

// judge feeds text in pieces whose sizes cut gives.
func judge(q *Request, m *ReplyCache, text string, cut func() int) verdict {
	r := q.Reply(m)
	for rest := text; rest != ""; {
		n := min(max(1, cut()), len(rest), MaxRead)
		if r.Feed([]byte(rest[:n])) {
			if rest = rest[n:]; rest != "" { // surplus that came in the same piece would be in Class already
				return verdict{r.Class(), false, true, false}
			}
			return verdict{r.Class(), r.Keep(), true, false}
		}
		rest = rest[n:]
	}
	if r.End() {
		return verdict{r.Class(), r.Keep(), false, true}
	}
	return verdict{}
}

func whole() int { return MaxRead }

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello world\n"

var replies = []struct {
	name, method, path, text string
	want                     verdict
}{
	{"hello", "GET", "/", hello, verdict{Class: record.OK, Keep: true, Whole: true}},
	{"bare newlines", "GET", "/", "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", verdict{Class: record.OK, Keep: true, Whole: true}},
	{"no reason", "GET", "/", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", verdict{Class: record.OK, Keep: true, Whole: true}},
	{"names in any case", "GET", "/", "HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:1\r\nCONNECTION: Foo, CLOSE\r\n\r\na", verdict{Class: record.OK, Whole: true}},
	{"1.0", "GET", "/", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", verdict{Class: record.OK, Whole: true}},
	{"1.0 keep-alive", "GET", "/", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\na", verdict{Class: record.OK, Keep: true, Whole: true}},
	{"same length twice", "GET", "/", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", verdict{Class: record.OK, Keep: true, Whole: true}},
	{"until the end", "GET", "/", "HTTP/1.1 200 OK\r\n\r\nabc", verdict{Class: record.OK, Ended: true}},
	{"chunked", "GET", "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nA;e\r\n0123456789\r\n0\r\n\r\n", verdict{Class: record.OK, Keep: true, Whole: true}},
	{"chunked and a length", "GET", "/", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", verdict{Class: record.OK, Whole: true}},
	{"trailers", "GET", "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n", verdict{Class: record.OK, Keep: true, Whole: true}},
	{"continue first", "GET", "/", "HTTP/1.1 100 Continue\r\n\r\n" + hello, verdict{Class: record.OK, Keep: true, Whole: true}},
	{"304", "GET", "/", "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n", verdict{Class: record.OK, Keep: true, Whole: true}},
	{"404", "GET", "/", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", verdict{Class: 404, Keep: true, Whole: true}},
	{"head", "HEAD", "/bytes/5", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", verdict{Class: record.OK, Keep: true, Whole: true}},

	{"nothing", "GET", "/", "", verdict{}},
	{"cut in the status line", "GET", "/", "HTTP/1.", verdict{Class: record.ReadEOF, Ended: true}},
	{"cut in the head", "GET", "/", "HTTP/1.1 200 OK\r\n", verdict{Class: record.ReadEOF, Ended: true}},
	{"cut in the body", "GET", "/", hello[:70], verdict{Class: record.ReadEOF, Ended: true}},
	{"cut after an interim reply", "GET", "/", "HTTP/1.1 100 Continue\r\n\r\n", verdict{Class: record.ReadEOF, Ended: true}},
	{"cut before the last chunk", "GET", "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", verdict{Class: record.ReadEOF, Ended: true}},

	{"another protocol", "GET", "/", "220 ready\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"HTTP/2.0", "GET", "/", "HTTP/2.0 200 OK\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"status 99", "GET", "/", "HTTP/1.1 099 OK\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"status 2x0", "GET", "/", "HTTP/1.1 2x0 OK\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"status 2000", "GET", "/", "HTTP/1.1 2000 OK\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"no colon", "GET", "/", "HTTP/1.1 200 OK\r\nabc\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"a space before the colon", "GET", "/", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"a folded line", "GET", "/", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"two lengths", "GET", "/", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"a negative length", "GET", "/", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"an endless length", "GET", "/", "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"gzip, chunked", "GET", "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"switching protocols", "GET", "/", "HTTP/1.1 101 Switching Protocols\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"a chunk of no size", "GET", "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", verdict{Class: record.Malformed, Whole: true}},
	{"a chunk longer than its size", "GET", "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", verdict{Class: record.Malformed, Whole: true}},
	{"a chunk size of 16 digits", "GET", "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000001\r\n", verdict{Class: record.Malformed, Whole: true}},
}

func TestReplies(t *testing.T) {
	for _, c := range replies {
		t.Run(c.name, func(t *testing.T) {
			var m ReplyCache
			for range 2 { // the second time the head is cached
				if diff := cmp.Diff(c.want, judge(ask(c.method, c.path), &m, c.text, whole)); diff != "" {
					t.Error(diff)
				}
			}
			for n := 1; n < len(c.text); n++ { // every split in two, and pieces of every size
				first := true
				got := judge(ask(c.method, c.path), &m, c.text, func() int {
					if first {
						first = false
						return n
					}
					return MaxRead
				})
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Fatalf("split at %d: %s", n, diff)
				}
				if diff := cmp.Diff(c.want, judge(ask(c.method, c.path), new(ReplyCache), c.text, func() int { return n })); diff != "" {
					t.Fatalf("pieces of %d: %s", n, diff)
				}
			}
		})
	}
}

// With --expect carousel the bodies of our own servers are checked, in pieces of any size. Bodies of other paths are not.
func TestExpect(t *testing.T) {
	const anything = "Hallo Welt!\n"
	for _, c := range []struct {
		method, path, body string
		want               record.Class
	}{
		{"GET", "/", helloBody, record.OK},
		{"GET", "/", anything, record.BodyContent},
		{"GET", "/", helloBody + "\n", record.BodyLength},
		{"GET", "/?x=y", anything, record.BodyContent},
		{"GET", "/sleep/20ms", anything, record.BodyContent},
		{"GET", "/block/20ms", helloBody, record.OK},
		{"GET", "/spin/20ms", "", record.BodyLength},
		{"GET", "/store/100", anything, record.BodyContent},
		{"GET", "/bytes/5", "ABCDE", record.OK},
		{"GET", "/bytes/5", "ABCDF", record.BodyContent},
		{"GET", "/bytes/5", "ABCD", record.BodyLength},
		{"GET", "/bytes/5?x", "ABCDEF", record.BodyLength},
		{"GET", "/bytes/0", "", record.OK},
		{"GET", "/bytes/130", alphabet + alphabet + "AB", record.OK},
		{"GET", "/bytes/130", alphabet + alphabet + "AC", record.BodyContent},
		{"GET", "/bytes/many", anything, record.OK},
		{"GET", "/image/3", anything, record.OK}, // an image is checked by its digest only
		{"GET", "/else", anything, record.OK},
		{"POST", "/", anything, record.OK},
		{"POST", "/echo", anything, record.BodyLength},
		{"POST", "/echo", "", record.OK},
	} {
		ours, length := askOurs(c.method, c.path), fmt.Sprint(len(c.body))
		chunks := ""
		for _, b := range []byte(c.body) {
			chunks += "1\r\n" + string(b) + "\r\n"
		}
		for _, text := range []string{
			"HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n" + c.body,
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n",
			"HTTP/1.0 200 OK\r\n\r\n" + c.body,
		} {
			for n := 1; n <= len(text); n++ {
				if got := judge(ours, new(ReplyCache), text, func() int { return n }).Class; got != c.want {
					t.Fatalf("%s %s: %q in pieces of %d: %v, want %v", c.method, c.path, text, n, got, c.want)
				}
			}
			if got := judge(ask(c.method, c.path), new(ReplyCache), text, whole).Class; got != record.OK {
				t.Errorf("%s %s of another server: %q: %v", c.method, c.path, text, got)
			}
		}
	}
	for _, text := range []string{
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nA",
		"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 4\r\n\r\ngone",
	} {
		if got := judge(askOurs("GET", "/bytes/5"), new(ReplyCache), text, whole).Class; got != record.OK {
			t.Errorf("%q: %v", text, got)
		}
	}
	if got := judge(askOurs("HEAD", "/bytes/5"), new(ReplyCache), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", whole).Class; got != record.OK {
		t.Errorf("a reply to HEAD: %v", got)
	}
}

func TestSurplus(t *testing.T) {
	q := ask("GET", "/")
	r := q.Reply(new(ReplyCache))
	if !r.Feed([]byte(hello+"x")) || r.Class() != record.BodyLength || r.Keep() {
		t.Errorf("%v, keep %v", r.Class(), r.Keep())
	}
}

func TestLines(t *testing.T) {
	s := result.DefaultSpec()
	s.Proto = result.Line
	if r := New(s)[0].Reply(new(ReplyCache)); !r.Feed([]byte("anything\n")) || r.Class() != record.OK {
		t.Errorf("another server's line: %v", r.Class())
	}
	s.Expect = result.Carousel
	r := New(s)[0].Reply(new(ReplyCache))
	for _, c := range []struct {
		piece string
		done  bool
		class record.Class
	}{{"Hello ", false, 0}, {"world\n", true, record.OK}, {"\n", true, record.BodyLength}, {"Hello World\n", true, record.BodyContent}} {
		if done := r.Feed([]byte(c.piece)); done != c.done || done && r.Class() != c.class {
			t.Errorf("%q: %v %v", c.piece, done, r.Class())
		}
	}
	if r.Feed([]byte("Hello")); !r.End() || r.Class() != record.ReadEOF {
		t.Errorf("an unfinished line: %v", r.Class())
	}
	for range maxHead/MaxRead + 1 {
		r.Feed(bytes.Repeat([]byte("x"), MaxRead))
	}
	if r.Class() != record.Malformed {
		t.Errorf("an endless line: %v", r.Class())
	}
}

func TestHeadIsBounded(t *testing.T) {
	q := ask("GET", "/")
	for _, size := range []int{1, 1000, MaxRead} {
		r := q.Reply(new(ReplyCache))
		piece := bytes.Repeat([]byte("x"), size)
		fed := 0
		for !r.Feed(piece) {
			if fed += size; fed > maxHead+MaxRead {
				t.Fatalf("pieces of %d: no end after %d bytes", size, fed)
			}
		}
		if r.Class() != record.Malformed || cap(r.head) > 4*maxHead {
			t.Errorf("%v, %d bytes kept", r.Class(), cap(r.head))
		}
	}
}

// Of a head in pieces only the head is buffered, wherever it is cut and however many replies follow.
func TestOnlyTheHeadIsKept(t *testing.T) {
	q := ask("GET", "/")
	head := strings.Index(hello, "\r\n\r\n") + 4
	for cut := 1; cut < head; cut++ {
		r := q.Reply(new(ReplyCache))
		if r.Feed([]byte(hello[:cut])) {
			t.Fatal("a piece of a head is a reply")
		}
		rest, replies := []byte(hello[cut:]+strings.Repeat(hello, 100)), 0
		for whole := false; len(rest) > 0; replies++ {
			if rest, whole = r.Take(rest); !whole || r.Class() != record.OK {
				t.Fatalf("cut at %d, reply %d: %v", cut, replies, r.Class())
			}
		}
		if replies != 101 || cap(r.head) > 2*head {
			t.Errorf("cut at %d: %d replies, %d bytes kept for a head of %d", cut, replies, cap(r.head), head)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	big := "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + strings.Repeat(alphabet, 60000/64+1)[:60000]
	dated := [2][]byte{[]byte("HTTP/1.1 200 OK\r\nDate: a\r\nContent-Length: 2\r\n\r\nok"), []byte("HTTP/1.1 200 OK\r\nDate: b\r\nContent-Length: 2\r\n\r\nok")}
	for path, texts := range map[string][2][]byte{"/": {[]byte(hello), []byte(hello)}, "/bytes/60000": {[]byte(big), []byte(big)}, "/dated": dated} {
		r := askOurs("GET", path).Reply(new(ReplyCache))
		i := 0
		if n := testing.AllocsPerRun(100, func() {
			text := texts[i%2]
			i++
			if r.Feed(text[:10]) || !r.Feed(text[10:]) || r.Class() != record.OK {
				t.Fatal(r.Class())
			}
			if !r.Feed(text) || r.Class() != record.OK {
				t.Fatal(r.Class())
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", path, n)
		}
	}
}

func BenchmarkReply(b *testing.B) {
	r := ask("GET", "/").Reply(new(ReplyCache))
	text := []byte(hello)
	for b.Loop() {
		r.Feed(text)
	}
}

// For a reply that is accepted, net/http must agree on the status, on where the reply ends, and on whether the connection may be used again. In
// pieces of any size the result is the same.
func FuzzReply(f *testing.F) {
	for i, c := range replies {
		f.Add([]byte(c.text), c.method == "HEAD", uint64(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, head bool, seed uint64) {
		if len(text) > MaxRead {
			return
		}
		method := map[bool]string{true: "HEAD", false: "GET"}[head]
		q := ask(method, "/x")
		var m ReplyCache
		got := judge(q, &m, string(text), whole)
		if again := judge(q, &m, string(text), whole); again != got {
			t.Fatalf("remembered: %+v, before %+v", again, got)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		cut := judge(q, new(ReplyCache), string(text), func() int { return 1 + rng.IntN(9) })
		if got.Class == record.BodyLength { // in pieces, surplus may come after the reply was judged
			cut.Class = record.BodyLength
		}
		if cut != got {
			t.Fatalf("in pieces: %+v, whole: %+v", cut, got)
		}
		if got.Class == record.Malformed || got.Class == record.ReadEOF || got.Class == record.BodyLength || got == (verdict{}) {
			return
		}
		in := bytes.NewReader(text)
		buf := bufio.NewReader(in)
		var size int64
		for {
			resp, err := http.ReadResponse(buf, &http.Request{Method: method})
			if err != nil {
				return // net/http is stricter about control characters in a value, which do no harm here
			}
			if resp.StatusCode < 200 {
				continue
			}
			size, err = io.Copy(io.Discard, resp.Body)
			if err != nil && (strings.Contains(err.Error(), "too much non-data") || strings.Contains(err.Error(), "too long")) {
				return // net/http has other limits for the lines of chunks
			} else if err != nil {
				t.Fatalf("net/http: %v after %d bytes; here %+v", err, size, got)
			}
			if want := record.Status(resp.StatusCode); want != got.Class {
				t.Fatalf("net/http: %v, here %v", want, got.Class)
			}
			if rest := buf.Buffered() + in.Len(); rest > 0 && got.Keep {
				t.Fatalf("net/http leaves %d bytes; here %+v", rest, got)
			}
			if closes := resp.Close; got.Keep && closes {
				t.Fatalf("net/http would close, here %+v", got)
			}
			return
		}
	})
}

func ExampleReply() {
	s := result.DefaultSpec()
	q := New(s)[0]
	r := q.Reply(new(ReplyCache))
	fmt.Println(r.Feed([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r")))
	fmt.Println(r.Feed([]byte("\nok")), r.Class())
	// Output:
	// false
	// true ok
}
