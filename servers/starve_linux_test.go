package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"carousel/internal/host"
)

// watchOthers measures how long other goroutines than the model's wait for this process's one processor: a garbage collection, and the goroutine
// that receives a signal. On SIGUSR2 it prints the median and the 99th percentile of both.
func watchOthers() {
	caught, finish := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGUSR1)
	signal.Notify(finish, syscall.SIGUSR2)
	go func() {
		var collections, signals []time.Duration
		for {
			select {
			case <-finish:
				slices.Sort(collections)
				slices.Sort(signals)
				n := len(signals)
				fmt.Fprintf(os.Stderr, "others %d %d %d %d %d\n", n, collections[n/2], collections[n*99/100], signals[n/2], signals[n*99/100])
				return
			case <-time.After(7 * time.Millisecond):
			}
			began := time.Now()
			runtime.GC()
			collections = append(collections, time.Since(began))
			began = time.Now()
			syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			<-caught
			signals = append(signals, time.Since(began))
		}
	}()
}

// BenchmarkOthers measures how long other goroutines wait while a model keeps its one processor busy: a garbage collection and a signal, measured
// by the server, and a call in the executor, measured by its client without the call's own millisecond. The server has the first processor; run
// the benchmark with taskset on another one, or its clients compete with the server.
func BenchmarkOthers(b *testing.B) {
	b.Setenv("GOMAXPROCS", "1")
	for _, name := range append(loopsBut("reactors"), "blocking") {
		for _, busy := range []int{1, 64} {
			if name == "blocking" && busy > 1 {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", name, busy), func(b *testing.B) {
				v := besideOthers(b, "others", name, busy, nil)
				var n int
				var c, cSlow, s, sSlow time.Duration
				if _, err := fmt.Sscanf(v.stderr.String(), "others %d %d %d %d %d", &n, &c, &cSlow, &s, &sSlow); err != nil {
					b.Fatal(err)
				}
				report(b, "gc-p50-ms", c)
				report(b, "gc-p99-ms", cSlow)
				report(b, "signal-p50-ms", s)
				report(b, "signal-p99-ms", sSlow)
			})
		}
	}
	for _, busy := range []int{1, 64} {
		b.Run(fmt.Sprintf("executor/%d", busy), func(b *testing.B) {
			var late []time.Duration
			besideOthers(b, "servers", "asyncio-executor", busy, func(took time.Duration) { late = append(late, took-time.Millisecond) })
			slices.Sort(late)
			report(b, "executor-p50-ms", late[len(late)/2])
			report(b, "executor-p99-ms", late[len(late)*99/100])
		})
	}
}

func report(b *testing.B, metric string, d time.Duration) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(d.Seconds()*1e3, metric)
}

// besideOthers keeps a model busy for four seconds from busy connections. If blocked is not nil, one more connection requests /block/1ms again and
// again, and blocked receives how long each request took.
func besideOthers(b *testing.B, program, name string, busy int, blocked func(took time.Duration)) *server {
	v, err := modelOf(program, name).startOn(host.CPUs()[:1])
	if err != nil {
		b.Fatal(err)
	}
	defer v.kill()
	var over atomic.Bool
	var clients sync.WaitGroup
	client := func(path string, replied func(took time.Duration)) {
		c, err := net.Dial("tcp", v.addr)
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		in, request, reply := bufio.NewReader(c), []byte(ask(path)), make([]byte, len(hello))
		for !over.Load() {
			began := time.Now()
			c.Write(request)
			if _, err := io.ReadFull(in, reply); err != nil {
				b.Error(err)
				return
			}
			replied(time.Since(began))
		}
	}
	for range busy {
		clients.Go(func() { client("/", func(time.Duration) {}) })
	}
	if blocked != nil {
		clients.Go(func() { client("/block/1ms", blocked) })
	}
	time.Sleep(4 * time.Second)
	if program == "others" {
		syscall.Kill(v.proc.PID(), syscall.SIGUSR2)
		x := &exam{s: v, deadline: time.Now().Add(patience)}
		if err := attempt(func() { x.explains("others ") }); err != nil {
			b.Error(err)
		}
	}
	over.Store(true)
	clients.Wait()
	return v
}
