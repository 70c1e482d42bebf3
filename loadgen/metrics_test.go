package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// While a server holds a reply back, --metrics shows the earlier replies, and one request under way. After the run the metrics are gone.
func TestMetricsWhileTheLoadIsOn(t *testing.T) {
	const before = 10
	release := make(chan struct{})
	s := serve(t, func(s *server, conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			if s.answered.Add(1) > before {
				<-release
			}
			io.WriteString(conn, helloReply)
		}
	})
	for _, engine := range []string{"auto", "net"} {
		t.Run(engine, func(t *testing.T) {
			s.answered.Store(0)
			release = make(chan struct{})
			reader, writer := io.Pipe()
			addr := make(chan string, 1)
			go func() {
				for lines := bufio.NewScanner(reader); lines.Scan(); {
					if at := regexp.MustCompile(`http://\S+/metrics`).FindString(lines.Text()); at != "" {
						addr <- at
					}
				}
			}()
			code := make(chan int, 1)
			go func() {
				var stdout bytes.Buffer
				code <- run(&stdout, writer, []string{"-c", "1", "-n", "11", "--engine", engine, "--metrics", "127.0.0.1:0", s.addr})
				writer.Close()
			}()
			var at string
			select {
			case at = <-addr:
			case c := <-code:
				t.Fatalf("exit code %d before it said where", c)
			}
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			text := ""
			for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				reply, err := client.Get(at)
				if err != nil {
					continue
				}
				all, _ := io.ReadAll(reply.Body)
				reply.Body.Close()
				text = string(all)
				if strings.Contains(text, "loadgen_requests_ok_total 10\n") && strings.Contains(text, "loadgen_in_flight_requests 1\n") {
					break
				}
			}
			for _, want := range []string{"requests_sent_total 11", "requests_ok_total 10", "in_flight_requests 1", "connections_opened_total 1", "response_time_seconds_count 10"} {
				if !strings.Contains(text, "loadgen_"+want+"\n") {
					t.Errorf("%s is not in\n%s", want, text)
				}
			}
			close(release)
			if c := <-code; c != 0 {
				t.Errorf("exit code %d", c)
			}
			if _, err := client.Get(at); err == nil {
				t.Error("it is still served")
			}
		})
	}
}
