package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/usage"
)

// nullReply is the hello reply as every model sends it.
const nullReply = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n" + hello

// served is what the null responder counts.
var served struct{ requests, connections atomic.Int64 }

// nullCommand is the null responder: it answers whatever it reads with the hello reply, without looking at it. No server can do less, so
// the rate it allows is the client's ceiling.
func nullCommand(stdout io.Writer) *cobra.Command {
	addr := "127.0.0.1:0"
	c := &cobra.Command{
		Use: "null", Short: "answer every read with the hello reply, unread: the client's ceiling", Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return null(stdout, addr) },
	}
	c.Flags().StringVar(&addr, "addr", addr, "address to listen on")
	return c
}

func null(stdout io.Writer, addr string) error {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	bound, serve, err := listenNull(addr)
	if err != nil {
		return exit{3, fmt.Errorf("cannot listen on %s: %w", addr, err)}
	}
	fmt.Fprintf(stdout, "READY %s\n", bound)
	began, failed := time.Now(), make(chan error, 1)
	go func() { failed <- serve() }()
	select {
	case err := <-failed:
		return err
	case <-end:
	}
	line := usage.Line{Model: result.Null, Requests: served.requests.Load(), Connections: served.connections.Load(), ElapsedNS: int64(time.Since(began)), Self: host.SelfCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0)}
	line.Bytes = line.Requests * int64(len(nullReply))
	return json.NewEncoder(stdout).Encode(line)
}
