package flight_test

import (
	"fmt"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

// An engine without a network: the clock is a variable and the server's replies are strings. Ten requests a second are due on one connection.
// The reply to the first comes late, so the second is sent late, and its response time counts from when it was due.
func Example() {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Rate, s.Duration = "http://127.0.0.1:1/", result.Net, 1, 10, 200*time.Millisecond
	now := int64(0)
	run := flight.New(s, client.New(s), nil, func() int64 { return now })
	shard := run.Shard(0, 1, nil)
	engine := func() {
		for c, do := shard.Next(); do != flight.Nothing; c, do = shard.Next() {
			switch do {
			case flight.Connect:
				shard.Connected(c)
			case flight.Send:
				fmt.Println(time.Duration(now), "a request is sent")
				c.Sent(len(c.Out()))
			}
		}
	}
	reply := func() {
		fmt.Println(time.Duration(now), "a reply comes")
		shard.Feed(shard.Conn(0), []byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"))
		engine()
	}

	shard.Try(false)
	shard.Turn()
	engine()
	run.Flow(now)
	shard.Start()
	engine()
	now = int64(150 * time.Millisecond)
	reply()
	now = int64(160 * time.Millisecond)
	reply()

	now = int64(200 * time.Millisecond)
	flight.Settle([]*flight.Shard{shard}, now, record.NoConnection)
	load, err := record.Merge([]*record.Recorder{shard.Record}, 200*time.Millisecond)
	if err != nil {
		panic(err)
	}
	fmt.Println("second request: response time", time.Duration(load.Latency.P50).Round(time.Millisecond), "service time", time.Duration(load.Service.P50).Round(time.Millisecond))
	// Output:
	// 0s a request is sent
	// 150ms a reply comes
	// 150ms a request is sent
	// 160ms a reply comes
	// second request: response time 60ms service time 10ms
}
