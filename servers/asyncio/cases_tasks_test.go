package asyncio

import (
	"strings"
	"time"
)

var taskCases = []program{
	{"task_starts_in_the_next_turn", func(s *stage) error {
		s.task(func(*Co) (string, error) { s.log("child"); return "", nil })
		s.log("main")
		s.yields(1)
		s.log("main again")
		return nil
	}},
	{"tasks_take_turns", func(s *stage) error {
		for _, who := range []string{"a", "b"} {
			s.task(func(c *Co) (string, error) {
				for i := range 3 {
					s.log(who, i)
					Sleep(c, 0)
				}
				return "", nil
			})
		}
		s.yields(5)
		return nil
	}},
	{"task_result", func(s *stage) error {
		t := s.after(1, "r")
		s.log(cameTo(t))
		s.log(outcome(s.Co, t), s.at())
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
	{"task_error_goes_to_who_awaits", func(s *stage) error {
		t := s.failAfter(1, "x")
		s.log(outcome(s.Co, t), s.at())
		s.log(t.Done(), t.Cancelled())
		return nil
	}},
	{"task_callback_comes_before_the_next_turn_of_who_awaits", func(s *stage) error {
		t := s.after(1, "r")
		t.AddDoneCallback(func(*Future[string]) { s.log("callback") })
		s.log(outcome(s.Co, t))
		return nil
	}},
	{"cancel_before_the_start", func(s *stage) error {
		t := s.task(func(*Co) (string, error) { s.log("never"); return "", nil })
		s.log(t.Cancel())
		s.log(cameTo(t))
		s.log(outcome(s.Co, t))
		s.log(t.Cancelled())
		return nil
	}},
	{"cancel_runs_clean_up", func(s *stage) error {
		t := s.waitAnd(func(c *Co, err error) (string, error) {
			s.log("clean-up", s.at())
			return "", err
		})
		s.sleep(1)
		s.log(t.Cancel(), cameTo(t))
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
	{"cancel_swallowed", func(s *stage) error {
		t := s.waitAnd(func(c *Co, err error) (string, error) {
			s.log("swallowed")
			return "r", Sleep(c, second)
		})
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), s.at())
		s.log(t.Cancelled(), t.Cancelling())
		return nil
	}},
	{"cancel_waits_for_clean_up", func(s *stage) error {
		t := s.waitAnd(func(c *Co, err error) (string, error) {
			Sleep(c, 2*second)
			s.log("cleaned up", s.at())
			return "", err
		})
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
	{"cancel_twice_cuts_clean_up_short", func(s *stage) error {
		t := s.waitAnd(func(c *Co, err error) (string, error) {
			if err := Sleep(c, 5*second); err != nil {
				return "", err
			}
			s.log("never")
			return "", err
		})
		s.sleep(1)
		t.Cancel()
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), s.at(), t.Cancelling())
		return nil
	}},
	{"cancel_when_done", func(s *stage) error {
		t := s.after(1, "r")
		Await(s.Co, t)
		s.log(t.Cancel(), cameTo(t))
		return nil
	}},
	{"cancel_reaches_the_awaited_future", func(s *stage) error {
		f := s.future()
		t := s.outcomeOf(f)
		s.yields(1)
		t.Cancel()
		s.log(cameTo(f), cameTo(t))
		s.log(outcome(s.Co, t))
		return nil
	}},
	{"cancel_reaches_the_awaited_task", func(s *stage) error {
		inner := s.waitAnd(func(c *Co, err error) (string, error) {
			s.log("inner clean-up")
			return "", err
		})
		t := s.task(func(c *Co) (string, error) {
			defer s.log("outer clean-up")
			return Await(c, inner)
		})
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t))
		s.log(cameTo(inner), cameTo(t))
		return nil
	}},
	{"cancel_oneself", func(s *stage) error {
		t := s.task(func(c *Co) (string, error) {
			c.task.cancel()
			s.log("still here")
			if err := Sleep(c, 0); err != nil {
				return "", err
			}
			s.log("never")
			return "", nil
		})
		s.log(outcome(s.Co, t))
		return nil
	}},
	{"cancel_oneself_and_return", func(s *stage) error {
		t := s.task(func(c *Co) (string, error) {
			c.task.cancel()
			return "r", nil
		})
		s.log(outcome(s.Co, t))
		return nil
	}},
	{"cancel_when_the_awaited_is_done_already", func(s *stage) error {
		f := s.future()
		t := s.outcomeOf(f)
		s.yields(1)
		f.SetResult("1")
		s.log(t.Cancel())
		s.log(outcome(s.Co, t))
		return nil
	}},
	{"cancel_replaced_by_an_error", func(s *stage) error {
		t := s.waitAnd(func(*Co, error) (string, error) { return "", boom("instead") })
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), t.Cancelled())
		return nil
	}},
	{"cancel_counted_and_taken_back", func(s *stage) error {
		t := s.waitAnd(func(c *Co, err error) (string, error) {
			s.log(c.task.Cancelling(), c.task.Uncancel(), c.task.Uncancel())
			return "r", nil
		})
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t))
		return nil
	}},
	{"cancelled_error_of_its_own", func(s *stage) error {
		t := s.task(func(*Co) (string, error) { return "", ErrCancelled })
		s.log(outcome(s.Co, t), t.Cancelled())
		return nil
	}},
	{"task_awaits_itself", func(s *stage) error {
		var me *Task[string]
		me = s.task(func(c *Co) (string, error) {
			_, err := Await(c, me)
			text, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "asyncio: "), ":")
			s.log(text)
			return "", nil
		})
		Await(s.Co, me)
		return nil
	}},
}

// outcomeOf is a task that awaits f.
func (s *stage) outcomeOf(f *Future[string]) *Task[string] {
	return s.task(func(c *Co) (string, error) { return outcome(c, f), nil })
}

// within is a task that runs fn under a Timeout.
func within(c *Co, seconds int, fn func() (string, error)) (string, error) {
	return Timeout(c, time.Duration(seconds)*second, fn)
}

var waitCases = []program{
	{"sleeps_end_in_order_of_time", func(s *stage) error {
		for _, it := range []struct {
			who     string
			seconds time.Duration
		}{{"c", 3}, {"a", 1}, {"b", 2}} {
			s.task(func(c *Co) (string, error) {
				Sleep(c, it.seconds*second)
				s.log(it.who, s.at())
				return "", nil
			})
		}
		s.sleep(4)
		return nil
	}},
	{"sleep_zero_gives_way_once", func(s *stage) error {
		s.l.CallSoon(s.logs("others"))
		s.sleep(0)
		s.log("back", s.at())
		return nil
	}},
	{"timeout_expires", func(s *stage) error {
		t := s.task(func(c *Co) (string, error) {
			return within(c, 1, func() (string, error) {
				err := Sleep(c, 10*second)
				s.log("clean-up", s.at())
				return "", err
			})
		})
		s.log(outcome(s.Co, t), s.at(), t.Cancelling())
		return nil
	}},
	{"timeout_not_reached", func(s *stage) error {
		t := s.task(func(c *Co) (string, error) {
			if _, err := within(c, 2, func() (string, error) { return "", Sleep(c, second) }); err != nil {
				return "", err
			}
			return "r", Sleep(c, 5*second)
		})
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
	{"timeout_inside_a_timeout", func(s *stage) error {
		t := s.task(func(c *Co) (string, error) {
			return within(c, 3, func() (string, error) {
				if _, err := within(c, 1, func() (string, error) { return "", Sleep(c, 10*second) }); err == ErrTimeout {
					s.log("inner", s.at())
				}
				return "", Sleep(c, 10*second)
			})
		})
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
	{"timeout_lets_a_cancellation_pass", func(s *stage) error {
		t := s.task(func(c *Co) (string, error) {
			return within(c, 5, func() (string, error) { return "", Sleep(c, 10*second) })
		})
		s.sleep(1)
		t.Cancel()
		s.log(outcome(s.Co, t), s.at())
		return nil
	}},
}
