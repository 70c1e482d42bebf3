package engine

import (
	"runtime"
	"sync"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/loadgen/save"
)

// threadPool is the threads of the epoll and uring engines. They work for one load, or for several loads in turns.
type threadPool struct {
	jobs  []chan func()
	ids   []int // thread IDs in the kernel
	done  sync.WaitGroup
	procs int // GOMAXPROCS before startThreads
}

// startThreads starts the threads that loads like s need: none if the engine has no threads of its own.
func startThreads(s result.Spec) *threadPool {
	t := &threadPool{procs: runtime.GOMAXPROCS(0)}
	if s.Engine != result.Epoll && s.Engine != result.Uring {
		return t
	}
	threads := Threads(s)
	// One more than the threads, so that the goroutine that reads counters does not take a worker's; and one for each goroutine that writes files.
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
	t.ids = make([]int, threads)
	t.do(func(i int) { t.ids[i] = host.Thread() })
	return t
}

func (t *threadPool) size() int { return len(t.jobs) }

// do runs job once on each thread, with i from 0, and returns when all calls have returned.
func (t *threadPool) do(job func(i int)) {
	t.done.Add(len(t.jobs))
	for i, jobs := range t.jobs {
		jobs <- func() { job(i) }
	}
	t.done.Wait()
}

// stop ends the threads. It may be called twice.
func (t *threadPool) stop() {
	for _, jobs := range t.jobs {
		close(jobs)
	}
	if len(t.jobs) > 0 {
		runtime.GOMAXPROCS(t.procs)
	}
	t.jobs = nil
}
