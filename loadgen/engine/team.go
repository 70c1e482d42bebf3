package engine

import (
	"runtime"
	"sync"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/loadgen/save"
)

// team is the threads of the epoll and uring engines: they work for one load, or for several in turns.
type team struct {
	jobs    []chan func()
	numbers []int // by which the kernel knows them
	done    sync.WaitGroup
	procs   int // GOMAXPROCS before
}

// hire starts the threads for loads like s, which are none where the engine needs none of its own.
func hire(s result.Spec) *team {
	t := &team{procs: runtime.GOMAXPROCS(0)}
	if s.Engine != result.Epoll && s.Engine != result.Uring {
		return t
	}
	threads := Threads(s)
	// One processor more than threads, so that who watches need not take a worker's; and some to those who write files.
	others := 1
	if s.SaveMode == result.Offload {
		others += save.Writers
	}
	runtime.GOMAXPROCS(max(t.procs, threads+others))
	for range threads {
		jobs := make(chan func())
		t.jobs = append(t.jobs, jobs)
		go func() {
			runtime.LockOSThread() // and not unlocked: the thread, whose timer slack is changed, ends with the goroutine
			precise()
			for job := range jobs {
				job()
				t.done.Done()
			}
		}()
	}
	t.numbers = make([]int, threads)
	t.do(func(i int) { t.numbers[i] = host.Thread() })
	return t
}

func (t *team) size() int { return len(t.jobs) }

// do has each thread, by its number, do a job, and waits until all have.
func (t *team) do(job func(i int)) {
	t.done.Add(len(t.jobs))
	for i, jobs := range t.jobs {
		jobs <- func() { job(i) }
	}
	t.done.Wait()
}

// leave ends the threads. It may be called twice.
func (t *team) leave() {
	for _, jobs := range t.jobs {
		close(jobs)
	}
	if len(t.jobs) > 0 {
		runtime.GOMAXPROCS(t.procs)
	}
	t.jobs = nil
}
