package stand

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"carousel/bench/plan"
	"carousel/internal/scenario"
)

const hello = "Hello world\n"

// patience is how long a check waits for one answer.
const patience = 2 * time.Second

// answer is what a right one is: its status, and its body unless that may be any.
type answer struct {
	status int
	body   string
}

var helloAnswer = answer{http.StatusOK, hello}

// ask sends GET path on a connection of its own and checks that the answer is a 200 that says hello.
func ask(addr, path string, limit time.Duration) (status int, err error) {
	return exchange(addr, limit, get(path), 1, helloAnswer)
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: carousel\r\n\r\n" }

// exchange sends requests as one piece on a connection of its own and checks that as many answers as asked come back, each of them
// as wanted; status is that of the last one read.
func exchange(addr string, limit time.Duration, requests string, answers int, want answer) (status int, err error) {
	c, err := net.DialTimeout("tcp", addr, limit)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(limit))
	if _, err := io.WriteString(c, requests); err != nil {
		return 0, err
	}
	reply, err := hear(bufio.NewReader(c), answers, want)
	if reply != nil {
		status = reply.StatusCode
	}
	return status, err
}

// hear reads answers from r and checks them. It returns the last one that came, nil if none did.
func hear(r *bufio.Reader, answers int, want answer) (last *http.Response, err error) {
	for i := range answers {
		which := "the answer"
		if answers > 1 {
			which = fmt.Sprintf("answer %d of %d", i+1, answers)
		}
		reply, err := http.ReadResponse(r, nil)
		if err != nil {
			return last, fmt.Errorf("%s did not come: %w", which, err)
		}
		last = reply
		status := reply.StatusCode
		body, err := io.ReadAll(io.LimitReader(reply.Body, 64<<20))
		switch {
		case err != nil:
			return last, fmt.Errorf("%s broke off: %w", which, err)
		case want.body == "" && status != want.status:
			return last, fmt.Errorf("%s is status %d, expected %d", which, status, want.status)
		case want.body != "" && (status != want.status || string(body) != want.body):
			return last, fmt.Errorf("%s is status %d with body %.40q, expected %d with %q", which, status, body, want.status, want.body)
		}
	}
	return last, nil
}

// answering waits until the server at addr answers anything at all to GET path: a server of the user's own prints no READY line.
func answering(ctx context.Context, addr, path string, died <-chan struct{}, limit time.Duration) error {
	end := time.Now().Add(limit)
	for {
		status, err := ask(addr, path, patience) // not only what is left: too short a wait would hide why there is no answer
		if status != 0 || err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-died:
			return fmt.Errorf("it ended before it answered GET %s at %s", path, addr)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(end) {
			return fmt.Errorf("no answer to GET %s at %s within %v: %w", path, addr, limit, err)
		}
	}
}

// check holds a server of the user's own to what every measurement relies on: right answers to GET path on a connection kept
// alive, to two requests in one piece, and to one that arrives byte by byte.
func check(addr, path string, want answer) error {
	if err := keptAlive(addr, path, want); err != nil {
		return fmt.Errorf("GET %s twice over one connection: %w", path, err)
	}
	if _, err := exchange(addr, patience, get(path)+get(path), 2, want); err != nil {
		return fmt.Errorf("GET %s twice in one piece: %w", path, err)
	}
	if err := fragmented(addr, path, want); err != nil {
		return fmt.Errorf("GET %s in single bytes: %w", path, err)
	}
	return nil
}

func keptAlive(addr, path string, want answer) error {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReader(c)
	for i := range 2 {
		if _, err := io.WriteString(c, get(path)); err != nil {
			return err
		}
		reply, err := hear(r, 1, want)
		closes := i == 0 && reply != nil && reply.Close
		switch {
		case closes && !reply.ProtoAtLeast(1, 1): // before its body: --path helps against another body, but not against this
			return fmt.Errorf("the server speaks HTTP/1.0 and closes the connection after each answer: %w, as in python3 -m http.server --protocol HTTP/1.1", errKeepAlive)
		case err != nil:
			return err
		case closes:
			return fmt.Errorf("the server closes the connection after its answer: %w, and a Content-Length or chunks", errKeepAlive)
		}
	}
	return nil
}

var errKeepAlive = errors.New("bench needs HTTP/1.1 with keep-alive")

func fragmented(addr, path string, want answer) error {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	pause := 50 * time.Millisecond                   // long enough for the first byte to be read alone beside other load, too
	for _, b := range strings.Split(get(path), "") { // package net sets TCP_NODELAY: a byte is a segment
		if _, err := io.WriteString(c, b); err != nil {
			return err
		}
		time.Sleep(pause)
		pause = 100 * time.Microsecond // long enough most of the time
	}
	_, err = hear(bufio.NewReader(c), 1, want)
	return err
}

// lacking probes each endpoint of the scenarios once and says, by endpoint, what a server of the user's own does not have. One that
// says hello to whatever is asked has none of them.
func lacking(addr string, p *plan.Plan) map[string]string {
	lacks := map[string]string{}
	for _, e := range p.Scenarios {
		s := scenario.Find(e.Name)
		endpoint, has := s.Endpoint(), true
		switch endpoint {
		case "/":
		case "/moved":
			has = leadsToPicture(addr, s.Path)
		case "/bytes":
			_, err := exchange(addr, patience, get("/bytes/7"), 1, answer{http.StatusOK, "ABCDEFG"})
			has = err == nil
		default:
			has = takes(addr, endpoint)
		}
		if !has {
			lacks[endpoint] = "no " + endpoint
		}
	}
	return lacks
}

// takes reports whether the endpoint's answer, which is hello, comes after the time asked for and not before. A busy machine may
// hold up an answer that came at once, so one that was late enough has to be so again, for longer than a machine holds up anything.
func takes(addr, endpoint string) bool {
	for _, d := range []time.Duration{20 * time.Millisecond, 500 * time.Millisecond} {
		asked := time.Now()
		if _, err := ask(addr, endpoint+"/"+d.String(), d+patience); err != nil || time.Since(asked) < d {
			return false
		}
	}
	return true
}

// leadsToPicture reports whether path is redirected, and to a PNG.
func leadsToPicture(addr, path string) bool {
	moved := false
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error {
		moved = true
		return nil
	}}
	reply, err := client.Get("http://" + addr + path)
	if err != nil {
		return false
	}
	defer reply.Body.Close()
	const signature = "\x89PNG"
	start := make([]byte, len(signature))
	_, err = io.ReadFull(reply.Body, start)
	return moved && err == nil && reply.StatusCode == http.StatusOK && string(start) == signature
}

// Examine holds a guest to right answers before it is measured and finds out which endpoints it lacks. One that is asked for something else
// than / has none but that.
func (s *Stand) Examine(ctx context.Context, name string, p *plan.Plan) error {
	c := s.candidates[name]
	up, err := start(ctx, c, nil, false)
	if err != nil {
		return err
	}
	defer up.stop()
	if err := check(up.addr, c.path(), c.wants()); err != nil {
		hint := ""
		if c.Path == "" && !errors.Is(err, errKeepAlive) {
			hint = "; if it does not say hello, ask it for something else: --path /x"
		}
		return &Wrong{fmt.Errorf("%s answers wrongly: %w%s", name, err, hint)}
	}
	if c.Path == "" {
		c.lacks = lacking(up.addr, p)
	} else {
		c.lacks = map[string]string{}
		for _, e := range p.Scenarios {
			if endpoint := scenario.Find(e.Name).Endpoint(); endpoint != "/" {
				c.lacks[endpoint] = "it is asked for " + c.Path + " only"
			}
		}
	}
	s.candidates[name] = c
	return nil
}

// Wrong is that a server answers wrongly.
type Wrong struct{ error }
