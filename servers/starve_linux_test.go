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
)

// watchOthers makes this process, a server with one processor, note how long others than its model wait for that: a collection,
// and a signal's goroutine. What it noted comes with SIGUSR2, the slowest of each.
func watchOthers() {
	runtime.GOMAXPROCS(1)
	caught, asked := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGUSR1)
	signal.Notify(asked, syscall.SIGUSR2)
	go func() {
		var collections, signals []time.Duration
		for {
			select {
			case <-asked:
				slices.Sort(collections)
				slices.Sort(signals)
				n := len(signals)
				fmt.Fprintf(os.Stderr, "others %d %d %d %d %d\n", n, collections[n/2], collections[n-1], signals[n/2], signals[n-1])
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

// BenchmarkOthers measures how long others wait while a model is busy with one processor: a collection and a signal, in the
// server, and a call in the executor, beyond its own millisecond, as its client sees it.
func BenchmarkOthers(b *testing.B) {
	for _, name := range []string{"blocking", "select", "poll", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor"} {
		for _, busy := range []int{1, 64} {
			if name == "blocking" && busy > 1 {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", name, busy), func(b *testing.B) { others(b, name, busy) })
		}
	}
}

func others(b *testing.B, name string, busy int) {
	v, err := modelOf("others", name).start()
	if err != nil {
		b.Fatal(err)
	}
	defer v.kill()
	var over atomic.Bool
	var clients sync.WaitGroup
	defer clients.Wait()
	defer over.Store(true)
	client := func(path string, replied func(took time.Duration)) {
		c, err := net.Dial("tcp", v.addr)
		if err != nil {
			b.Fatal(err)
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
	var late []time.Duration
	if name == "asyncio-executor" {
		clients.Go(func() {
			client("/block/1ms", func(took time.Duration) { late = append(late, took-time.Millisecond) })
		})
	}
	time.Sleep(4 * time.Second)
	syscall.Kill(v.proc.PID(), syscall.SIGUSR2)
	over.Store(true)
	clients.Wait()
	x := &exam{s: v, deadline: time.Now().Add(patience)}
	x.explains("others ")
	var n int
	var c, most, s, slowest time.Duration
	if _, err := fmt.Sscanf(v.stderr.String(), "others %d %d %d %d %d", &n, &c, &most, &s, &slowest); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(c.Seconds()*1e3, "gc-p50-ms")
	b.ReportMetric(most.Seconds()*1e3, "gc-max-ms")
	b.ReportMetric(s.Seconds()*1e3, "signal-p50-ms")
	b.ReportMetric(slowest.Seconds()*1e3, "signal-max-ms")
	if len(late) > 0 {
		slices.Sort(late)
		b.ReportMetric(late[len(late)/2].Seconds()*1e3, "executor-p50-ms")
		b.ReportMetric(late[len(late)*99/100].Seconds()*1e3, "executor-p99-ms")
	}
}
