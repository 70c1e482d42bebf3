// Package fasthttp is the yardstick of those for whom net/http is too slow: github.com/valyala/fasthttp, which speaks HTTP only.
//
// Lesson: the same goroutines and the same package net as net/http, and less for each request, since requests, replies and
// buffers are used again. What it saves is allocation and bookkeeping; the system calls stay.
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
		Logger:                       log.New(io.Discard, "", 0), // it takes down what its clients do wrong
	}
	if lane != nil {
		server.ConnState = states(lane)
	}
	return sock.Ended(server.Serve(listener))
}

func answer(ctx *fasthttp.RequestCtx) {
	plan := wire.ReplyToPath(string(ctx.Method()), string(ctx.URI().PathOriginal()))
	c := ctx.Conn().(*counted)
	c.Lane.Say("the handler is called: request %d in the same RequestCtx", int(ctx.ConnRequestNum()))
	if c.Prepare(&plan) != nil {
		plan = wire.Failure(http.StatusInternalServerError)
	}
	reply(ctx, plan)
	c.answered()
	c.Lane.Say("the handler returns: the reply is composed")
}

// refuse replies to what fasthttp could not read; it closes the connection then.
func refuse(ctx *fasthttp.RequestCtx, err error) {
	status := http.StatusBadRequest
	var long *fasthttp.ErrSmallBuffer
	switch {
	case errors.As(err, &long):
		status = http.StatusRequestHeaderFieldsTooLarge
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		status = http.StatusRequestEntityTooLarge
	}
	reply(ctx, wire.Failure(status))
}

// reply composes what was planned, for fasthttp to send.
func reply(ctx *fasthttp.RequestCtx, plan wire.Reply) {
	ctx.SetStatusCode(plan.Status)
	if plan.Close {
		ctx.SetConnectionClose()
	}
	switch {
	case plan.Moved != "":
		ctx.Response.Header.Set("Location", plan.Moved)
	case plan.Status != http.StatusOK:
		if plan.Allow != "" {
			ctx.Response.Header.Set("Allow", plan.Allow)
		}
		ctx.SetContentType("text/plain")
		ctx.SetBodyString(plan.Reason + "\n")
	case plan.Echo:
		ctx.SetContentType("application/octet-stream")
		ctx.SetBody(ctx.PostBody())
	case plan.Image != nil:
		ctx.SetContentType("image/png")
		ctx.Response.Header.Set("Content-Digest", plan.Digest)
		ctx.Response.SetBodyRaw(plan.Image)
	case plan.Bytes >= 0:
		ctx.SetContentType("application/octet-stream")
		ctx.SetBodyStream(io.LimitReader(&wire.Pattern{}, int64(plan.Bytes)), plan.Bytes)
	default:
		ctx.SetContentType("text/plain")
		ctx.SetBodyString(wire.Hello)
	}
}

// counted counts a reply when it is sent. It learns of a reply when it is composed, and of its sending from what comes after:
// fasthttp waits for the next request when all is sent, and collects the replies to a pipeline.
type counted struct {
	netconn.Conn
	whole int  // replies of which the rest goes with the next write
	last  bool // another is composed, and how much of it was written is not known
	begun bool // some of that one was, which is all of it when the next read begins

	workers *workers // one of which serves it, for the story
}

// answered says that a reply is composed, and with it that those before it are in the buffer or sent.
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

// Read ends the input of a peer that was silent for too long: fasthttp would refuse a request that it never made.
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

// Close leaves the last reply to a peer that has sent more than was read.
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
