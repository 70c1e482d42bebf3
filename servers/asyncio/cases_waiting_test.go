package asyncio

import "fmt"

var gatherCases = []program{
	{"gather_keeps_the_order_given", func(s *stage) error {
		s.log(outcome(s.Co, Gather(s.l, s.after(3, "a"), s.after(1, "b"), s.after(2, "c"))), s.at())
		return nil
	}},
	{"gather_nothing", func(s *stage) error {
		s.log(outcome(s.Co, Gather[string](s.l)))
		return nil
	}},
	{"gather_first_error_and_the_others_run_on", func(s *stage) error {
		slow := s.after(3, "slow")
		s.log(outcome(s.Co, Gather(s.l, s.failAfter(2, "second"), s.failAfter(1, "first"), slow)), s.at())
		s.log(cameTo(slow))
		s.log(outcome(s.Co, slow), s.at())
		return nil
	}},
	{"gather_errors_returned", func(s *stage) error {
		results, err := Await(s.Co, GatherOutcomes(s.l, s.after(1, "a"), s.failAfter(2, "x"), s.after(3, "c")))
		for _, r := range results {
			if r.Err != nil {
				s.log(describe(r.Err))
			} else {
				s.log("result", r.Value)
			}
		}
		s.log(s.at())
		return err
	}},
	{"gather_cancelled_child_is_an_error", func(s *stage) error {
		child, other := s.after(5, "a"), s.after(2, "b")
		g := Gather(s.l, child, other)
		s.later(1, func() { child.Cancel() })
		s.log(outcome(s.Co, g), s.at(), g.Cancelled())
		s.log(outcome(s.Co, other), s.at())
		return nil
	}},
	{"gather_cancelled_child_is_returned", func(s *stage) error {
		child, other := s.after(5, "a"), s.after(2, "b")
		s.later(1, func() { child.Cancel() })
		results, err := Await(s.Co, GatherOutcomes(s.l, child, other))
		s.log(describe(results[0].Err), results[1].Value, s.at())
		return err
	}},
	{"gather_cancelled_cancels_all", func(s *stage) error {
		child := func(who string) *Task[string] {
			return s.waitAnd(func(c *Co, err error) (string, error) {
				s.log("clean-up", who)
				return "", err
			})
		}
		a, b := child("a"), child("b")
		g := Gather(s.l, a, b)
		s.sleep(1)
		s.log(g.Cancel(), cameTo(g))
		s.log(outcome(s.Co, g), s.at())
		s.log(cameTo(a), cameTo(b))
		return nil
	}},
	{"gather_cancelled_through_who_awaits", func(s *stage) error {
		a, b := s.after(5, "a"), s.after(5, "b")
		t := s.task(func(c *Co) (string, error) {
			both, err := Await(c, Gather(s.l, a, b))
			return fmt.Sprint(both), err
		})
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), s.at())
		s.log(cameTo(a), cameTo(b))
		return nil
	}},
	{"gather_cancel_after_an_error_does_nothing", func(s *stage) error {
		slow := s.after(3, "slow")
		g := Gather(s.l, s.failAfter(1, "x"), slow)
		s.log(outcome(s.Co, g))
		s.log(g.Cancel(), cameTo(slow))
		s.log(outcome(s.Co, slow), s.at())
		return nil
	}},
	{"gather_the_same_twice", func(s *stage) error {
		t := s.after(1, "a")
		s.log(outcome(s.Co, Gather(s.l, t, t)), s.at())
		return nil
	}},
	{"gather_done_ones", func(s *stage) error {
		f := s.future()
		f.SetResult("a")
		g := Gather(s.l, f, f)
		s.log(cameTo(g))
		s.log(outcome(s.Co, g))
		return nil
	}},
}

var waitForCases = []program{
	{"wait_for_in_time", func(s *stage) error {
		s.log(waitFor(s, s.after(1, "r"), 2), s.at())
		return nil
	}},
	{"wait_for_timeout", func(s *stage) error {
		t := s.after(5, "r")
		s.log(waitFor(s, t, 1), s.at())
		s.log(cameTo(t))
		return nil
	}},
	{"wait_for_waits_for_clean_up", func(s *stage) error {
		t := s.waitAnd(func(c *Co, err error) (string, error) {
			Sleep(c, 2*second)
			s.log("cleaned up", s.at())
			return "", err
		})
		s.log(waitFor(s, t, 1), s.at())
		return nil
	}},
	{"wait_for_result_in_spite_of_cancellation", func(s *stage) error {
		t := s.waitAnd(func(*Co, error) (string, error) { return "after all", nil })
		s.log(waitFor(s, t, 1), s.at())
		return nil
	}},
	{"wait_for_error_in_clean_up", func(s *stage) error {
		t := s.waitAnd(func(*Co, error) (string, error) { return "", boom("clean-up") })
		s.log(waitFor(s, t, 1), s.at())
		return nil
	}},
	{"wait_for_error", func(s *stage) error {
		s.log(waitFor(s, s.failAfter(1, "x"), 2), s.at())
		return nil
	}},
	{"wait_for_zero", func(s *stage) error {
		f := s.future()
		f.SetResult("r")
		s.log(waitFor(s, f, 0))
		t := s.after(1, "r")
		s.log(waitFor(s, t, 0), cameTo(t), s.at())
		return nil
	}},
	{"wait_for_a_future_that_is_done", func(s *stage) error {
		f := s.future()
		f.SetResult("r")
		s.l.CallSoon(s.logs("others"))
		s.log(waitFor(s, f, 1))
		return nil
	}},
	{"wait_for_race_result_first", func(s *stage) error {
		f := s.future()
		s.later(1, func() { f.SetResult("r") })
		s.log(waitFor(s, f, 1), s.at())
		return nil
	}},
	{"wait_for_race_timeout_first", func(s *stage) error {
		f := s.future()
		t := s.task(func(c *Co) (string, error) { return WaitFor(c, f, second) })
		s.yields(1)
		s.later(1, func() { f.SetResult("r") })
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
	{"wait_for_cancelled_cancels_the_inner", func(s *stage) error {
		inner := s.waitAnd(func(c *Co, err error) (string, error) {
			s.log("clean-up", s.at())
			return "", err
		})
		t := s.task(func(c *Co) (string, error) { return WaitFor(c, inner, 5*second) })
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), cameTo(inner), s.at())
		return nil
	}},
	{"wait_for_a_shield", func(s *stage) error {
		t := s.after(3, "r")
		s.log(waitFor(s, Shield(t), 1), s.at())
		s.log(cameTo(t))
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
}
