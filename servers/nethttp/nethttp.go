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

	"carousel/internal/netconn"
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/wire"
)

// Serve answers connections to ln until it is shut down.
func Serve(ln int, open func() *wire.Talk) error {
	lane := story.NewLane("Serve")
	listener, err := netconn.Listen(lane, ln, open, func(c netconn.Conn) net.Conn { return &counted{Conn: c} })
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
	if lane != nil {
		server.ConnState = states(lane)
	}
	err = server.Serve(listener)
	server.Close()
	return sock.Ended(err)
}

type connKey struct{}

func answer(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*counted)
	c.Lane.Say("the handler is called, with a Request and a ResponseWriter made for it")
	plan, body := wire.ReplyTo(r.Method, r.URL), []byte(nil)
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
	if c.Prepare(&plan) != nil {
		plan = wire.Failure(http.StatusInternalServerError)
	}
	c.served = false
	if reply(w, r, plan, body) == nil {
		c.served = true
		c.Talk.Tally(1, 0)
	}
	c.Lane.Say("the handler returns: net/http sends what is left in its buffer")
}

// reply writes what was planned.
func reply(w http.ResponseWriter, r *http.Request, plan wire.Reply, body []byte) (err error) {
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

type counted struct {
	netconn.Conn
	served bool // a reply is counted whose end may still be buffered
}

func (c *counted) Write(p []byte) (n int, err error) {
	if n, err = c.Conn.Write(p); err != nil && c.served {
		c.served = false
		c.Talk.Tally(-1, 0)
	}
	return n, err
}
