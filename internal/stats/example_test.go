package stats_test

import (
	"fmt"
	"math"

	"carousel/internal/stats"
)

// Two models took turns in six rounds. The machine was slow in the third, which the ratio within each round does not show.
func ExampleTInterval() {
	epoll := []float64{5.0, 5.1, 9.8, 5.0, 5.2, 5.1} // processor time per request, in µs
	goroutine := []float64{6.4, 6.6, 12.9, 6.5, 6.6, 6.6}
	var logs []float64
	for round := range epoll {
		logs = append(logs, math.Log(goroutine[round]/epoll[round]))
	}
	ratio := stats.TInterval(logs, 0, 0.95).Exp()
	fmt.Printf("goroutine costs %.2f times as much as epoll (%.2f to %.2f)\n", ratio.Mid, ratio.Low, ratio.High)
	fmt.Println("they differ:", !ratio.Contains(1))
	// Output:
	// goroutine costs 1.29 times as much as epoll (1.28 to 1.31)
	// they differ: true
}
