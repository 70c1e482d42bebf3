package main

import (
	"cmp"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"carousel/internal/golden"
	"carousel/internal/sock"
)

// few are the flags that give a model the same few workers or loops on any machine.
var few = map[string][]string{"pool": {"--workers", "2"}, "prefork": {"--workers", "1"}, "reactors": {"--loops", "2"}}

// oneByOne are the models that serve one client after another: a second is served when the first has left.
var oneByOne = []string{"blocking", "prefork"}

// TestNarrate plays one script on every model: one client connects and thinks; another connects and is answered meanwhile, or is not;
// then the first requests /block and /sleep and leaves, and the second leaves. A third resets its connection, and then the server ends.
func TestNarrate(t *testing.T) {
	if !sock.Linux {
		t.Skip("it takes /proc to see that a server is at rest")
	}
	for _, m := range models {
		if m.hidden {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			skipUnavailable(t, m.name)
			n := narrator(t, m.name, few[m.name]...)
			one, two := &visitor{narrated: n}, &visitor{narrated: n}
			n.step("one connects, and thinks", one.connects)
			if slices.Contains(oneByOne, m.name) {
				two.connects()
				two.asks("/")
				n.step("one asks for /block/2ms, after two has asked for /", func() { one.asks("/block/2ms"); one.hears() })
				n.step("one asks for /sleep/2ms", func() { one.asks("/sleep/2ms"); one.hears() })
				n.step("one leaves", func() { one.leaves(); two.hears() })
			} else {
				n.step("two connects", two.connects)
				n.step("two asks for /", func() { two.asks("/"); two.hears() })
				n.step("one asks for /block/2ms", func() { one.asks("/block/2ms"); one.hears() })
				n.step("one asks for /sleep/2ms", func() { one.asks("/sleep/2ms"); one.hears() })
				n.step("one leaves", one.leaves)
			}
			n.step("two leaves", two.leaves)
			three := &visitor{narrated: n}
			n.step("three connects", three.connects)
			n.step("three breaks off", three.breaksOff)
			n.step("it is to end", func() {
				if _, err := n.stop(); err != nil {
					t.Error(err)
				}
			})
			golden.Check(t, filepath.Join("narrate", m.name+".txt"), n.plain(m.name))
		})
	}
}

// A talk that could go on narrates that its turn is over, and a refusal is narrated.
func TestNarrateLimits(t *testing.T) {
	if !sock.Linux {
		t.Skip("it takes /proc to see that a server is at rest")
	}
	for _, c := range []struct {
		model, flag, path, says string
	}{
		{"epoll", "--narrate", "/block/1us HTTP/1.1\r\nHost: h\r\n\r\nGET /block/1us", "its turn is over: a timer is set for fd"}, // two requests at once
		{"thread", "--threads=1", "/", " ms  server    a connection was refused: all 1 threads have a connection"},
	} {
		t.Run(c.model, func(t *testing.T) {
			t.Parallel()
			n := narrator(t, c.model, c.flag)
			one, two := &visitor{narrated: n}, &visitor{narrated: n}
			n.step("one connects, and asks", func() { one.connects(); one.asks(c.path); one.hears() })
			n.step("two connects", two.connects)
			if !strings.Contains(n.story(), c.says) {
				t.Errorf("%q is not in\n%s", c.says, n.story())
			}
		})
	}
}

// parallel are lanes that run at the same time as others: in every step their lines come first.
var parallel = map[string]string{"thread": "acceptor", "prefork": "parent", "goroutine": "main", "nethttp": "Serve", "fasthttp": "Serve", "asyncio-executor": "loop executor"}

// byChance matches names that the kernel chooses.
var byChance = map[string]*regexp.Regexp{
	"pool":     regexp.MustCompile(`worker \d+`),
	"prefork":  regexp.MustCompile(`process \d+`),
	"gnet":     regexp.MustCompile(`loop \d+`),
	"reactors": regexp.MustCompile(`loop \d+|fd \d+ is readable`),
}

var (
	instant = regexp.MustCompile(`(?m)^ *\d+\.\d{3} ms`)
	port    = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	fd      = regexp.MustCompile(`\bfd \d+`)
	digits  = regexp.MustCompile(`\d+`)
)

const columns = len("   0.000 ms  ") // of the time stamp, before the lane and the text

// plain returns the story, step by step, without what differs from run to run: it numbers descriptors from 3, in the order in which they appear.
func (n *narrated) plain(model string) string {
	var out strings.Builder
	story := n.story()
	for i, s := range n.steps {
		to := len(story)
		if i+1 < len(n.steps) {
			to = n.steps[i+1].from
		}
		lines := slices.Collect(strings.Lines(instant.ReplaceAllString(story[s.from:to], "   0.000 ms")))
		slices.SortStableFunc(lines, func(a, b string) int { return cmp.Compare(rank(model, a), rank(model, b)) })
		out.WriteString(s.what + ":\n" + strings.Join(lines, ""))
	}
	text := port.ReplaceAllString(out.String(), "127.0.0.1:PORT")
	if chance := byChance[model]; chance != nil {
		text = chance.ReplaceAllStringFunc(text, func(s string) string { return digits.ReplaceAllString(s, "N") })
	}
	seen := []string{"fd 0", "fd 1", "fd 2"}
	return fd.ReplaceAllStringFunc(text, func(s string) string {
		if !slices.Contains(seen, s) {
			seen = append(seen, s)
		}
		return "fd " + strconv.Itoa(slices.Index(seen, s))
	})
}

// rank puts the lines of the lanes in parallel before the others.
func rank(model, line string) int {
	lanes := strings.Fields(parallel[model])
	for i, lane := range lanes {
		if strings.HasPrefix(line[min(columns, len(line)):], lane+" ") {
			return i
		}
	}
	return len(lanes)
}

// words maps a word of the narration to the models that use it, where not all do.
var words = map[string]string{
	"read blocks until":                     "blocking",
	"the only thread":                       "blocking",
	"the kernel takes it off the processor": "thread",
	"its thread ends":                       "thread",
	"no other client is served here":        "pool",
	"this process":                          "prefork",
	"in the kernel's queue":                 "pool",
	"set to read":                           "select",
	"filled anew":                           "select",
	"entry":                                 "poll",
	"of the list":                           "poll",
	"callback":                              "epoll reactors asyncio asyncio-executor",
	"registered":                            "epoll reactors",
	"of its own":                            "reactors",
	"the kernel deals it":                   "reactors",
	"to_read":                               "generator",
	"to_write":                              "generator",
	"yields ('":                             "generator",
	"next(task":                             "generator",
	"is sent in past converse":              "coroutine",
	"is thrown into converse":               "coroutine",
	"converse delegates to":                 "coroutine",
	"returns to converse":                   "coroutine",
	"yields 'read' past converse":           "coroutine",
	"io_uring_enter":                        "uring",
	"multishot":                             "uring",
	"completes":                             "uring",
	"queued":                                "uring",
	"Task-":                                 "asyncio asyncio-executor",
	"the future of recv":                    "asyncio asyncio-executor",
	"executor":                              "asyncio-executor",
	"by the runtime":                        "goroutine",
	"ConnState":                             "nethttp",
	"RequestCtx":                            "fasthttp",
	"the handler":                           "nethttp fasthttp",
	"OnTraffic":                             "gnet",
}

// Every model narrates in words that no other uses: two narrations differ in more than names and numbers.
func TestOwnWords(t *testing.T) {
	stories, phrases := map[string]string{}, map[string][]string{}
	for _, m := range models {
		if m.hidden {
			continue
		}
		text, err := os.ReadFile(filepath.Join("testdata", "narrate", m.name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		stories[m.name] = string(text)
		phrases[m.name] = phrasesOf(string(text))
		if !slices.ContainsFunc(slices.Collect(maps.Values(words)), func(whose string) bool { return slices.Contains(strings.Fields(whose), m.name) }) {
			t.Errorf("%s has no words of its own", m.name)
		}
		for _, word := range []string{"connection is broken", "the server ends"} {
			if strings.Count(string(text), word) != 1 {
				t.Errorf("%s says %d times that %s", m.name, strings.Count(string(text), word), word)
			}
		}
	}
	for word, whose := range words {
		for model, story := range stories {
			if own, found := slices.Contains(strings.Fields(whose), model), strings.Contains(story, word); own != found {
				t.Errorf("%q is of %s; that %s says it: %v", word, whose, model, found)
			}
		}
	}
	for a := range phrases {
		for b := range phrases {
			if a < b && slices.Equal(phrases[a], phrases[b]) {
				t.Errorf("%s and %s say the same", a, b)
			}
		}
	}
}

var actors = regexp.MustCompile(`\b(?:client|loop|thread|worker|goroutine|carousel)s?(?: N)?\b`)

// phrasesOf returns the phrases of a story, each once, without names.
func phrasesOf(story string) []string {
	var all []string
	for line := range strings.Lines(story) {
		if !strings.HasPrefix(line, " ") {
			continue // this line names the step
		}
		line = digits.ReplaceAllString(line[min(len(line), columns):], "N")
		all = append(all, strings.Join(strings.Fields(actors.ReplaceAllString(line, "")), " "))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// narrated is a server with its narration.
type narrated struct {
	*server
	t     *testing.T
	steps []step
	file  string // of its standard error: from a pipe the test might not have read all of it yet
}

func narrator(t *testing.T, model string, flags ...string) *narrated {
	file := filepath.Join(t.TempDir(), "stderr")
	stderr, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	v, err := subject(func(flags ...string) *exec.Cmd {
		cmd := ours(model)(flags...)
		cmd.Stderr = stderr
		return cmd
	}).start(append(flags, "--narrate")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.kill)
	n := &narrated{server: v, t: t, file: file, steps: []step{{"it starts", 0}}}
	n.until(t, func() bool { return true })
	return n
}

// step is a step of the script, and where in the story it begins.
type step struct {
	what string
	from int
}

// step does something that the server narrates, and waits until it has.
func (n *narrated) step(what string, does func()) {
	before := n.story()
	n.steps = append(n.steps, step{what, len(before)})
	does()
	defer func() {
		if n.t.Failed() {
			n.t.Logf("it says no more than:\n%s", n.story())
		}
	}()
	n.until(n.t, func() bool { return n.story() != before })
}

func (n *narrated) story() string {
	text, err := os.ReadFile(n.file)
	if err != nil {
		n.t.Fatal(err)
	}
	return string(text)
}

// visitor is a client.
type visitor struct {
	*narrated
	conn net.Conn
}

func (c *visitor) connects() {
	conn, err := net.DialTimeout("tcp", c.addr, patience)
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	c.t.Cleanup(func() { conn.Close() })
	c.conn = conn
}

func (c *visitor) asks(path string) {
	if _, err := io.WriteString(c.conn, "GET "+path+" HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *visitor) hears() {
	reply := make([]byte, 4096)
	for got := 0; !strings.HasSuffix(string(reply[:got]), "Hello world\n"); {
		n, err := c.conn.Read(reply[got:])
		if err != nil {
			c.t.Fatalf("%v after %q; said: %s", err, reply[:got], c.story())
		}
		got += n
	}
}

func (c *visitor) leaves() { c.conn.Close() }

// breaksOff resets the connection.
func (c *visitor) breaksOff() {
	c.conn.(*net.TCPConn).SetLinger(0)
	c.conn.Close()
}

// until waits until a condition holds and the server is at rest, so that the next step always finds the server in the same state.
func (v *server) until(t *testing.T, there func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !there() || !v.waits() || !v.waits(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("nothing comes about, or the server does not come to rest")
		}
	}
}

// waits reports whether all threads of the server sleep.
func (v *server) waits() bool {
	for _, thread := range v.files("task/*/stat") {
		stat, err := os.ReadFile(thread)
		_, state, _ := strings.Cut(string(stat), ") ")
		if err == nil && !strings.HasPrefix(state, "S") {
			return false
		}
	}
	return true
}
