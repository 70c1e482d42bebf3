package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
)

func limitFiles(n uint64) {
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		panic(err)
	}
}

func limitFileSize(n uint64) {
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		panic(err)
	}
}

// underLimits runs a load with a limit of descriptors or, if the load saves bodies, of the file size. It prints the record and the number of
// connects.
func underLimits(text string) {
	var s result.Spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	if s.Save == "" {
		limitFiles(30)
	} else {
		limitFileSize(2000)
	}
	l, connects, err := counted(context.Background(), s)
	if err != nil {
		panic(err)
	}
	out := json.NewEncoder(os.Stdout)
	out.Encode(l)
	out.Encode(connects)
}

// byChild runs s in a child process, under a limit.
func byChild(t *testing.T, s result.Spec) (l *result.Load, connects int64) {
	t.Helper()
	text, _ := json.Marshal(s)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "ENGINE_TEST_SPEC="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	in := json.NewDecoder(bytes.NewReader(out))
	if err := errors.Join(in.Decode(&l), in.Decode(&connects)); err != nil {
		t.Fatal(err)
	}
	balance(t, l)
	return l, connects
}

// Files above the limit count as errors; the others are saved, and all requests are measured.
func TestNoRoom(t *testing.T) {
	srv := serve(t, "127.0.0.1:0", site(gallery()))
	for _, engine := range engines() {
		for _, mode := range []string{result.Inline, result.Offload} {
			s := load("http://" + srv.addr + "/")
			movedPictures(&s)
			s.Engine, s.Duration, s.Requests, s.MaxRedirects, s.Save, s.SaveMode = engine, 0, 100, 1, t.TempDir(), mode
			l, _ := byChild(t, s)
			// Pictures 8 and 9 are above 2,000 bytes.
			if l.Errors["save-nospace"] != 20 || l.Requests.OK != 80 || l.Connections.Answered != l.Connections.Used {
				t.Errorf("%s, %s: %+v %v %+v", engine, mode, l.Requests, l.Errors, l.Connections)
			}
			for k := range 10 {
				held(t, s.Save, strconv.Itoa(k), map[bool]int{true: 10}[k < 8])
			}
		}
	}
}

// A process without free descriptors continues with the connections that it has.
func TestOutOfDescriptors(t *testing.T) {
	for _, engine := range engines() {
		srv := serve(t, "127.0.0.1:0", say(hello))
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Connections, s.Duration = engine, 100, 300*time.Millisecond
		l, connects := byChild(t, s)
		accepted := srv.accepted.Load()
		if c := l.Connections; c.Opened != accepted || c.Answered != accepted || accepted == 0 || accepted > 30 || l.Requests.Errors > 0 {
			t.Errorf("%s: %d accepted: %+v %+v", engine, accepted, c, l.Requests)
		}
		if diff := cmp.Diff(map[string]int64{"connect-nofile": connects - accepted}, l.ConnectErrors); diff != "" {
			t.Errorf("%s: %s", engine, diff)
		}
	}
}

// The loop of an engine does not allocate for a request, whatever the reply is.
func TestNoAllocationPerRequest(t *testing.T) {
	for name, c := range map[string]struct {
		reply  string
		change func(*result.Spec)
	}{
		"in a closed loop":           {hello, func(*result.Spec) {}},
		"by a schedule":              {hello, func(s *result.Spec) { s.Rate = 50_000 }},
		"over a connection for each": {hello, func(s *result.Spec) { s.NoKeepalive, s.Requests = true, 5_000 }}, // fewer requests, since each takes a port
		"where redirects lead":       {to("/there"), func(s *result.Spec) { s.MaxRedirects = 1 }},
	} {
		ln, err := unixServer(c.reply)
		if err != nil {
			t.Fatal(err)
		}
		defer ln.stop()
		for _, engine := range engines() {
			if engine == result.Net {
				continue // it runs on goroutines
			}
			s := result.DefaultSpec()
			s.Target, s.Engine, s.Connections, s.Duration, s.Requests = "http://"+ln.addr+"/", engine, 8, 0, 20_000
			c.change(&s)
			r := &run{addr: ln.addr, base: time.Now()}
			r.Run = flight.New(s, client.New(s), nil, r.now)
			threads := startThreads(s)
			defer threads.stop()
			e, err := newEngine(r, threads)
			if err != nil {
				t.Fatal(err)
			}
			e.phase(func(d *flight.Shard) { d.Try(false) })
			r.Flow(r.now())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			e.phase((*flight.Shard).Start)
			runtime.ReadMemStats(&after)
			e.close()
			// Threads, goroutines and their stacks make some dozens of allocations; one per request would make thousands.
			if n := after.Mallocs - before.Mallocs; n > 500 {
				t.Errorf("%s, %s: %d allocations for %d requests", engine, name, n, s.Requests)
			}
		}
	}
}
