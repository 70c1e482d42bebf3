// Package nethttp is the yardstick most people would pick: net/http, which speaks HTTP only.
//
// Lesson: what a complete HTTP server costs over the same goroutines. It shares the endpoints with the other models
// and none of the conversation, so it also shows where net/http decides otherwise than the strict subset.
package nethttp

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	listener, err := sock.NetListener(ln)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:        http.HandlerFunc(answer),
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       log.New(os.Stderr, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, talkKey{}, c.(*counted).talk)
		},
	}
	err = server.Serve(&counting{listener, open})
	server.Close()
	return sock.Ended(err)
}

type talkKey struct{}

func answer(w http.ResponseWriter, r *http.Request) {
	plan := wire.PlanFor(r.Method, r.URL)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		plan = wire.Plan{Status: http.StatusRequestEntityTooLarge, Reason: err.Error()}
	} else if err != nil {
		plan = wire.Plan{Status: http.StatusBadRequest, Reason: err.Error()}
	}
	time.Sleep(plan.Sleep)
	if plan.Work != nil {
		if err := plan.Work(); err != nil {
			plan = wire.Plan{Status: http.StatusInternalServerError, Reason: err.Error()}
		}
	}
	header := w.Header()
	header["Date"] = nil // the models' replies have none
	switch {
	case plan.Moved != "":
		header.Set("Location", plan.Moved)
		header.Set("Content-Length", "0")
		w.WriteHeader(plan.Status)
	case plan.Status != http.StatusOK:
		if plan.Allow != "" {
			header.Set("Allow", plan.Allow)
		}
		http.Error(w, plan.Reason, plan.Status)
	case plan.Echo:
		header.Set("Content-Type", "application/octet-stream")
		header.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	case plan.Image != nil:
		header.Set("Content-Type", "image/png")
		header.Set("Content-Digest", plan.Digest)
		header.Set("Content-Length", strconv.Itoa(len(plan.Image)))
		w.Write(plan.Image)
	case plan.Bytes >= 0:
		header.Set("Content-Type", "application/octet-stream")
		header.Set("Content-Length", strconv.Itoa(plan.Bytes))
		if r.Method != http.MethodHead {
			io.CopyN(w, &wire.Pattern{}, int64(plan.Bytes))
		}
	default:
		header["Content-Type"] = plain
		header["Content-Length"] = twelve
		io.WriteString(w, wire.Hello)
	}
	r.Context().Value(talkKey{}).(*wire.Talk).Tally(1, 0)
}

var plain, twelve = []string{"text/plain"}, []string{"12"}

// counting opens a talk for each connection, only to count what is served.
type counting struct {
	net.Listener
	open func() *wire.Talk
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	talk := l.open()
	return &counted{c, talk, talk.Pause()}, nil
}

type counted struct {
	net.Conn
	talk *wire.Talk
	idle time.Duration // longest wait for the peer, 0 for ever
}

func (c *counted) Read(p []byte) (int, error) {
	if c.idle > 0 {
		c.SetReadDeadline(time.Now().Add(c.idle))
	}
	return c.Conn.Read(p)
}

func (c *counted) Write(p []byte) (int, error) {
	if c.idle > 0 {
		c.SetWriteDeadline(time.Now().Add(c.idle))
	}
	n, err := c.Conn.Write(p)
	c.talk.Tally(0, n)
	return n, err
}
