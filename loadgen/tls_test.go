package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"carousel/internal/testcert"
)

// vault is a server that speaks TLS, and counts requests and connections.
type vault struct {
	*httptest.Server
	authority *testcert.Authority
	received  atomic.Int64
	met       atomic.Int64
}

func openVault(t *testing.T, change func(*tls.Config)) *vault {
	v := &vault{authority: testcert.New(t, "Ours")}
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.received.Add(1)
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "https://"+r.Host+"/there", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http://"+r.Host+"/there", http.StatusFound)
		case "/big":
			fmt.Fprint(w, strings.Repeat("x", 100_000))
		default:
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s", r.URL.Path, body)
		}
	}))
	v.TLS = &tls.Config{Certificates: []tls.Certificate{v.authority.For(nil, "127.0.0.1", "vault.test")}}
	if change != nil {
		change(v.TLS)
	}
	v.Config.ErrorLog = log.New(io.Discard, "", 0)
	v.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			v.met.Add(1)
		}
	}
	v.StartTLS()
	t.Cleanup(v.Close)
	return v
}

// Every kind of load also works over TLS, and the books agree with those of the server.
func TestTLS(t *testing.T) {
	v := openVault(t, nil)
	mix := filepath.Join(t.TempDir(), "mix")
	if err := os.WriteFile(mix, []byte(`{"name": "a", "path": "/a", "weight": 3, "expect": {"text": "/a "}}`+"\n"+`{"name": "b", "path": "/b", "body": "c", "method": "POST", "expect": {"text": "/b c"}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	saved := t.TempDir()
	for _, c := range []struct {
		name     string
		args     []string // @ stands for the server
		received int64    // of 200 requests
		met      int64    // the fewest connections
	}{
		{"kept alive", []string{"@/"}, 200, 4},
		{"in turn", []string{"@/a", "/b"}, 200, 4},
		{"by another name", []string{"-H", "Host: vault.test", "@/"}, 200, 4},
		{"a connection each", []string{"--no-keepalive", "@/"}, 200, 200},
		{"with a body", []string{"--body", strings.Repeat("x", 50_000), "@/"}, 200, 4},
		{"by a schedule", []string{"-r", "2000", "@/"}, 200, 4},
		{"redirected", []string{"--max-redirects", "1", "@/moved"}, 400, 4},
		{"saved", []string{"--save", saved, "@/big"}, 200, 4},
		{"several at once", []string{"--pipeline", "10", "@/"}, 200, 4},
		{"read slowly", []string{"--read-rate", "4MiB", "@/big"}, 200, 4},
		{"with rests", []string{"--think", "1ms", "@/"}, 200, 4},
		{"beside silent ones", []string{"--idle", "3", "@/"}, 200, 7},
		{"of several kinds", []string{"--mix", mix, "@/"}, 200, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			v.received.Store(0)
			v.met.Store(0)
			args := []string{"-n", "200", "-c", "4", "--cacert", v.authority.File()}
			for _, arg := range c.args {
				args = append(args, strings.Replace(arg, "@/", v.URL+"/", 1))
			}
			l, _ := recordOf(t, 0, args...)
			if l.Spec.Engine != "net" || l.Requests.OK != 200 || v.received.Load() != c.received {
				t.Errorf("engine %s: %d ok, and the server was asked %d times, want 200 and %d", l.Spec.Engine, l.Requests.OK, v.received.Load(), c.received)
			}
			if h := l.TLS; h == nil || h.Handshakes != l.Connections.Opened || h.Handshakes != v.met.Load() || h.Handshakes < c.met || h.Handshake.Max <= 0 {
				t.Errorf("handshakes %+v, connections %+v, the server met %d, want %d at least", h, l.Connections, v.met.Load(), c.met)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join(saved, "*"))
	if err != nil || len(files) != 200 {
		t.Errorf("%d files were saved, %v", len(files), err)
	}
	if l, _ := recordOf(t, 1, "-n", "4", "-c", "1", "-k", "--max-redirects", "1", v.URL+"/plain"); l.Errors["redirect-elsewhere"] != 4 {
		t.Errorf("a redirect away from TLS: %v", l.Errors)
	}
}

// A server that accepts but never replies to the TLS handshake is not reported as one that does not listen.
func TestTLSMute(t *testing.T) {
	mute := serve(t, func(_ *server, conn net.Conn) { io.Copy(io.Discard, conn) })
	var stdout, stderr strings.Builder
	code := run(&stdout, &stderr, []string{"-q", "-k", "-c", "2", "-n", "10", "--timeout", "200ms", "https://" + mute.addr})
	if want := "did not answer the TLS handshake in time: look whether it speaks TLS on that port (connect-tls)"; code != unreachable || !strings.Contains(stderr.String(), want) {
		t.Errorf("exit code %d, %q, want %q", code, stderr.String(), want)
	}
}

// A comparison works over TLS too.
func TestTLSCompared(t *testing.T) {
	a, b := openVault(t, nil), openVault(t, nil)
	var stdout, stderr strings.Builder
	code := run(&stdout, &stderr, []string{"-q", "-k", "-c", "2", "--cycles", "8", "--slice", "5ms", "--vs", "b=" + b.URL, "a=" + a.URL})
	if code != 0 || a.received.Load() == 0 || b.received.Load() == 0 || a.met.Load() != 2 || b.met.Load() != 2 {
		t.Errorf("exit code %d, asked %d and %d times over %d and %d connections: %s", code, a.received.Load(), b.received.Load(), a.met.Load(), b.met.Load(), stderr.String())
	}
}
