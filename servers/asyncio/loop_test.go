package asyncio

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type none = struct{}

// TestTenThousandTasks creates them, lets each yield three times and cancels half; goleak finds what is left over.
func TestTenThousandTasks(t *testing.T) {
	const n = 10_000
	cleaned := 0
	_, err := RunWith(Options{Virtual: true}, func(c *Co) (none, error) {
		for i := range n {
			CreateTask(c.Loop, func(c *Co) (none, error) {
				defer func() { cleaned++ }()
				Sleep(c, 0)
				Sleep(c, time.Second)
				if i%2 == 0 {
					return none{}, nil
				}
				return none{}, Sleep(c, time.Hour)
			})
		}
		return none{}, Sleep(c, time.Minute)
	})
	if err != nil || cleaned != n {
		t.Errorf("%d of %d ran their clean-up, error %v", cleaned, n, err)
	}
}

// TestLoopClosedWithTasks closes a loop that still has tasks: they are reported and unwound.
func TestLoopClosedWithTasks(t *testing.T) {
	var reports []string
	l := NewLoop(Options{ExceptionHandler: func(c Context) { reports = append(reports, c.Message+" "+c.Task) }})
	cleaned := 0
	for range 3 {
		CreateTask(l, func(c *Co) (none, error) {
			defer func() { cleaned++ }()
			return none{}, Sleep(c, time.Hour)
		})
	}
	CreateTask(l, func(c *Co) (none, error) { c.Loop.Stop(); return none{}, nil })
	if err := l.RunForever(); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if cleaned != 3 || len(reports) != 3 || reports[0] != "Task was destroyed but it is pending! Task-1" {
		t.Errorf("cleaned %d, reports %q", cleaned, reports)
	}
	if err := l.RunForever(); err != ErrLoopClosed {
		t.Errorf("a closed loop ran: %v", err)
	}
	if err := l.CallSoonThreadsafe(func() {}); err != ErrLoopClosed {
		t.Errorf("a closed loop took mail: %v", err)
	}
}

// TestRunInsideRun runs a loop from inside itself, which returns an error.
func TestRunInsideRun(t *testing.T) {
	_, err := Run(func(c *Co) (none, error) { return none{}, c.Loop.RunForever() })
	if err != ErrLoopRunning {
		t.Error(err)
	}
}

// TestPanicOfTask checks that a panic becomes the task's error, with the stack of where it happened.
func TestPanicOfTask(t *testing.T) {
	_, err := Run(func(c *Co) (none, error) {
		Sleep(c, time.Millisecond)
		explode()
		return none{}, nil
	})
	var p *PanicError
	if !errors.As(err, &p) || p.Value != "bang" || !strings.Contains(string(p.Stack), "explode") {
		t.Errorf("got %v", err)
	}
}

func explode() { panic("bang") }

// TestAwaitOutsideTheLoop makes an indentation mistake of the original tutorial: the await stands behind the loop instead of in it, so the
// counting task starves the other until it is done.
func TestAwaitOutsideTheLoop(t *testing.T) {
	for _, inside := range []bool{true, false} {
		count, seen := 0, -1
		RunWith(Options{Virtual: true}, func(c *Co) (none, error) {
			CreateTask(c.Loop, func(c *Co) (none, error) {
				for ; count < 1000; count++ {
					if inside {
						Sleep(c, time.Second)
					}
				}
				return none{}, Sleep(c, time.Second)
			})
			CreateTask(c.Loop, func(c *Co) (none, error) { seen = count; return none{}, nil })
			return none{}, Sleep(c, time.Hour)
		})
		if want := map[bool]int{true: 0, false: 1000}[inside]; seen != want {
			t.Errorf("await inside the loop: %v: the other task ran after %d numbers, want %d", inside, seen, want)
		}
	}
}

// TestTaskResultIsItsOwn keeps others from settling a task.
func TestTaskResultIsItsOwn(t *testing.T) {
	v, err := Run(func(c *Co) (int, error) {
		task := CreateTask(c.Loop, func(c *Co) (int, error) { return 1, Sleep(c, 0) })
		if err := task.SetResult(2); err != ErrInvalidState {
			t.Errorf("SetResult: %v", err)
		}
		if err := task.SetError(errBoom); err != ErrInvalidState {
			t.Errorf("SetError: %v", err)
		}
		return Await(c, task)
	})
	if v != 1 || err != nil {
		t.Errorf("got %d, %v", v, err)
	}
}

// TestTimerOutlivesLoop cancels a timer whose loop is closed.
func TestTimerOutlivesLoop(t *testing.T) {
	l := NewLoop(Options{})
	h := l.CallLater(time.Hour, func() {})
	l.Close()
	h.Cancel()
	if !h.Cancelled() {
		t.Error("not cancelled")
	}
}

// TestForeignFuture awaits a future of another loop.
func TestForeignFuture(t *testing.T) {
	other := NewLoop(Options{})
	defer other.Close()
	_, err := Run(func(c *Co) (none, error) { return Await(c, NewFuture[none](other)) })
	if err == nil || !strings.Contains(err.Error(), "another loop") {
		t.Error(err)
	}
}

// TestSlowCallback reports what keeps the loop from the others, and only that.
func TestSlowCallback(t *testing.T) {
	var reports []Context
	o := Options{SlowCallback: 20 * time.Millisecond, ExceptionHandler: func(c Context) { reports = append(reports, c) }}
	RunWith(o, func(c *Co) (none, error) {
		CreateTask(c.Loop, func(c *Co) (none, error) { return none{}, Sleep(c, 40*time.Millisecond) })
		CreateTask(c.Loop, func(c *Co) (none, error) {
			time.Sleep(50 * time.Millisecond)
			return none{}, nil
		}).SetName("sleeper")
		return none{}, Sleep(c, 100*time.Millisecond)
	})
	found := false
	for _, c := range reports {
		found = found || c.Task == "sleeper" && strings.Contains(c.Message, "slow callback")
	}
	if !found {
		t.Errorf("reports %v", reports)
	}
}

// TestExecutorWorkers checks that at most as many calls run at a time as there are workers, and that all are done.
func TestExecutorWorkers(t *testing.T) {
	var now, most atomic.Int32
	_, err := RunWith(Options{Workers: 3}, func(c *Co) ([]none, error) {
		var calls []Awaitable[none]
		for range 20 {
			calls = append(calls, RunInExecutor(c.Loop, func() (none, error) {
				n := now.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				time.Sleep(time.Millisecond)
				now.Add(-1)
				return none{}, nil
			}))
		}
		return Await(c, Gather(c.Loop, calls...))
	})
	if err != nil || most.Load() > 3 || most.Load() < 1 {
		t.Errorf("%d at a time, error %v", most.Load(), err)
	}
}

// TestExecutorCancelledInQueue cancels a call that waits for a worker: it never starts.
func TestExecutorCancelledInQueue(t *testing.T) {
	started := false
	RunWith(Options{Workers: 1}, func(c *Co) (none, error) {
		running, finish := make(chan bool), make(chan bool)
		first := RunInExecutor(c.Loop, func() (none, error) { close(running); <-finish; return none{}, nil })
		second := RunInExecutor(c.Loop, func() (none, error) { started = true; return none{}, nil })
		<-running
		if !second.Cancel() {
			t.Error("a queued call could not be cancelled")
		}
		close(finish)
		return Await(c, first)
	})
	if started {
		t.Error("it ran all the same")
	}
}

// TestRealClock sleeps on the machine's clock, without sockets.
func TestRealClock(t *testing.T) {
	began := time.Now()
	Run(func(c *Co) (none, error) { return none{}, Sleep(c, 30*time.Millisecond) })
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("slept %v", took)
	}
}

// TestStepDoesNotAllocate checks that a step of a task that awaits a reused future allocates nothing.
func TestStepDoesNotAllocate(t *testing.T) {
	l := NewLoop(Options{Virtual: true})
	defer l.Close()
	f := future{loop: l}
	task := CreateTask(l, func(c *Co) (none, error) {
		for {
			f.state = pending
			if err := c.await(&f); err != nil {
				return none{}, err
			}
		}
	})
	l.stopping = true
	step := func() {
		if f.state == pending && f.first != nil {
			f.finish(finished, nil)
		}
		l.turn()
	}
	for range 10 {
		step()
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
	task.Cancel()
	step()
	step()
	if !task.Done() {
		t.Error("the task is not done")
	}
}
