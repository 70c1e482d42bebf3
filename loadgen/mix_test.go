package main

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"carousel/internal/result"
)

// fiveKinds is a mix of five requests, each with a rule of its own.
const fiveKinds = `# five kinds
{"name": "home",   "path": "/",        "weight": 50, "expect": {"text": "hello"}}
{"name": "page",   "path": "/page?n=1","weight": 25, "expect": {"length": 300, "contains": "needle"}}
{"name": "order",  "path": "/orders",  "weight": 15, "body_file": "order.txt", "headers": ["X-Kind: order"], "expect": {"status": 201, "sha256": "DIGEST"}}
{"name": "gone",   "path": "/gone",    "weight": 9,  "expect": {"status": 410}}
{"name": "broken", "path": "/broken",  "weight": 1,  "method": "DELETE", "expect": {"status": 204}}
`

// shop serves the five kinds, one of them not as expected, and logs the requests.
type shop struct {
	*httptest.Server
	mu  sync.Mutex
	log []string
}

func openShop(t *testing.T) *shop {
	s := new(shop)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.log = append(s.log, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("X-Kind")+" "+string(body))
		s.mu.Unlock()
		switch r.URL.Path {
		case "/page":
			fmt.Fprint(w, strings.Repeat("x", 200)+"needle"+strings.Repeat("x", 94))
		case "/orders":
			w.WriteHeader(http.StatusCreated)
			w.Write(body)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		default: // "/", and the path of the kind whose reply is not as expected
			fmt.Fprint(w, "hello")
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// received returns the requests logged since the last call.
func (s *shop) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

// mixFile writes the file of the five kinds, and next to it the body of one of them.
func mixFile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"mix.json":  strings.Replace(fiveKinds, "DIGEST", "6b82d4f5c0137d5f68bb56e6e3ed8526b9edd60c07d7b6127fa7a9507634da57", 1),
		"order.txt": "two teas",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "mix.json")
}

// TestMix sends 100,000 requests of five kinds: the server's log, the record by kind and the weights agree, and each reply is checked by the rule of
// its kind.
func TestMix(t *testing.T) {
	const n = 100_000
	s := openShop(t)
	l, _ := recordOf(t, wrong, "-q", "-c", "16", "-n", fmt.Sprint(n), "--mix", mixFile(t), "--seed", "7", "--json", s.URL)
	balanced(t, l)
	counts := map[string]int64{}
	for _, request := range s.received() {
		counts[request]++
	}
	for i, kind := range []struct {
		name, request string
		weight        int64
		wrong         string // the class of replies that are not as expected; "": all are
	}{
		{"home", "GET /  ", 50, ""},
		{"page", "GET /page?n=1  ", 25, ""},
		{"order", "POST /orders order two teas", 15, ""},
		{"gone", "GET /gone  ", 9, ""},
		{"broken", "DELETE /broken  ", 1, "status-200"},
	} {
		logged, want := counts[kind.request], float64(n*kind.weight/100)
		if math.Abs(float64(logged)-want) > 0.01*want {
			t.Errorf("%s was asked for %d times, want %v within 1 %%", kind.name, logged, want)
		}
		of := l.Paths[i]
		good, bad := logged, int64(0)
		if kind.wrong != "" {
			good, bad = 0, logged
		}
		if of.Kind != kind.name || of.OK != good || of.Errors[kind.wrong] != bad || of.Count != good {
			t.Errorf("%s: the record has %+v, the server answered %d, of which %d were as expected", kind.name, of, logged, good)
		}
	}
	if len(l.Spec.Mix) != 5 || l.Spec.Mix[2].Body != "" || l.Spec.Mix[2].BodyBytes != 8 {
		t.Errorf("the record of what was asked: %+v", l.Spec.Mix)
	}
}

// TestMixHasAnOrder loads over one connection, so that the server's log has the order of the requests: the same for the same seed, with every engine.
func TestMixHasAnOrder(t *testing.T) {
	s, file := openShop(t), mixFile(t)
	order := func(flags ...string) []string {
		t.Helper()
		recordOf(t, wrong, append([]string{"-q", "-c", "1", "-n", "2000", "--mix", file, "--json", s.URL}, flags...)...)
		return s.received()
	}
	weighted := order("--seed", "7")
	for _, c := range []struct {
		name  string
		flags []string
		same  bool
	}{
		{"the same seed", []string{"--seed", "7"}, true},
		{"by the net engine", []string{"--seed", "7", "--engine", "net"}, true},
		{"at a rate", []string{"--seed", "7", "-r", "20000"}, true},
		{"another seed", []string{"--seed", "8"}, false},
		{"shuffled", []string{"--seed", "7", "--order", result.Shuffled}, false},
		{"in file order", []string{"--order", result.InFileOrder}, false},
	} {
		if got := order(c.flags...); slices.Equal(got, weighted) != c.same {
			t.Errorf("%s: the same order as before: %v, want %v", c.name, !c.same, c.same)
		}
	}
}
