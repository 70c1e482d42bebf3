package result_test

import (
	"fmt"
	"os"
	"time"

	"carousel/internal/result"
)

// A run is appended trial by trial and read again.
func ExampleReadTrials() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	for round := 1; round <= 2; round++ {
		t := result.Trial{Schema: result.Schema, Round: round, Order: round, Cell: result.Cell{Scenario: "hello", Connections: 64, Model: "epoll"}}
		if err := result.Append(dir, t); err != nil {
			panic(err)
		}
	}
	trials, flaws, err := result.ReadTrials(dir)
	for _, t := range trials {
		fmt.Println("round", t.Round, t.Cell.Scenario, t.Cell.Model)
	}
	fmt.Println(len(flaws), err)
	// Output:
	// round 1 hello epoll
	// round 2 hello epoll
	// 0 <nil>
}

// A quantile is within 0.1 % of the exact one, whatever the times are.
func ExampleHistogram() {
	h := result.NewHistogram()
	for range 99 {
		h.Record(int64(200 * time.Microsecond))
	}
	h.Record(int64(time.Second)) // one stall
	fmt.Println("p50 ", time.Duration(h.Quantile(0.5)).Round(time.Microsecond))
	fmt.Println("max ", time.Duration(h.Max()))
	fmt.Println("mean", time.Duration(h.Mean()))
	// Output:
	// p50  200µs
	// max  1s
	// mean 10.198ms
}
