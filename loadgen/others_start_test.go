package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"carousel/internal/testcert"
)

// other is a third-party server. It serves the files of its folder on inherited sockets, and logs for each request the number of its connection, its
// method and its path. Connections are numbered in the order in which they are accepted.
type other struct {
	name    string
	command []string
	install string // how to install the command
}

var others = []other{
	{"nginx", []string{"nginx", "-p", ".", "-c", "nginx.conf", "-e", "stderr"}, "apt-get install nginx-light"},
	{"python", []string{"python3", "server.py"}, "apt-get install python3"},
	{"node", []string{"node", "server.js"}, "apt-get install nodejs"},
	{"nethttp", []string{"nethttp-server"}, ""},
	{"fasthttp", []string{"fasthttp-server"}, ""},
}

// doors are the names of a server's sockets, in their order. Each server has the first three, and nginx also the others: demanding requires a client
// certificate, misnamed has a certificate for another name, and expired one that has expired.
var doors = []string{"plain", "socket", "tls", "demanding", "misnamed", "expired"}

// running is a running server, with its folder.
type running struct {
	dir  string
	addr map[string]string // addresses by door
	read int               // bytes of the log that received has read
}

// start runs the server until the test ends.
func (o other) start(t *testing.T) *running {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("windows: a process inherits no sockets there")
	}
	program, err := exec.LookPath(o.command[0])
	if err != nil {
		t.Skipf("no %s here: %s", o.command[0], o.install)
	}
	s := &running{dir: t.TempDir(), addr: map[string]string{}}
	cmd := exec.Command(program, o.command[1:]...)
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "NGINX=3;4;5;6;7;8;")
	for _, door := range doors {
		network, addr := "tcp", "127.0.0.1:0"
		if door == "socket" {
			network, addr = "unix", filepath.Join(s.dir, "s")
		}
		ln, err := net.Listen(network, addr)
		if err != nil {
			t.Fatal(err)
		}
		if socket, ok := ln.(*net.UnixListener); ok {
			socket.SetUnlinkOnClose(false)
		}
		file, err := ln.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		defer ln.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
		s.addr[door] = ln.Addr().String()
	}
	s.furnish(t)
	var stderr bytes.Buffer
	out, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", o.name, &stderr)
		}
	})
	return s
}

// furnish writes the folder: certificates, the files to serve, and the server's configuration.
func (s *running) furnish(t *testing.T) {
	t.Helper()
	ours := testcert.New(t, "Ours")
	for name, c := range map[string]tls.Certificate{
		"server":   ours.For(nil, "127.0.0.1", "a.test"),
		"misnamed": ours.For(nil, "b.test"),
		"expired":  ours.For(func(c *x509.Certificate) { c.NotAfter = time.Date(2002, 1, 2, 0, 0, 0, 0, time.UTC) }, "127.0.0.1"),
		"client":   ours.For(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
		"stranger": testcert.New(t, "Theirs").For(nil),
	} {
		cert, key := testcert.Files(t, c)
		s.move(t, cert, name+".pem")
		s.move(t, key, name+".key")
	}
	s.move(t, ours.File(), "authority.pem")
	s.write(t, "page", bytes.Repeat([]byte("page\n"), 20_000))
	s.write(t, "large", bytes.Repeat([]byte("large\n"), 2_000_000))
	scripts, err := template.ParseGlob("testdata/others/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts.Templates() {
		var text bytes.Buffer
		if err := script.Execute(&text, s.addr); err != nil {
			t.Fatal(err)
		}
		s.write(t, script.Name(), text.Bytes())
	}
}

func (s *running) write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *running) move(t *testing.T, from, name string) {
	t.Helper()
	if err := os.Rename(from, filepath.Join(s.dir, name)); err != nil {
		t.Fatal(err)
	}
}

// target returns the target of a path on a door, as an argument of loadgen.
func (s *running) target(door, path string) string {
	switch door {
	case "plain":
		return "http://" + s.addr[door] + path
	case "socket":
		return "unix:" + s.addr[door] + ":" + path
	}
	return "https://" + s.addr[door] + path
}

// met returns how many connections the server has accepted, the one of this call included.
func (s *running) met(t *testing.T, door string) int64 {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			network := "tcp"
			if door == "socket" {
				network = "unix"
			}
			return new(net.Dialer).DialContext(ctx, network, s.addr[door])
		},
	}}
	defer client.CloseIdleConnections()
	scheme := "http"
	if door == "tls" {
		scheme = "https"
	}
	reply, err := client.Get(scheme + "://127.0.0.1/connection")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	n, bad := strconv.ParseInt(string(text), 10, 64)
	if err != nil || bad != nil {
		t.Fatalf("%v, %v: %s", err, bad, text)
	}
	return n
}

// received returns how often each request was logged since the last call, and on how many connections. It leaves out the requests of met.
func (s *running) received(t *testing.T) (requests map[string]int64, connections int64) {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	requests, numbers := map[string]int64{}, map[string]bool{}
	for line := range strings.Lines(string(log[s.read:])) {
		number, request, _ := strings.Cut(strings.TrimSpace(line), " ")
		if request != "GET /connection" {
			requests[request]++
			numbers[number] = true
		}
	}
	s.read = len(log)
	return requests, int64(len(numbers))
}
