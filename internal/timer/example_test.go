package timer_test

import (
	"fmt"
	"time"

	"carousel/internal/timer"
)

// A loop waits for input until the earliest deadline, then serves the descriptors that are due.
func Example() {
	var deadlines timer.Queue
	deadlines.Set(7, 2*time.Millisecond)
	deadlines.Set(5, time.Millisecond)
	deadlines.Set(6, time.Hour)
	deadlines.Set(6, 0) // 6 was answered: no deadline
	for deadlines.Wait() >= 0 {
		time.Sleep(deadlines.Wait()) // epoll_wait in a loop
		for fd := range deadlines.Due() {
			fmt.Println("due:", fd)
		}
	}
	// Output:
	// due: 5
	// due: 7
}
