package asyncio

import (
	"time"
)

var callbackCases = []program{
	{"soon_first_in_first_out", func(s *stage) error {
		for _, word := range []string{"a", "b", "c"} {
			s.l.CallSoon(s.logs(word))
		}
		s.log("main")
		s.yields(1)
		return nil
	}},
	{"soon_from_a_callback_waits_for_the_next_turn", func(s *stage) error {
		s.l.CallSoon(func() {
			s.log("a")
			s.l.CallSoon(s.logs("c"))
		})
		s.l.CallSoon(s.logs("b"))
		s.yields(2)
		return nil
	}},
	{"soon_cancelled", func(s *stage) error {
		h := s.l.CallSoon(s.logs("never"))
		s.l.CallSoon(s.logs("a"))
		h.Cancel()
		s.log(h.Cancelled())
		s.yields(1)
		return nil
	}},
	{"soon_cancelled_by_the_callback_before", func(s *stage) error {
		var h *Handle
		s.l.CallSoon(func() { h.Cancel() })
		h = s.l.CallSoon(s.logs("never"))
		s.l.CallSoon(s.logs("a"))
		s.yields(1)
		return nil
	}},
	{"later_in_order_of_time", func(s *stage) error {
		s.later(2, s.logs("b"))
		s.later(1, s.logs("a"))
		s.later(3, s.logs("c"))
		s.sleep(4)
		return nil
	}},
	{"later_zero_comes_after_soon", func(s *stage) error {
		s.later(0, s.logs("later"))
		s.l.CallSoon(s.logs("soon"))
		s.yields(2)
		return nil
	}},
	{"at_the_same_time_first_come_first_called", func(s *stage) error {
		s.l.CallAt(second, s.logs("a"))
		s.l.CallAt(second, s.logs("b"))
		s.sleep(2)
		s.log(s.at())
		return nil
	}},
	{"at_a_time_gone_by", func(s *stage) error {
		s.sleep(5)
		s.l.CallAt(second, s.logs("late"))
		s.yields(2)
		s.log(s.at())
		return nil
	}},
	{"later_cancelled", func(s *stage) error {
		h := s.later(1, s.logs("never"))
		s.later(2, s.logs("a"))
		h.Cancel()
		s.sleep(3)
		return nil
	}},
	{"later_set_by_a_timer", func(s *stage) error {
		s.later(1, func() {
			s.log("a", s.at())
			s.later(1, s.logs("b"))
		})
		s.sleep(3)
		return nil
	}},
	{"callback_raises_and_the_others_go_on", func(s *stage) error {
		s.l.CallSoon(func() { panic(boom("bad")) })
		s.l.CallSoon(s.logs("a"))
		s.yields(1)
		return nil
	}},
	{"threadsafe_in_order", func(s *stage) error {
		done := s.future()
		go func() {
			s.l.CallSoonThreadsafe(s.logs("a"))
			s.l.CallSoonThreadsafe(s.logs("b"))
			s.l.CallSoonThreadsafe(func() { done.SetResult("1") })
		}()
		s.log(outcome(s.Co, done))
		return nil
	}},
}

var futureCases = []program{
	{"future_callbacks_in_order_and_not_at_once", func(s *stage) error {
		f := s.future()
		for _, word := range []string{"a", "b", "c"} {
			f.AddDoneCallback(func(f *Future[string]) { s.log(word, cameTo(f)) })
		}
		f.SetResult("1")
		s.log("set")
		s.yields(1)
		return nil
	}},
	{"future_callback_added_after_done", func(s *stage) error {
		f := s.future()
		f.SetResult("1")
		f.AddDoneCallback(func(f *Future[string]) { s.log("called", cameTo(f)) })
		s.log("added")
		s.yields(1)
		return nil
	}},
	{"future_callback_removed", func(s *stage) error {
		f := s.future()
		never := f.AddDoneCallback(func(*Future[string]) { s.log("never") })
		f.AddDoneCallback(func(*Future[string]) { s.log("a") })
		s.log(f.RemoveDoneCallback(never))
		s.log(f.RemoveDoneCallback(never))
		f.SetResult("1")
		s.yields(1)
		return nil
	}},
	{"future_callback_raises_and_the_others_go_on", func(s *stage) error {
		f := s.future()
		f.AddDoneCallback(func(*Future[string]) { panic(boom("bad")) })
		f.AddDoneCallback(func(*Future[string]) { s.log("a") })
		f.SetResult("1")
		s.yields(1)
		return nil
	}},
	{"future_asked_too_early", func(s *stage) error {
		f := s.future()
		_, err := f.Result()
		s.log(describe(err))
		s.log(f.Done(), f.Cancelled())
		return nil
	}},
	{"future_set_twice", func(s *stage) error {
		f := s.future()
		f.SetResult("1")
		s.log(describe(f.SetResult("2")))
		s.log(describe(f.SetError(boom("x"))))
		s.log(cameTo(f))
		return nil
	}},
	{"future_cancelled", func(s *stage) error {
		f := s.future()
		f.AddDoneCallback(func(f *Future[string]) { s.log("called", cameTo(f)) })
		s.log(f.Cancel(), f.Cancel())
		s.log(f.Done(), f.Cancelled())
		s.log(describe(f.SetResult("1")))
		s.log(outcome(s.Co, f))
		s.yields(1)
		return nil
	}},
	{"future_fails", func(s *stage) error {
		f := s.future()
		f.SetError(boom("x"))
		s.log(outcome(s.Co, f))
		s.log(f.Cancel(), cameTo(f))
		return nil
	}},
	{"future_done_does_not_give_way", func(s *stage) error {
		f := s.future()
		f.SetResult("1")
		s.l.CallSoon(s.logs("others"))
		s.log(outcome(s.Co, f))
		s.yields(1)
		return nil
	}},
	{"future_wakes_in_order", func(s *stage) error {
		f := s.future()
		for _, who := range []string{"a", "b", "c"} {
			s.task(func(c *Co) (string, error) {
				s.log(who, outcome(c, f))
				return "", nil
			})
		}
		s.yields(1)
		f.SetResult("1")
		s.log("set")
		s.yields(1)
		return nil
	}},
	{"future_error_never_retrieved", func(s *stage) error {
		s.future().SetError(boom("x"))
		s.collect(true)
		return nil
	}},
	{"task_error_never_retrieved", func(s *stage) error {
		t := s.failAfter(0, "x")
		s.yields(2)
		s.log(t.Done())
		t = nil
		s.collect(true)
		return nil
	}},
	{"error_retrieved_is_not_reported", func(s *stage) error {
		f := s.future()
		f.SetError(boom("x"))
		s.log(describe(f.Err()))
		f = nil
		s.collect(false)
		return nil
	}},
}

var otherCases = []program{
	{"shield_hands_on_the_result", func(s *stage) error {
		s.log(outcome(s.Co, Shield(s.after(1, "r"))), s.at())
		return nil
	}},
	{"shield_hands_on_the_error", func(s *stage) error {
		s.log(outcome(s.Co, Shield(s.failAfter(1, "x"))), s.at())
		return nil
	}},
	{"shield_cancelled_and_the_inner_goes_on", func(s *stage) error {
		t := s.after(2, "r")
		sh := Shield(t)
		s.sleep(1)
		s.log(sh.Cancel(), cameTo(sh), cameTo(t))
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
	{"shield_in_a_cancelled_task", func(s *stage) error {
		inner := s.after(3, "r")
		t := s.task(func(c *Co) (string, error) { return Await(c, Shield(inner)) })
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), cameTo(inner), s.at())
		s.log(outcome(s.Co, inner), s.at())
		return nil
	}},
	{"shield_of_a_cancelled_inner", func(s *stage) error {
		t := s.after(5, "r")
		sh := Shield(t)
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, sh), sh.Cancelled())
		return nil
	}},
	{"shield_of_a_done_one_is_that_one", func(s *stage) error {
		f := s.future()
		f.SetResult("r")
		s.log(Shield(f) == Awaitable[string](f))
		return nil
	}},
	{"shield_error_after_its_cancellation", func(s *stage) error {
		t := s.failAfter(2, "x")
		sh := Shield(t)
		s.sleep(1)
		sh.Cancel()
		s.sleep(2)
		s.log(cameTo(sh), t.Done())
		t, sh = nil, nil
		s.collect(true)
		return nil
	}},
	{"executor_result", func(s *stage) error {
		s.log(outcome(s.Co, RunInExecutor(s.l, func() (string, error) { return "r", nil })))
		return nil
	}},
	{"executor_error", func(s *stage) error {
		s.log(outcome(s.Co, RunInExecutor(s.l, func() (string, error) { return "", boom("x") })))
		return nil
	}},
	{"executor_cancelled_while_it_runs", func(s *stage) error {
		running, finish := make(chan bool), make(chan bool)
		f := RunInExecutor(s.l, func() (string, error) {
			close(running)
			<-finish
			return "", nil
		})
		<-running
		s.log(f.Cancel())
		close(finish)
		s.log(outcome(s.Co, f))
		return nil
	}},
	{"run_cancels_what_is_left", func(s *stage) error {
		s.waitAnd(func(c *Co, err error) (string, error) {
			Sleep(c, second)
			s.log("cleaned up", s.at())
			return "", err
		})
		s.sleep(1)
		s.log("main returns")
		return nil
	}},
	{"run_reports_errors_of_what_is_left", func(s *stage) error {
		s.waitAnd(func(*Co, error) (string, error) { return "", boom("left") })
		s.sleep(1)
		s.log("main returns")
		return nil
	}},
	{"run_returns_the_error", func(s *stage) error { return boom("main") }},
	{"run_cancelled_by_itself", func(s *stage) error {
		s.Co.task.cancel()
		return Sleep(s.Co, time.Second)
	}},
}
