package asyncio

// Gather returns the future of the results of all fs, in the order given. The first error of one makes it done, and the
// others run on. Cancelling it cancels all that are not done.
func Gather[T any](l *Loop, fs ...Awaitable[T]) *Future[[]T] {
	g := gather[T, T]{Future: NewFuture[[]T](l), of: fs}
	g.add = func(results []T, f Awaitable[T]) []T {
		v, _ := f.Result()
		return append(results, v)
	}
	g.start(true)
	return g.Future
}

// Outcome is the result or the error of one of those that GatherOutcomes waits for.
type Outcome[T any] struct {
	Value T
	Err   error
}

// GatherOutcomes returns the future of the outcomes of all fs, in the order given: it waits for all, whether they fail or not.
func GatherOutcomes[T any](l *Loop, fs ...Awaitable[T]) *Future[[]Outcome[T]] {
	g := gather[T, Outcome[T]]{Future: NewFuture[[]Outcome[T]](l), of: fs}
	g.add = func(results []Outcome[T], f Awaitable[T]) []Outcome[T] {
		v, err := f.Result()
		return append(results, Outcome[T]{v, err})
	}
	g.start(false)
	return g.Future
}

// gather waits for all of a set whose results are collected by add.
type gather[T, R any] struct {
	*Future[[]R]
	of        []Awaitable[T]
	left      int
	cancelled bool // Cancel was called, and some of them accepted it
	add       func([]R, Awaitable[T]) []R
}

func (g *gather[T, R]) start(firstError bool) {
	if len(g.of) == 0 {
		g.SetResult(nil)
		return
	}
	g.future.cancel = g.cancelAll
	seen := map[*future]bool{}
	for _, f := range g.of {
		if one := f.core(); !seen[one] {
			seen[one] = true
			g.left++
			one.onDone(&DoneCallback{func() { g.oneDone(one, firstError) }})
		}
	}
}

// oneDone counts one that is done. It reads the error in any case: a gathered error counts as retrieved.
func (g *gather[T, R]) oneDone(one *future, firstError bool) {
	g.left--
	err := one.Err()
	switch {
	case g.Done():
	case firstError && err != nil:
		g.SetError(err)
	case g.left > 0:
	case g.cancelled:
		g.SetError(ErrCancelled)
	default:
		var results []R
		for _, f := range g.of {
			results = g.add(results, f)
		}
		g.SetResult(results)
	}
}

func (g *gather[T, R]) cancelAll() bool {
	if g.Done() {
		return false
	}
	some := false
	for _, f := range g.of {
		if f.core().Cancel() {
			some = true
		}
	}
	g.cancelled = g.cancelled || some
	return some
}
