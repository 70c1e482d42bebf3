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
			return context.WithValue(ctx, connKey{}, c)
		},
	}
	err = server.Serve(&counting{listener, ln, open})
	server.Close()
	return sock.Ended(err)
}

type connKey struct{}

func answer(w http.ResponseWriter, r *http.Request) {
	plan, body := wire.PlanFor(r.Method, r.URL), []byte(nil)
	if r.ContentLength > wire.MaxBody {
		plan = wire.Failure(http.StatusRequestEntityTooLarge) // without waiting for it
	} else if !plan.Close {
		var err error
		var tooLarge *http.MaxBytesError
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBody))
		if errors.As(err, &tooLarge) {
			plan = wire.Failure(http.StatusRequestEntityTooLarge)
		} else if err != nil {
			plan = wire.Failure(http.StatusBadRequest)
		}
	}
	time.Sleep(plan.Sleep)
	if plan.Work != nil && plan.Work() != nil {
		plan = wire.Failure(http.StatusInternalServerError)
	}
	c := r.Context().Value(connKey{}).(*counted)
	c.served = false
	if reply(w, r, plan, body) == nil {
		c.served = true
		c.talk.Tally(1, 0)
	}
}

// reply writes what was planned.
func reply(w http.ResponseWriter, r *http.Request, plan wire.Plan, body []byte) (err error) {
	header := w.Header()
	header["Date"] = nil // the models' replies have none
	if plan.Close {
		header.Set("Connection", "close")
	}
	switch {
	case plan.Moved != "":
		header.Set("Location", plan.Moved)
		header.Set("Content-Length", "0")
		w.WriteHeader(plan.Status)
	case plan.Status != http.StatusOK:
		if plan.Allow != "" {
			header.Set("Allow", plan.Allow)
		}
		err = send(w, plan.Status, "text/plain", []byte(plan.Reason+"\n"))
	case plan.Echo:
		err = send(w, plan.Status, "application/octet-stream", body)
	case plan.Image != nil:
		header.Set("Content-Digest", plan.Digest)
		err = send(w, plan.Status, "image/png", plan.Image)
	case plan.Bytes >= 0:
		header.Set("Content-Type", "application/octet-stream")
		header.Set("Content-Length", strconv.Itoa(plan.Bytes))
		if r.Method != http.MethodHead {
			_, err = io.CopyN(w, &wire.Pattern{}, int64(plan.Bytes))
		}
	default:
		header["Content-Type"] = plain
		header["Content-Length"] = twelve
		_, err = io.WriteString(w, wire.Hello)
	}
	if err == http.ErrBodyNotAllowed { // HEAD
		return nil
	}
	return err
}

func send(w http.ResponseWriter, status int, kind string, body []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

var plain, twelve = []string{"text/plain"}, []string{"12"}

// counting opens a talk for each connection, only to count what is served.
type counting struct {
	net.Listener
	ln   int
	open func() *wire.Talk
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := sock.AcceptNet(l.Listener, l.ln)
	if err != nil {
		return nil, err
	}
	talk := l.open()
	return &counted{Conn: c, talk: talk, idle: talk.Pause()}, nil
}

type counted struct {
	net.Conn
	talk   *wire.Talk
	idle   time.Duration // longest wait for the peer, 0 for ever
	served bool          // a reply is counted whose end may still be buffered
}

func (c *counted) Read(p []byte) (n int, err error) {
	for unsent, again := 0, true; again; {
		end := c.limit(c.SetReadDeadline)
		n, err = c.Conn.Read(p)
		again = c.over(err, end) && c.alive(sock.Unread, &unsent)
	}
	return n, err
}

func (c *counted) Write(p []byte) (n int, err error) {
	for unsent, again := 0, true; again; {
		end := c.limit(c.SetWriteDeadline)
		sent := 0
		if sent, err = c.Conn.Write(p[n:]); sent > 0 {
			unsent = 0
		}
		n += sent
		c.talk.Tally(0, sent)
		again = c.over(err, end) && c.alive(sock.Taken, &unsent)
	}
	if err != nil && c.served {
		c.served = false
		c.talk.Tally(-1, 0)
	}
	return n, err
}

// limit bounds the next wait for the peer, where a bound was asked for, and tells its end.
func (c *counted) limit(set func(time.Time) error) (end time.Time) {
	if c.idle > 0 {
		end = time.Now().Add(c.idle)
		set(end)
	}
	return end
}

// over reports whether a call failed because its own time was over: net/http ends a read by a deadline of the past.
func (c *counted) over(err error, end time.Time) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && c.idle > 0 && !time.Now().Before(end)
}

// alive reports whether the peer did its part while this process had no processor to see it, or still takes what it was sent.
func (c *counted) alive(did func(fd int) bool, unsent *int) bool {
	fd := sock.Number(c.Conn)
	return did(fd) || sock.Takes(fd, unsent)
}
