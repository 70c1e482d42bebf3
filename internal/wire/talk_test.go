package wire

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"carousel/internal/sock"
)

// TestPending feeds a talk many requests at once. Parsing stops at 16 KiB of pending output, and goes on from the kept input as the replies are
// sent, without another Feed.
func TestPending(t *testing.T) {
	const most = maxPending + 512 // the reply that crosses the bound is composed whole
	for name, ask := range map[string]string{"lines": "\n", "hello": get, "failures": "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", "bytes": "GET /bytes/100 HTTP/1.1\r\nHost: h\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			book := &Book{}
			talk := book.Open()
			in := []byte(strings.Repeat(ask, 16<<10/len(ask)))
			for range 4 {
				talk.Feed(in)
				for talk.Next() == Write {
					out := talk.Out()
					if len(talk.out) > most || len(out) > most {
						t.Fatalf("%d bytes are pending", len(talk.out))
					}
					talk.Sent(len(out))
				}
				if talk.Next() != Read {
					t.Fatalf("next is %d", talk.Next())
				}
				idle(t, talk)
			}
			if want := int64(4 * len(in) / len(ask)); book.Requests.Load() != want {
				t.Errorf("%d requests served, want %d", book.Requests.Load(), want)
			}
		})
	}
}

// TestBook checks that a request counts when the last byte of its reply is sent, also where only a part of a batch is sent.
func TestBook(t *testing.T) {
	for _, c := range []struct {
		name, in string
		ends     []int // where replies end
	}{
		{"hellos", get + get + get, []int{77, 154, 231}},
		{"lines", "a\nb\n", []int{12, 24}},
		{"before a go-ahead", get + post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\na", []int{77, 77 + 25 + len(streamed("a", ""))}},
		{"a body", get + "GET /bytes/70 HTTP/1.1\r\nHost: h\r\n\r\n", []int{77, 77 + len(headless(streamed("", ""))) + 1 + 70}},
		{"a refusal", get + "x y\r\n", []int{77, 77 + len(refused400)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			total := c.ends[len(c.ends)-1]
			for first := range total {
				book := &Book{}
				talk := book.Open()
				talk.Feed([]byte(c.in))
				for sent := 0; talk.Next() == Write; {
					n := 1
					if sent == 0 && first > 0 {
						n = min(first, len(talk.Out()))
					}
					talk.Sent(n)
					sent += n
					want := int64(0)
					for _, end := range c.ends {
						if end <= sent {
							want++
						}
					}
					if got := book.Requests.Load(); got != want {
						t.Fatalf("%d bytes sent, the first %d at once: %d requests counted, want %d", sent, first, got, want)
					}
					if got := book.Bytes.Load(); got != int64(sent) {
						t.Fatalf("%d bytes sent, %d counted", sent, got)
					}
				}
				if talk.Next() == Read && book.Requests.Load() != int64(len(c.ends)) {
					t.Fatalf("%d requests counted of %d", book.Requests.Load(), len(c.ends))
				}
			}
		})
	}
	book := &Book{}
	book.Open()
	book.Open()
	if got := book.Connections.Load(); got != 2 {
		t.Errorf("%d connections counted, want 2", got)
	}
}

// TestPause tests Pause for each wait that time ends.
func TestPause(t *testing.T) {
	patient := (&Book{}).Open()
	if got := patient.Pause(); got != 0 {
		t.Errorf("without an idle time-out the wait is %v, want 0", got)
	}
	book := &Book{Idle: time.Second}
	ask := func(in string) *Talk {
		talk := book.Open()
		talk.Feed([]byte(in))
		return talk
	}
	for name, talk := range map[string]*Talk{"before a request": book.Open(), "within a request": ask("GET /"), "while sending": ask(get)} {
		if got := talk.Pause(); got != time.Second {
			t.Errorf("%s: the longest wait is %v, want 1s", name, got)
		}
		if talk.Woke(); talk.Next() != Close {
			t.Errorf("%s: next is %d, want Close", name, talk.Next())
		}
	}
	for name, talk := range map[string]*Talk{"before a request": book.Open(), "within a request": ask("GET /")} {
		if talk.Late(-1); talk.Next() != Close {
			t.Errorf("%s: next is %d after a wait that took too long, want Close", name, talk.Next())
		}
	}
	for name, book := range map[string]*Book{"patient": {}, "impatient": {Idle: time.Second}} {
		talk := book.Open()
		talk.Feed([]byte("GET /block/0s HTTP/1.1\r\nHost: h\r\n\r\n"))
		if got := talk.Pause(); got != 1 {
			t.Errorf("%s, before work: the wait is %v, want the shortest there is", name, got)
		}
		if talk.Late(-1); talk.Next() != Work {
			t.Errorf("%s, before work: next is %d after the wait, want Work", name, talk.Next())
		}
		if talk.Work(); string(talk.Out()) != hello {
			t.Errorf("%s, after work: said %q", name, talk.Out())
		}
	}
	talk := ask("GET /sleep/250ms HTTP/1.1\r\nHost: h\r\n\r\n" + get)
	if talk.Next() != Sleep || talk.Pause() != 250*time.Millisecond {
		t.Fatalf("next is %d for %v, want Sleep for 250ms", talk.Next(), talk.Pause())
	}
	talk.Late(-1)
	if got := string(talk.Out()); got != hello {
		t.Errorf("woke and said %q", got)
	}
	talk.Sent(len(hello))
	if got := string(talk.Out()); got != hello {
		t.Errorf("then said %q", got)
	}
}

// TestTurn checks when a turn is over: after its share of reading, writing or work. The next turn has a share of its own.
func TestTurn(t *testing.T) {
	feed := func(in string) func(*Talk) { return func(t *Talk) { t.Feed([]byte(in)) } }
	send := func(n int) func(*Talk) {
		return func(t *Talk) {
			for left := n; left > 0; {
				k := min(left, len(t.Out()))
				t.Sent(k)
				left -= k
			}
		}
	}
	ask := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n" }
	work := (*Talk).Work
	for name, c := range map[string]struct {
		before string // read in an earlier turn
		steps  []func(*Talk)
		want   Want
		over   bool
	}{
		"nothing yet":                      {"", nil, Read, false},
		"nothing yet, but the turn before": {"GET /", nil, Read, false},
		"a read of a part":                 {"", []func(*Talk){feed("GET /")}, Read, true},
		"a read to be answered":            {"", []func(*Talk){feed(get)}, Write, false},
		"a read and its answer":            {"", []func(*Talk){feed(get), send(len(hello))}, Read, true},
		"an answer, and nothing read":      {get, []func(*Talk){send(len(hello))}, Read, false},
		"a read before a sleep":            {"", []func(*Talk){feed(ask("/sleep/1s"))}, Sleep, false},
		"the end of input":                 {"", []func(*Talk){feed("")}, Close, false},
		"much is sent":                     {ask("/bytes/1000000"), []func(*Talk){send(sock.TurnBytes - 1)}, Write, false},
		"too much is sent":                 {ask("/bytes/1000000"), []func(*Talk){send(sock.TurnBytes)}, Write, true},
		"a read before work":               {"", []func(*Talk){feed(ask("/block/0s"))}, Work, false},
		"work to be answered":              {ask("/block/0s"), []func(*Talk){work}, Write, false},
		"work and its answer":              {ask("/block/0s"), []func(*Talk){work, send(len(hello))}, Read, false},
		"work before more work":            {ask("/block/0s") + ask("/block/0s"), []func(*Talk){work, send(len(hello))}, Work, true},
		"work before a sleep":              {ask("/block/0s") + ask("/sleep/1s"), []func(*Talk){work, send(len(hello))}, Sleep, false},
	} {
		t.Run(name, func(t *testing.T) {
			talk := (&Book{}).Open()
			if c.before != "" {
				talk.Feed([]byte(c.before))
			}
			if talk.Turn(); talk.Over() {
				t.Error("a turn is over that has just begun")
			}
			for _, step := range c.steps {
				step(talk)
			}
			if talk.Next() != c.want || talk.Over() != c.over {
				t.Errorf("next is %d, over is %v; want %d, %v", talk.Next(), talk.Over(), c.want, c.over)
			}
			if talk.Turn(); talk.Over() {
				t.Error("the next turn is over as it begins")
			}
		})
	}
}

func TestEvents(t *testing.T) {
	for want, events := range map[Want]uint32{Read: sock.Readable, Write: sock.Writable, Sleep: 0, Work: 0, Close: 0} {
		if got := want.Events(); got != events {
			t.Errorf("who wants %d is watched for %#x, want %#x", want, got, events)
		}
	}
}

// TestOrder sends earlier replies before the wait or the work of a later request begins.
func TestOrder(t *testing.T) {
	for path, want := range map[string]Want{"/sleep/1ms": Sleep, "/block/1ms": Work, "/spin/1ms": Work, "/store/1": Work} {
		talk := (&Book{}).Open()
		talk.Feed([]byte(get + "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"))
		if talk.Next() != Write || string(talk.Out()) != hello {
			t.Fatalf("%s: next is %d, want the first reply", path, talk.Next())
		}
		if talk.Sent(len(hello)); talk.Next() != want {
			t.Errorf("%s: next is %d, want %d", path, talk.Next(), want)
		}
	}
}

func TestWork(t *testing.T) {
	reply := func(path string) string {
		talk := (&Book{}).Open()
		talk.Feed([]byte("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"))
		if talk.Next() != Work {
			t.Fatalf("%s: next is %d, want Work", path, talk.Next())
		}
		talk.Work()
		if talk.Next() != Write {
			t.Fatalf("%s: next is %d, want Write", path, talk.Next())
		}
		return string(talk.Out())
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if begun := time.Now(); reply("/block/20ms") != hello || time.Since(begun) < 20*time.Millisecond {
		t.Errorf("/block/20ms took %v", time.Since(begun))
	}
	if used := threadTime(); reply("/spin/20ms") != hello || threadTime()-used < 20*time.Millisecond {
		t.Errorf("/spin/20ms used %v", threadTime()-used)
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if got := reply("/store/200000"); got != hello {
		t.Errorf("/store said %q", got)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("/store left %v behind, %v", left, err)
	}
	t.Setenv("TMPDIR", dir+"/missing")
	if got := reply("/store/1"); got != failed(500, "Internal Server Error", "the work failed\n", "") {
		t.Errorf("/store without a directory said %q", got)
	}
}

// burdens are long inputs. Each would take quadratic time if the talk searched or moved a part of it again and again.
var burdens = map[string]string{
	"head":       "GET / HTTP/1.1\r\nHost: h\r\na: " + strings.Repeat("x", maxHead-100) + "\r\n\r\n",
	"headers":    "GET / HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("a: "+strings.Repeat("x", 300)+"\r\n", 99) + "\r\n",
	"body":       post + "Content-Length: 1048576\r\n\r\n" + strings.Repeat("x", maxBody),
	"chunks":     post + te + "\r\n" + strings.Repeat("1\r\na\r\n", 10_000) + "0\r\n\r\n",
	"lines":      strings.Repeat("hi\n", 20_000),
	"a line":     "hi\n" + strings.Repeat("x", 1<<17) + "\n",
	"pipelined":  strings.Repeat(get, 2000),
	"one by one": strings.Repeat("GET /bytes/1 HTTP/1.1\r\nHost: h\r\n\r\n", 2000),
}

// TestLinear counts the work of a talk on input that comes byte by byte: no byte is searched twice for the end of its
// line, and kept input is moved at most twice over.
func TestLinear(t *testing.T) {
	for name, in := range burdens {
		for _, size := range []int{1, 1000, 16 << 10} {
			talk := (&Book{}).Open()
			moved := 0
			watch := func(fed int, act func()) {
				kept := len(talk.in) - talk.at
				act()
				rest := len(talk.in) - talk.at
				if kept > 0 {
					moved += fed
				}
				if kept == 0 || talk.at == 0 && rest < kept+fed {
					moved += rest
				}
				if talk.Next() == Read && talk.scanned != rest {
					t.Fatalf("%s: of a rest of %d bytes %d are known to hold no line", name, rest, talk.scanned)
				}
			}
			for rest := []byte(in); len(rest) > 0; {
				n := min(size, len(rest))
				watch(n, func() { talk.Feed(rest[:n]) })
				rest = rest[n:]
				for talk.Next() == Write {
					watch(0, func() { talk.Sent(len(talk.Out())) })
				}
			}
			if moved > 2*len(in) {
				t.Errorf("%s in pieces of %d: %d bytes of input moved %d", name, size, len(in), moved)
			}
		}
	}
}
