// Package fasthttp is a yardstick, a library that people choose when net/http is too slow: github.com/valyala/fasthttp. It speaks HTTP only.
//
// Lesson: the same goroutines and the same package net as net/http, and less work for each request, since requests, replies
// and buffers are reused. What it saves is allocation and bookkeeping; the system calls stay.
package fasthttp

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/valyala/fasthttp"

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
	server := &fasthttp.Server{
		Handler:                      answer,
		ErrorHandler:                 refuse,
		ReadBufferSize:               32 << 10, // which also bounds a request's head
		MaxRequestBodySize:           wire.MaxBody,
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		NoDefaultDate:                true,
		NoDefaultContentType:         true,
		Logger:                       log.New(io.Discard, "", 0), // it would log every error of a client
	}
	if lane != nil {
		server.ConnState = states(lane)
	}
	return sock.Ended(server.Serve(listener))
}

func answer(ctx *fasthttp.RequestCtx) {
	reply := wire.ReplyToPath(string(ctx.Method()), string(ctx.URI().PathOriginal()))
	c := ctx.Conn().(*counted)
	c.Lane.Say("the handler is called: request %d in the same RequestCtx", int(ctx.ConnRequestNum()))
	if c.Prepare(&reply) != nil {
		reply = wire.Failure(http.StatusInternalServerError)
	}
	writeReply(ctx, reply)
	c.answered()
	c.Lane.Say("the handler returns: the reply is composed")
}

// refuse replies to a request that fasthttp cannot parse; fasthttp then closes the connection.
func refuse(ctx *fasthttp.RequestCtx, err error) {
	status := http.StatusBadRequest
	var long *fasthttp.ErrSmallBuffer
	switch {
	case errors.As(err, &long):
		status = http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		status = http.StatusRequestEntityTooLarge
	}
	writeReply(ctx, wire.Failure(status))
}

// writeReply composes reply, for fasthttp to send.
func writeReply(ctx *fasthttp.RequestCtx, reply wire.Reply) {
	ctx.SetStatusCode(reply.Status)
	if reply.Close {
		ctx.SetConnectionClose()
	}
	switch {
	case reply.Moved != "":
		ctx.Response.Header.Set("Location", reply.Moved)
	case reply.Status != http.StatusOK:
		if reply.Allow != "" {
			ctx.Response.Header.Set("Allow", reply.Allow)
		}
		ctx.SetContentType("text/plain")
		ctx.SetBodyString(reply.Reason + "\n")
	case reply.Echo:
		ctx.SetContentType("application/octet-stream")
		ctx.SetBody(ctx.PostBody())
	case reply.Image != nil:
		ctx.SetContentType("image/png")
		ctx.Response.Header.Set("Content-Digest", reply.Digest)
		ctx.Response.SetBodyRaw(reply.Image)
	case reply.Bytes >= 0:
		ctx.SetContentType("application/octet-stream")
		ctx.SetBodyStream(io.LimitReader(&wire.Pattern{}, int64(reply.Bytes)), reply.Bytes)
	default:
		ctx.SetContentType("text/plain")
		ctx.SetBodyString(wire.Hello)
	}
}

// counted counts a reply when it is sent. The model sees when a reply is composed, and concludes from the next call that it was
// sent: fasthttp collects the replies to a pipeline, and reads again when all are sent.
type counted struct {
	netconn.Conn
	whole int  // replies that the next write completes
	last  bool // one more reply is composed; it is not known how much of it is written
	begun bool // some of that reply is written; if a read follows, all of it

	workers *workers // for the story: the lanes of the goroutines, one of which serves this connection
}

// answered notes that a reply is composed: all before it are in the buffer or sent.
func (c *counted) answered() {
	if c.last {
		c.whole++
	}
	c.last, c.begun = true, false
}

func (c *counted) Write(p []byte) (n int, err error) {
	if n, err = c.Conn.Write(p); err != nil {
		c.whole, c.last = 0, false
		return n, err
	}
	c.Talk.Tally(c.whole, 0)
	c.whole, c.begun = 0, true
	return n, nil
}

// Read returns io.EOF for a peer that was silent for too long: on a timeout fasthttp would send it a refusal.
func (c *counted) Read(p []byte) (int, error) {
	c.settle()
	if c.workers != nil {
		c.workers.serve(c)
	}
	n, err := c.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = io.EOF
	}
	return n, err
}

// Close keeps the last reply from getting lost where the peer has sent more than was read.
func (c *counted) Close() error {
	c.settle()
	sock.ByeConn(c.Conn.Conn)
	return nil
}

func (c *counted) settle() {
	if c.last && c.begun {
		c.Talk.Tally(1, 0)
		c.last = false
	}
}
