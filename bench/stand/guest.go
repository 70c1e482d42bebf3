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

// answerLimit is how long a check waits for one answer.
const answerLimit = 2 * time.Second

// answer is a right answer: its status and its body; "" allows any body.
type answer struct {
	status int
	body   string
}

var helloAnswer = answer{http.StatusOK, hello}

// request sends GET path on a new connection and checks that the answer is a 200 with the body hello.
func request(addr, path string, limit time.Duration) (status int, err error) {
	return exchange(addr, limit, get(path), 1, helloAnswer)
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: carousel\r\n\r\n" }

// exchange sends requests in one write on a new connection and checks that so many answers come back, each equal to want. status is that
// of the last one; 0 if none came.
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
	reply, err := readAnswers(bufio.NewReader(c), answers, want)
	if reply != nil {
		status = reply.StatusCode
	}
	return status, err
}

// readAnswers reads so many answers from r and checks them. It returns the last one that came, nil if none did.
func readAnswers(r *bufio.Reader, answers int, want answer) (last *http.Response, err error) {
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

// waitForAnswer waits until the server at addr answers GET path in any way: a guest prints no READY line. died is closed when its process ends.
func waitForAnswer(ctx context.Context, addr, path string, died <-chan struct{}, limit time.Duration) error {
	end := time.Now().Add(limit)
	for {
		status, err := request(addr, path, answerLimit) // not the rest of limit: a short wait would hide why there is no answer
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

// check checks what every measurement relies on: right answers to GET path twice on one connection, to two requests in one write, and to
// a request that arrives byte by byte.
func check(addr, path string, want answer) error {
	if err := checkKeepAlive(addr, path, want); err != nil {
		return fmt.Errorf("GET %s twice over one connection: %w", path, err)
	}
	if _, err := exchange(addr, answerLimit, get(path)+get(path), 2, want); err != nil {
		return fmt.Errorf("GET %s twice in one piece: %w", path, err)
	}
	if err := checkFragmented(addr, path, want); err != nil {
		return fmt.Errorf("GET %s in single bytes: %w", path, err)
	}
	return nil
}

func checkKeepAlive(addr, path string, want answer) error {
	c, err := net.DialTimeout("tcp", addr, answerLimit)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(answerLimit))
	r := bufio.NewReader(c)
	for i := range 2 {
		if _, err := io.WriteString(c, get(path)); err != nil {
			return err
		}
		reply, err := readAnswers(r, 1, want)
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

func checkFragmented(addr, path string, want answer) error {
	c, err := net.DialTimeout("tcp", addr, answerLimit)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(answerLimit))
	pause := 50 * time.Millisecond                   // long enough that the first byte is read alone, even on a busy machine
	for _, b := range strings.Split(get(path), "") { // package net sets TCP_NODELAY: a byte is a segment
		if _, err := io.WriteString(c, b); err != nil {
			return err
		}
		time.Sleep(pause)
		pause = 100 * time.Microsecond // usually long enough
	}
	_, err = readAnswers(bufio.NewReader(c), 1, want)
	return err
}

// missingEndpoints requests each endpoint of the scenarios and returns, by endpoint, which ones a guest does not have. A guest that answers
// every path with hello has none of them.
func missingEndpoints(addr string, p *plan.Plan) map[string]string {
	missing := map[string]string{}
	for _, e := range p.Scenarios {
		s := scenario.Find(e.Name)
		endpoint, has := s.Endpoint(), true
		switch endpoint {
		case "/":
		case "/moved":
			has = redirectsToPNG(addr, s.Path)
		case "/bytes":
			_, err := exchange(addr, answerLimit, get("/bytes/7"), 1, answer{http.StatusOK, "ABCDEFG"})
			has = err == nil
		default:
			has = answersAfter(addr, endpoint)
		}
		if !has {
			missing[endpoint] = "no " + endpoint
		}
	}
	return missing
}

// answersAfter reports whether the endpoint answers hello after the time in its path, and not before. A busy machine may delay an
// answer that was sent at once, so a second, longer time is tried, which no machine delays by chance.
func answersAfter(addr, endpoint string) bool {
	for _, d := range []time.Duration{20 * time.Millisecond, 500 * time.Millisecond} {
		sent := time.Now()
		if _, err := request(addr, endpoint+"/"+d.String(), d+answerLimit); err != nil || time.Since(sent) < d {
			return false
		}
	}
	return true
}

// redirectsToPNG reports whether path is redirected to a PNG image.
func redirectsToPNG(addr, path string) bool {
	moved := false
	client := http.Client{Timeout: answerLimit, Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error {
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

// Examine starts a guest, checks its answers and finds out which endpoints it lacks. A guest with a path of its own has only that. The error is
// a *WrongAnswer if it answers wrongly.
func (s *Stand) Examine(ctx context.Context, name string, p *plan.Plan) error {
	c := s.candidates[name]
	up, err := start(ctx, c, nil, false)
	if err != nil {
		return err
	}
	defer up.stop()
	if err := check(up.addr, c.path(), c.wantedAnswer()); err != nil {
		hint := ""
		if c.Path == "" && !errors.Is(err, errKeepAlive) {
			hint = "; to measure another answer, name its path with --path"
		}
		return &WrongAnswer{fmt.Errorf("%s answers wrongly: %w%s", name, err, hint)}
	}
	if c.Path == "" {
		c.missing = missingEndpoints(up.addr, p)
	} else {
		c.missing = map[string]string{}
		for _, e := range p.Scenarios {
			if endpoint := scenario.Find(e.Name).Endpoint(); endpoint != "/" {
				c.missing[endpoint] = "only GET " + c.Path + " is measured"
			}
		}
	}
	s.candidates[name] = c
	return nil
}

// WrongAnswer is the error of a server that answers wrongly.
type WrongAnswer struct{ error }
