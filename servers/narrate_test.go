package main

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"carousel/internal/golden"
)

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// TestNarrate tells the same story on every model: one client connects and thinks, another connects, asks and is to
// be answered, then the first asks and leaves, and the second leaves.
func TestNarrate(t *testing.T) {
	for _, m := range models {
		if m.hidden {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if why := m.unavailable(); why != "" {
				t.Skip(why)
			}
			ask, accepted, answered, gone, atATime := "hello\n", "waits to be read", "waits to be read", "leaves", m.name == "blocking" || m.name == "prefork"
			if lacks[m.name]&lines != 0 { // its library tells only of connections and replies
				ask, accepted, answered, gone = "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "is accepted", "is answered", ""
			}
			flags := []string{"--narrate"}
			if m.name == "prefork" {
				flags = append(flags, "--workers", "1") // each worker counts its own clients
			}
			v, err := ours(m.name).start(flags...)
			if err != nil {
				t.Fatal(err)
			}
			defer v.kill()

			one, two := v.visitor(t, "1"), v.visitor(t, "2")
			one.connect()
			one.until(accepted)
			two.connect()
			if !atATime {
				two.until(accepted)
			}
			two.say(ask)
			if !atATime {
				two.hear()
				two.until(answered)
			}
			one.say(ask)
			one.hear()
			one.until(answered)
			one.leave()
			one.until(gone)
			if atATime {
				two.hear()
				two.until(accepted, answered)
			}
			two.leave()
			two.until(gone)

			story := port.ReplaceAllString(v.stderr.String(), "127.0.0.1:PORT")
			if i := strings.LastIndex(story, gone+"\n"); gone != "" && i >= 0 {
				story = story[:i+len(gone)+1] // whatever the loop goes on to do
			}
			golden.Check(t, filepath.Join("narrate", m.name+".txt"), story)
		})
	}
}

// visitor is a client whose server's narration is followed.
type visitor struct {
	t    *testing.T
	v    *server
	name string
	conn net.Conn
	told int // bytes of the narration already followed
}

func (v *server) visitor(t *testing.T, name string) *visitor { return &visitor{t: t, v: v, name: name} }

func (c *visitor) connect() {
	conn, err := net.DialTimeout("tcp", c.v.addr, patience)
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	c.t.Cleanup(func() { conn.Close() })
	c.conn = conn
}

func (c *visitor) say(s string) {
	if _, err := io.WriteString(c.conn, s); err != nil {
		c.t.Fatal(err)
	}
}

func (c *visitor) hear() {
	reply := make([]byte, 4096)
	for got := 0; !strings.HasSuffix(string(reply[:got]), "Hello world\n"); {
		n, err := c.conn.Read(reply[got:])
		if err != nil {
			c.t.Fatalf("client %s: %v after %q; told: %s", c.name, err, reply[:got], c.v.stderr.String())
		}
		got += n
	}
}

func (c *visitor) leave() { c.conn.Close() }

// until waits until the narration has said these things of the client, in this order, and the server waits again: what
// its loop makes of the next thing must not depend on how far it had got with the last.
func (c *visitor) until(things ...string) {
	limit := time.Now().Add(patience)
	for _, thing := range things {
		if thing == "" {
			continue
		}
		line := "client " + c.name + " " + thing + "\n"
		for {
			story := c.v.stderr.String()
			if i := strings.Index(story[c.told:], line); i >= 0 {
				c.told += i + len(line)
				break
			}
			if time.Now().After(limit) {
				c.t.Fatalf("never told %q; told:\n%s", line, story)
			}
			time.Sleep(time.Millisecond)
		}
	}
	for !c.v.waits() && time.Now().Before(limit) {
		time.Sleep(time.Millisecond)
	}
}

// waits tells whether no thread of the server runs or could; true where the system does not say.
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
