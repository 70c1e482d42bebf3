//go:build exercise

package blocking

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"carousel/lessons/watchdog"
)

const reply = "Hello world\n"

func TestExercise(t *testing.T) {
	defer watchdog.Start("Serve")()
	for _, c := range []struct {
		name    string
		clients [][]string // for each client, what its reads return, in order
	}{
		{"a message", [][]string{{"hello\n"}}},
		{"two clients, one after another", [][]string{{"hello\n"}, {"hello\n", "again\n"}}},
		{"a client that leaves without a word, then another", [][]string{{}, {"hello\n"}}},
		{"a message in three pieces", [][]string{{"he", "ll", "o\n"}}},
		{"three messages in one read", [][]string{{"one\ntwo\nthree\n"}}},
		{"a message and a half in one read, the other half in the next", [][]string{{"one\ntw", "o\n"}}},
		{"half a message, then the end", [][]string{{"one\ntw"}, {"three\n"}}},
		{"a message of 200,000 bytes", [][]string{{strings.Repeat("x", 200_000), "\n"}}},
	} {
		if !t.Run(c.name, func(t *testing.T) {
			ln := &listener{t: t}
			for i, reads := range c.clients {
				ln.queue = append(ln.queue, &client{t: t, number: i + 1, reads: reads})
			}
			all := ln.queue
			if err := Serve(ln); err != nil {
				t.Fatalf("Serve returned the error %q: when Accept fails it is to end without one", err)
			}
			for _, client := range all[:len(all)-len(ln.queue)] {
				client.check()
			}
			if len(ln.queue) > 0 {
				t.Errorf("Serve returned while %d more client(s) waited in the queue", len(ln.queue))
			}
		}) {
			return // show the learner one failure at a time
		}
	}
}

// listener has all its clients in the queue from the start.
type listener struct {
	t        *testing.T
	queue    []*client
	failures int
}

func (l *listener) Accept() (io.ReadWriteCloser, error) {
	if len(l.queue) == 0 {
		if l.failures++; l.failures > 3 {
			l.t.Fatal("Accept has failed, and you call it again and again: it fails for ever once the socket is closed")
		}
		return nil, errors.New("accept: the listening socket is closed")
	}
	next := l.queue[0]
	l.queue = l.queue[1:]
	return next, nil
}

func (l *listener) Close() error {
	l.t.Helper()
	if l.failures == 0 {
		l.t.Fatal("one client has left, and you closed the listening socket: whoever is in its queue, and whoever would have come, is hung up on. Close that client's connection, then accept the next")
	}
	return nil
}

// client sends more only after all that it has sent is answered.
type client struct {
	t      *testing.T
	number int
	reads  []string
	sent   string
	got    string
	ends   int // reads that found the end
	closed bool
}

func (c *client) Read(p []byte) (int, error) {
	c.t.Helper()
	if owed := strings.Count(c.sent, "\n") - strings.Count(c.got, "\n"); owed > 0 {
		c.t.Fatalf("client %d has sent %s and got %s; it waits for %d more line(s), while you wait for more of it: neither goes on. Answer every message that you have before you read again",
			c.number, short(c.sent), short(c.got), owed)
	}
	if len(c.reads) == 0 {
		if c.ends++; c.ends > 3 {
			c.t.Fatalf("client %d has finished sending, and you read from it again and again: hang up", c.number)
		}
		return 0, io.EOF
	}
	n := copy(p, c.reads[0])
	c.sent += c.reads[0][:n]
	if c.reads[0] = c.reads[0][n:]; c.reads[0] == "" {
		c.reads = c.reads[1:]
	}
	return n, nil
}

func (c *client) Write(p []byte) (int, error) {
	c.got += string(p)
	if messages, answers := strings.Count(c.sent, "\n"), strings.Count(c.got, "\n"); answers > messages {
		c.t.Fatalf("client %d has sent %s, which is %d whole message(s), and has %d answer(s) now: a read is not a message. Only what ends with a newline is",
			c.number, short(c.sent), messages, answers)
	}
	return len(p), nil
}

func (c *client) Close() error {
	c.closed = true
	return nil
}

func (c *client) check() {
	c.t.Helper()
	switch want := strings.Repeat(reply, strings.Count(c.sent, "\n")); {
	case len(c.reads) > 0:
		c.t.Fatalf("client %d had %s still to send when you stopped reading: a client may send many messages, and long ones", c.number, short(strings.Join(c.reads, "")))
	case c.got != want:
		c.t.Fatalf("client %d sent %s and got %q, want %q", c.number, short(c.sent), c.got, want)
	case !c.closed:
		c.t.Fatalf("client %d has left, and its connection is still open: every such one keeps a descriptor, and a process has about a thousand. Close it", c.number)
	}
}

// short returns a text in quotes, cut if it is long.
func short(text string) string {
	if len(text) <= 40 {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%q and so on, %d bytes", text[:20], len(text))
}
