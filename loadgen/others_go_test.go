package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	"github.com/valyala/fasthttp"
)

// inherit serves on the inherited sockets of the first three doors, until one of them fails.
func inherit(serve func(ln net.Listener, secure bool) error) {
	failed := make(chan error)
	for i, door := range doors[:3] {
		ln, err := net.FileListener(os.NewFile(uintptr(3+i), door))
		if err != nil {
			panic(err)
		}
		go func() { failed <- serve(ln, door == "tls") }()
	}
	panic(<-failed)
}

// note prints a line of the log.
func note(number uint64, method, path string) { fmt.Printf("%d %s %s\n", number, method, path) }

// numberKey is the context key of the number of a request's connection.
type numberKey struct{}

func serveNetHTTP() {
	var accepted atomic.Uint64
	inherit(func(ln net.Listener, secure bool) error {
		server := &http.Server{
			ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
				return context.WithValue(ctx, numberKey{}, accepted.Add(1))
			},
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				number := r.Context().Value(numberKey{}).(uint64)
				note(number, r.Method, r.URL.Path)
				switch r.URL.Path {
				case "/hello":
					io.WriteString(w, "hello\n")
				case "/connection":
					fmt.Fprint(w, number)
				default:
					http.ServeFile(w, r, r.URL.Path[1:])
				}
			}),
		}
		if secure {
			return server.ServeTLS(ln, "server.pem", "server.key")
		}
		return server.Serve(ln)
	})
}

func serveFastHTTP() {
	inherit(func(ln net.Listener, secure bool) error {
		server := &fasthttp.Server{Logger: log.New(io.Discard, "", 0), Handler: func(ctx *fasthttp.RequestCtx) {
			note(ctx.ConnID(), string(ctx.Method()), string(ctx.Path()))
			switch string(ctx.Path()) {
			case "/hello":
				ctx.WriteString("hello\n")
			case "/connection":
				fmt.Fprint(ctx, ctx.ConnID())
			default:
				ctx.SendFile(string(ctx.Path()[1:]))
			}
		}}
		if secure {
			return server.ServeTLS(ln, "server.pem", "server.key")
		}
		return server.Serve(ln)
	})
}
