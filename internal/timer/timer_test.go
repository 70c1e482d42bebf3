package timer

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// TestOrder sets, moves and takes back deadlines at random and sees the rest come due in order, each at its time.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		var q Queue
		due := map[int]time.Time{}
		for range 2000 {
			fd, wait := random.IntN(100), time.Duration(random.IntN(50))*time.Millisecond
			q.Set(fd, wait)
			if delete(due, fd); wait > 0 {
				due[fd] = time.Now().Add(wait)
			}
		}
		for len(due) > 0 {
			time.Sleep(q.Wait())
			fd, ok := first(&q)
			if !ok {
				t.Fatal("Wait is over, but nothing is due")
			}
			if !due[fd].Equal(time.Now()) {
				t.Fatalf("descriptor %d is due at %v, not at %v", fd, due[fd], time.Now())
			}
			for other, at := range due {
				if at.Before(due[fd]) {
					t.Fatalf("descriptor %d comes due before %d", fd, other)
				}
			}
			delete(due, fd)
		}
		if fd, ok := first(&q); ok {
			t.Fatalf("descriptor %d is due though it was taken back", fd)
		}
		if q.Wait() != -1 {
			t.Fatalf("an empty queue waits %v", q.Wait())
		}
	})
}

func TestNotDueYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		q.Set(7, time.Second)
		if got := q.Wait(); got != time.Second {
			t.Errorf("Wait is %v", got)
		}
		time.Sleep(time.Second - 1)
		if _, ok := first(&q); ok {
			t.Error("due a nanosecond early")
		}
		time.Sleep(time.Nanosecond)
		if fd, ok := first(&q); !ok || fd != 7 {
			t.Errorf("not due at its time: %d %v", fd, ok)
		}
	})
}

// TestSetWhileDue sets a deadline of almost nothing from inside the loop, as a loop's queue does: it is not due in
// the same turn, else the loop would never get round to its poller.
func TestSetWhileDue(t *testing.T) {
	var q Queue
	q.Set(3, 1)
	time.Sleep(time.Microsecond)
	turns := 0
	for fd := range q.Due() {
		if turns++; turns > 1 {
			t.Fatal("due again in the same turn")
		}
		q.Set(fd, 1)
	}
	if turns != 1 || q.Wait() != 0 {
		t.Fatalf("%d turns, then Wait is %v", turns, q.Wait())
	}
}

// first takes out one descriptor that is due.
func first(q *Queue) (fd int, ok bool) {
	for fd := range q.Due() {
		return fd, true
	}
	return 0, false
}
