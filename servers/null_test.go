package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The null responder is a process like any model: READY, hello for whatever it reads, and a usage line on SIGTERM.
func TestNull(t *testing.T) {
	v, err := ours("null").start()
	if err != nil {
		t.Fatal(err)
	}
	defer v.kill()
	const connections, requests = 3, 5
	var open []net.Conn
	for range connections {
		c, err := net.DialTimeout("tcp", v.addr, patience)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		open = append(open, c)
	}
	got := make([]byte, len(hello))
	for i := range requests {
		for _, c := range open {
			if _, err := io.WriteString(c, strings.Repeat("?", 1+i*1000)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(c, got); err != nil || string(got) != hello {
				t.Fatalf("%q, %v", got, err)
			}
		}
	}
	open[0].Close()
	if runtime.GOOS == "windows" { // on Windows a process can only be killed
		return
	}
	line, err := v.stop()
	if err != nil {
		t.Fatal(err)
	}
	if line.Model != "null" || line.Requests != connections*requests || line.Connections != connections || line.Bytes != connections*requests*int64(len(hello)) {
		t.Errorf("usage %+v", line)
	}
	if _, err := os.Stat("/proc/self/status"); err == nil && line.PeakRSS == 0 {
		t.Errorf("it used no memory: %+v", line)
	}
}

// A script that runs all listed models must not get one that answers wrongly.
func TestNullIsNotListed(t *testing.T) {
	for _, args := range [][]string{{"--list"}, {"--list", "--json"}, {"--model", "nul"}, {}} {
		var stdout, stderr bytes.Buffer
		run(&stdout, &stderr, args)
		if printed := stdout.String() + stderr.String(); !strings.Contains(printed, "nethttp") || strings.Contains(printed, "null") {
			t.Errorf("servers %s says %s", strings.Join(args, " "), printed)
		}
	}
}
