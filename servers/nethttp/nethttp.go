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
	reply, body := wire.ReplyTo(r.Method, r.URL), []byte(nil)
	if r.ContentLength > wire.MaxBody {
		reply = wire.Failure(http.StatusRequestEntityTooLarge) // the body is not read
	} else if !reply.Close {
		var err error
		var tooLarge *http.MaxBytesError
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxBody))
		if errors.As(err, &tooLarge) {
			reply = wire.Failure(http.StatusRequestEntityTooLarge)
		} else if err != nil {
			reply = wire.Failure(http.StatusBadRequest)
		}
	}
	if c.Prepare(&reply) != nil {
		reply = wire.Failure(http.StatusInternalServerError)
	}
	c.served = false
	if writeReply(w, r, reply, body) == nil {
		c.served = true
		c.Talk.Tally(1, 0)
	}
	c.Lane.Say("the handler returns: net/http sends what is left in its buffer")
}

// writeReply writes reply; body is that of the request.
func writeReply(w http.ResponseWriter, r *http.Request, reply wire.Reply, body []byte) (err error) {
	header := w.Header()
	header["Date"] = nil // the models' replies have none
	if reply.Close {
		header.Set("Connection", "close")
	}
	switch {
	case reply.Moved != "":
		header.Set("Location", reply.Moved)
		header.Set("Content-Length", "0")
		w.WriteHeader(reply.Status)
	case reply.Status != http.StatusOK:
		if reply.Allow != "" {
			header.Set("Allow", reply.Allow)
		}
		err = send(w, reply.Status, "text/plain", []byte(reply.Reason+"\n"))
	case reply.Echo:
		err = send(w, reply.Status, "application/octet-stream", body)
	case reply.Image != nil:
		header.Set("Content-Digest", reply.Digest)
		err = send(w, reply.Status, "image/png", reply.Image)
	case reply.Bytes >= 0:
		header.Set("Content-Type", "application/octet-stream")
		header.Set("Content-Length", strconv.Itoa(reply.Bytes))
		if r.Method != http.MethodHead {
			_, err = io.CopyN(w, &wire.Pattern{}, int64(reply.Bytes))
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
	served bool // a reply is counted, and its end may still be buffered
}

func (c *counted) Write(p []byte) (n int, err error) {
	if n, err = c.Conn.Write(p); err != nil && c.served {
		c.served = false
		c.Talk.Tally(-1, 0)
	}
	return n, err
}
