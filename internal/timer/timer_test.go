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
			fd, ok := q.Due()
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
		if fd, ok := q.Due(); ok {
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
		if _, ok := q.Due(); ok {
			t.Error("due a nanosecond early")
		}
		time.Sleep(1)
		if fd, ok := q.Due(); !ok || fd != 7 {
			t.Errorf("not due at its time: %d %v", fd, ok)
		}
	})
}
