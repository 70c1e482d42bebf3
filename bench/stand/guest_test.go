package stand

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"carousel/bench/plan"
)

const helloReply = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello world\n"

// listen serves each connection with serve, in a goroutine each, until the test ends.
func listen(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	return listenFew(t, 1000, serve)
}

// listenFew serves at most few connections at a time, in the order they came.
func listenFew(t *testing.T, few int, serve func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done, seats := make(chan struct{}), make(chan struct{}, few)
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			seats <- struct{}{}
			go func() {
				defer func() { c.Close(); <-seats }()
				c.SetDeadline(time.Now().Add(5 * time.Second))
				serve(c)
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// perRequest answers each request it reads with reply.
func perRequest(reply string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			io.WriteString(c, reply)
		}
	}
}

// once answers a request with reply and closes.
func once(reply string) func(net.Conn) {
	return func(c net.Conn) {
		http.ReadRequest(bufio.NewReader(c))
		io.WriteString(c, reply)
	}
}

func TestCheckPassesARightServer(t *testing.T) {
	if err := check(listen(t, perRequest(helloReply)), "/", helloAnswer); err != nil {
		t.Errorf("a right server: %v", err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hello) }))
	defer s.Close()
	if err := check(strings.TrimPrefix(s.URL, "http://"), "/", helloAnswer); err != nil {
		t.Errorf("net/http: %v", err)
	}
}

func TestCheckFindsWrongAnswers(t *testing.T) {
	for _, c := range []struct {
		name, message string
		serve         func(net.Conn)
	}{
		{"another body", `status 200 with body "Hi"`, perRequest("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHi")},
		{"another status", "status 404", perRequest(strings.Replace(helloReply, "200 OK", "404 Not Found", 1))},
		{"too short", "broke off", once("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello")},
		{"HTTP/1.0", "bench needs HTTP/1.1 with keep-alive, as in python3 -m http.server --protocol HTTP/1.1", once("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nHi")},
		{"HTTP/1.0, another status", "status 404", perRequest("HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")},
		{"Connection: close", "with keep-alive", once("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\nHello world\n")},
		{"no length", "a Content-Length or chunks", once("HTTP/1.1 200 OK\r\n\r\nHello world\n")},
		{"Connection: close, another status", "status 404", once("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")},
		{"no keep-alive", "twice over one connection", once(helloReply)},
		{"one reply for each read", "twice in one piece", func(c net.Conn) {
			buf := make([]byte, 4096)
			for {
				if _, err := c.Read(buf); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
				io.WriteString(c, helloReply)
				c.SetReadDeadline(time.Now().Add(time.Second))
			}
		}},
		{"a request is what one read brings", "in single bytes", func(c net.Conn) {
			buf := make([]byte, len(get("/")+get("/"))) // two requests fit exactly
			for {
				n, err := c.Read(buf)
				if err != nil || !strings.HasSuffix(string(buf[:n]), "\r\n\r\n") {
					return
				}
				for range strings.Count(string(buf[:n]), "GET ") {
					io.WriteString(c, helloReply)
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := check(listen(t, c.serve), "/", helloAnswer)
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want an error that says %q", err, c.message)
			}
		})
	}
}

// A guest with a path of its own may answer any body, but with the expected status, and is checked in the same ways.
func TestCheckOfAPath(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/users?all" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, "whoever it may be")
	}))
	defer s.Close()
	addr := s.Listener.Addr().String()
	for _, c := range []struct {
		path    string
		want    answer
		message string
	}{
		{"/users?all", answer{202, ""}, ""},
		{"/users?all", answer{200, ""}, "GET /users?all twice over one connection: the answer is status 202, expected 200"},
		{"/users", answer{202, ""}, "the answer is status 404, expected 202"},
		{"/users", answer{404, ""}, ""},
		{"/users?all", helloAnswer, `status 202 with body "whoever it may be", expected 200 with "Hello world\n"`},
	} {
		if err := check(addr, c.path, c.want); (err == nil) != (c.message == "") || err != nil && !strings.Contains(err.Error(), c.message) {
			t.Errorf("GET %s, wanted %v: %v, want %q", c.path, c.want, err, c.message)
		}
	}
}

func TestLacking(t *testing.T) {
	p, err := plan.Read("default")
	if err != nil {
		t.Fatal(err)
	}
	hello := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hello) }
	late := func(w http.ResponseWriter, r *http.Request) {
		d, _ := time.ParseDuration(path.Base(r.URL.Path))
		time.Sleep(d)
		hello(w, r)
	}
	slow := func(w http.ResponseWriter, r *http.Request) { // as on a busy machine
		time.Sleep(50 * time.Millisecond)
		hello(w, r)
	}
	moved := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.TrimPrefix(r.URL.Path, "/moved"), http.StatusFound)
	}
	picture := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "\x89PNG\r\n\x1a\n and so on") }
	letters := func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(path.Base(r.URL.Path))
		io.WriteString(w, "ABCDEFGHIJ"[:n])
	}
	all := map[string]http.HandlerFunc{"/bytes/": letters, "/sleep/": late, "/block/": late, "/spin/": late, "/moved/": moved, "/image/": picture}
	for name, c := range map[string]struct {
		has   []string
		other http.HandlerFunc
		want  string
	}{
		"all":                {[]string{"/bytes/", "/sleep/", "/block/", "/spin/", "/moved/", "/image/"}, hello, "map[]"},
		"no sleep":           {[]string{"/bytes/", "/block/", "/spin/", "/moved/", "/image/"}, hello, "map[/sleep:no /sleep]"},
		"no pictures":        {[]string{"/sleep/", "/block/", "/spin/", "/moved/"}, hello, "map[/bytes:no /bytes /moved:no /moved]"},
		"pictures not moved": {[]string{"/bytes/", "/sleep/", "/block/", "/spin/", "/image/"}, hello, "map[/moved:no /moved]"},
		"hello late":         {nil, slow, "map[/block:no /block /bytes:no /bytes /moved:no /moved /sleep:no /sleep /spin:no /spin]"},
		"hello to whatever":  {nil, hello, "map[/block:no /block /bytes:no /bytes /moved:no /moved /sleep:no /sleep /spin:no /spin]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.HandleFunc("/", c.other)
			for _, path := range c.has {
				mux.HandleFunc(path, all[path])
			}
			s := httptest.NewServer(mux)
			defer s.Close()
			if got := missingEndpoints(s.Listener.Addr().String(), p); fmt.Sprint(got) != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

func TestAnswering(t *testing.T) {
	addr, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	never := make(chan struct{})
	if err := waitForAnswer(t.Context(), addr, "/", never, 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody listens: %v", err)
	}
	died := make(chan struct{})
	close(died)
	if err := waitForAnswer(t.Context(), addr, "/", died, time.Minute); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("a dead server: %v", err)
	}
	late := make(chan error, 1)
	go func() { late <- waitForAnswer(t.Context(), addr, "/", never, time.Minute) }()
	time.Sleep(20 * time.Millisecond)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skip(err) // another process took the port
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			perRequest("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")(c)
		}
	}()
	if err := <-late; err != nil {
		t.Errorf("an answer of any kind is an answer: %v", err)
	}
}
