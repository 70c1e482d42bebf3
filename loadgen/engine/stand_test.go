package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/turns"
)

// compare loads servers in turns, in the shortest possible comparison.
func compare(t *testing.T, ctx context.Context, change func(*result.Spec), targets ...string) *result.Comparison {
	t.Helper()
	p := turns.Settings{Slice: 5 * time.Millisecond, Duration: 32 * 5 * time.Millisecond, Grace: 50 * time.Millisecond, Seed: 1}
	var list []Server
	for i, target := range targets {
		s := load(target)
		s.Engine, s.Duration, s.Grace = Default(), p.Duration, p.Grace
		change(&s)
		p.Rate = s.Rate
		s.Threads = map[bool]int{true: Threads(s)}[s.Engine == result.Epoll]
		list = append(list, Server{Spec: s, Auto: s.PID < 0})
		p.Names = append(p.Names, string(rune('a'+i)))
	}
	stand := NewStand(ctx, list, 1, nil)
	defer stand.Close()
	defer context.AfterFunc(ctx, stand.Stop)()
	c, err := turns.Compare(ctx, p, stand, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Servers {
		sums(t, s.Load)
		var ok, errs int64
		for _, slice := range s.Slices {
			if !slice.Disturbed {
				ok, errs = ok+slice.OK, errs+slice.Errors
			}
			if slice.WindowOK > slice.OK || slice.ElapsedNS < slice.LengthNS {
				t.Errorf("%s: %+v", s.Name, slice)
			}
		}
		if q := s.Load.Requests; ok != q.OK || errs != q.Errors {
			t.Errorf("%s: the slices have %d good replies and %d errors, the books %+v", s.Name, ok, errs, q)
		}
	}
	return c
}

// lasted returns a condition for when: the first request reached s at least d ago.
func (s *server) lasted(d time.Duration) func() bool {
	var first time.Time
	return func() bool {
		if first.IsZero() && s.received.Load() > 0 {
			first = time.Now()
		}
		return !first.IsZero() && time.Since(first) > d
	}
}

func url(addr string) string { return "http://" + addr + "/" }

func TestStand(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 2000} {
			for _, threads := range []int{1, 2} {
				if engine == result.Net && threads > 1 {
					continue
				}
				t.Run(fmt.Sprint(engine, rate, threads), func(t *testing.T) {
					var servers []*server
					var targets []string
					for range 3 {
						s := serve(t, "127.0.0.1:0", say(hello))
						servers, targets = append(servers, s), append(targets, url(s.addr))
					}
					c := compare(t, t.Context(), func(s *result.Spec) { s.Engine, s.Rate, s.Threads = engine, rate, threads }, targets...)
					if !c.Complete || c.Cycles != 16 || len(c.Ratios) != 10 {
						t.Errorf("complete %v, %d cycles, %d ratios", c.Complete, c.Cycles, len(c.Ratios))
					}
					for k, s := range c.Servers {
						q := s.Load.Requests
						// The server also received the warm-up, which is not in the books: about a tenth of the rest.
						if received := servers[k].received.Load(); q.OK == 0 || q.OK != q.Sent || received < q.Sent || received > 2*q.Sent {
							t.Errorf("%s: %+v, the server was asked %d times", s.Name, q, received)
						}
						if s.Trouble != "" && !strings.HasPrefix(s.Trouble, "stood still") || s.Gone || len(s.Slices) != 16 {
							t.Errorf("%s: %q, gone %v, %d slices", s.Name, s.Trouble, s.Gone, len(s.Slices))
						}
						if h, err := result.Decode(s.Load.Histogram); err != nil || h.Count() < s.Load.Timed || h.Count() > s.Load.Timed+q.Unsent {
							t.Errorf("%s: %d times of %d timed replies, %v", s.Name, h.Count(), s.Load.Timed, err)
						}
						if opened := servers[k].accepted.Load(); opened > 5 { // four, and one to find the address if a name has several
							t.Errorf("%s: %d connections were opened, not kept", s.Name, opened)
						}
					}
				})
			}
		}
	}
}

// A fault of one server is reported as its Trouble, and the others are compared.
func TestStandOfTheSick(t *testing.T) {
	for _, engine := range engines() {
		for _, c := range []struct {
			name    string
			sick    func(t *testing.T) string
			trouble string // the begin of the expected Trouble
			gone    bool
			none    bool // it never sends a good reply
		}{
			{"refuses", func(t *testing.T) string {
				ln, err := net.Listen("tcp", apart)
				if err != nil {
					t.Fatal(err)
				}
				defer ln.Close()
				return ln.Addr().String()
			}, "is not there: cannot connect to ", true, true},
			{"has no address", func(*testing.T) string { return "no-such-host.invalid:1" }, "is not there: cannot connect to ", true, true},
			{"never answers", func(t *testing.T) string {
				return serve(t, "127.0.0.1:0", func(p *peer) {
					for p.request() {
					}
				}).addr
			}, "never answered", false, true},
			{"dies", func(t *testing.T) string {
				s := serve(t, apart, say(hello))
				when(t, s.lasted(300*time.Millisecond), s.die)
				return s.addr
			}, "hung up ", true, false},
			{"falls silent", func(t *testing.T) string {
				var silent atomic.Bool
				s := serve(t, "127.0.0.1:0", func(p *peer) {
					for p.request() {
						if !silent.Load() {
							fmt.Fprint(p, hello)
						}
					}
				})
				when(t, s.lasted(300*time.Millisecond), func() { silent.Store(true) })
				return s.addr
			}, "has not answered since ", false, false},
			{"turns requests away", func(t *testing.T) string {
				return serve(t, "127.0.0.1:0", say("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")).addr
			}, "", false, true},
			{"turns requests away and hangs up", func(t *testing.T) string {
				return serve(t, "127.0.0.1:0", sayOnce("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")).addr
			}, "", false, true},
			{"closes after each reply", func(t *testing.T) string {
				return serve(t, "127.0.0.1:0", sayOnce("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")).addr
			}, "", false, false},
		} {
			t.Run(engine+" "+c.name, func(t *testing.T) {
				var got *result.Comparison
				var lacks string // why the healthy servers are not compared
				for range 3 {    // a busy machine can keep a healthy server from replying for a slice
					well := serve(t, "127.0.0.1:0", say(hello))
					got = compare(t, t.Context(), func(s *result.Spec) { s.Engine = engine }, url(well.addr), url(c.sick(t)), url(well.addr))
					if lacks = got.Ratio("c", result.MetricRate).Lacks; lacks == "" {
						break
					}
				}
				s := got.Servers[1]
				if !strings.HasPrefix(s.Trouble, c.trouble) || c.trouble == "" && s.Trouble != "" && !strings.HasPrefix(s.Trouble, "stood still") || s.Gone != c.gone {
					t.Errorf("%q, gone %v; want %q, %v", s.Trouble, s.Gone, c.trouble, c.gone)
				}
				if none := s.Load.Requests.OK == 0; none != c.none {
					t.Errorf("%+v", s.Load.Requests)
				}
				for _, k := range []int{0, 2} {
					if q := got.Servers[k].Load.Requests; q.OK == 0 || q.OK != q.Sent {
						t.Errorf("one that is well: %+v", q)
					}
				}
				if lacks != "" {
					t.Errorf("who is well is not compared: %s", lacks)
				}
				if r := got.Ratio("b", result.MetricP50); c.none && r.Lacks == "" {
					t.Errorf("who gave no good reply is compared: %+v", r)
				}
			})
		}
	}
}

// If a server stands still in a slice, the stand waits for the grace, and the requests are recorded with their age.
func TestStandStill(t *testing.T) {
	for _, engine := range engines() {
		well := serve(t, "127.0.0.1:0", say(hello))
		var stands atomic.Bool
		still := serve(t, "127.0.0.1:0", func(p *peer) {
			for p.request() {
				if stands.Swap(false) {
					time.Sleep(120 * time.Millisecond)
				}
				fmt.Fprint(p, hello)
			}
		})
		when(t, still.lasted(100*time.Millisecond), func() { stands.Store(true) })
		c := compare(t, t.Context(), func(s *result.Spec) { s.Engine, s.Connections = engine, 1 }, url(well.addr), url(still.addr))
		q := c.Servers[1].Load.Requests
		if q.OK != q.Sent || q.OK == 0 {
			t.Errorf("%s: %+v", engine, q)
		}
		left := int64(0)
		for _, s := range c.Servers[1].Slices {
			left += s.Unanswered
		}
		if left == 0 {
			t.Errorf("%s: no slice ended with a request under way", engine)
		}
	}
}

// A comparison can be stopped at any time; its books balance.
func TestStandIsStopped(t *testing.T) {
	for _, engine := range engines() {
		for _, after := range []time.Duration{0, 5 * time.Millisecond, 30 * time.Millisecond, 150 * time.Millisecond} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			a, b := serve(t, "127.0.0.1:0", say(hello)), serve(t, "127.0.0.1:0", say(hello))
			when(t, a.lasted(after), cancel)
			c := compare(t, ctx, func(s *result.Spec) { s.Engine = engine }, url(a.addr), url(b.addr))
			ok := c.Servers[0].Load.Requests.OK + c.Servers[1].Load.Requests.OK
			if c.Complete || c.Cycles >= 16 || after > 100*time.Millisecond && ok == 0 {
				t.Errorf("%s, after %v: complete %v, %d cycles, %d good replies", engine, after, c.Complete, c.Cycles, ok)
			}
			for _, s := range c.Servers {
				if wait := time.Duration(s.Load.Connections.LongestWaitNS); wait > time.Minute {
					t.Errorf("%s, after %v: a connection waited %v", engine, after, wait)
				}
			}
		}
	}
}

// Two servers of a stand at the same address are the same process, which the stand finds if it listens on this machine.
func TestStandFindsTheProcess(t *testing.T) {
	if Default() == result.Net {
		t.Skip("the process that listens is known on Linux only")
	}
	s := serve(t, "127.0.0.1:0", say(hello))
	c := compare(t, t.Context(), func(s *result.Spec) { s.PID = -1 }, url(s.addr), url(s.addr))
	for _, s := range c.Servers {
		if s.Load.Spec.PID != os.Getpid() || s.Load.TargetCPU == nil || s.Load.TargetCPU.Total() == 0 {
			t.Errorf("%s: process %d, %v, %s", s.Name, s.Load.Spec.PID, s.Load.TargetCPU, s.Load.TargetCPULacks)
		}
		if s.IdleShare != 0 { // the process is never idle, because it also serves the other's slices
			t.Errorf("%s: idle %v", s.Name, s.IdleShare)
		}
		for _, slice := range s.Slices {
			if slice.TargetCPUNS <= 0 {
				t.Errorf("%s: %+v", s.Name, slice)
			}
		}
	}
}

// disturbing is a stand that reports a whole processor used by other programs in some cycles, and none in the rest.
type disturbing struct {
	*Stand
	of    int // servers
	count int // slices so far, without the warm-up
}

func (d *disturbing) Slice(k int, t turns.Turn) result.Slice {
	s := d.Stand.Slice(k, t)
	s.BesideNS = 0
	if !t.Warm {
		if cycle := d.count / d.of; cycle == 2 || cycle == 3 || cycle >= 14 && cycle < 18 {
			s.BesideNS = s.ElapsedNS
		}
		d.count++
	}
	return s
}

// Disturbed slices are not in the books, which balance even if replies come a slice late.
func TestStandForgets(t *testing.T) {
	for _, engine := range engines() {
		for _, rate := range []float64{0, 3000} {
			late := serve(t, "127.0.0.1:0", func(p *peer) {
				for n := 0; p.request(); n++ {
					if n%50 == 49 {
						time.Sleep(60 * time.Millisecond)
					}
					fmt.Fprint(p, hello)
				}
			})
			well := serve(t, "127.0.0.1:0", say(hello))
			p := turns.Settings{Names: []string{"a", "b"}, Slice: 5 * time.Millisecond, Cycles: 16, Grace: 20 * time.Millisecond, Seed: 1, Rate: rate, Processors: 1}
			var list []Server
			for _, target := range []string{url(late.addr), url(well.addr)} {
				s := load(target)
				s.Engine, s.Duration, s.Grace, s.Rate = engine, 160*time.Millisecond, p.Grace, rate
				s.Threads = map[bool]int{true: 1}[engine == result.Epoll]
				list = append(list, Server{Spec: s})
			}
			stand := NewStand(t.Context(), list, 1, nil)
			defer stand.Close()
			c, err := turns.Compare(t.Context(), p, &disturbing{Stand: stand, of: 2}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.Servers {
				sums(t, s.Load)
				var ok, errs, windowed, window, own int64
				disturbed := 0
				for _, slice := range s.Slices {
					if slice.Disturbed {
						disturbed++
						continue
					}
					ok, errs, windowed = ok+slice.OK, errs+slice.Errors, windowed+slice.WindowOK
					window, own = window+slice.LengthNS-c.LeadNS, own+slice.OwnCPUNS
				}
				if l := s.Load; disturbed != 4 && disturbed != 6 || l.Requests.OK != ok || l.Requests.Errors != errs || l.Window.ElapsedNS != window || l.CPU.Total() != own {
					t.Errorf("%s %v, %s: %d disturbed slices; books of %d ok, %d errors, a window of %d and processor time of %d; the slices have %d, %d, %d and %d",
						engine, rate, s.Name, disturbed, l.Requests.OK, l.Requests.Errors, l.Window.ElapsedNS, l.CPU.Total(), ok, errs, window, own)
				}
				if h, err := result.Decode(s.Load.Histogram); err != nil || h.Count() < s.Load.Timed || h.Count() > s.Load.Timed+s.Load.Requests.Unsent+s.Load.Requests.Unanswered {
					t.Errorf("%s %v, %s: %d times of %d timed replies, %v", engine, rate, s.Name, h.Count(), s.Load.Timed, err)
				}
				if rate := float64(windowed) / float64(window) * 1e9; !near(s.Load.RateRPS, rate) && c.SliceNS == c.NeededNS {
					t.Errorf("%s: a rate of %v, %v by the slices", s.Name, s.Load.RateRPS, rate)
				}
			}
		}
	}
}

func near(a, b float64) bool { return a > 0.999*b && a < 1.001*b }

// If no server can be reached, the comparison returns an error, as a load of one server does.
func TestStandWithoutAnybody(t *testing.T) {
	ln, err := net.Listen("tcp", apart)
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	s := load(url(ln.Addr().String()))
	s.Engine, s.Threads = Default(), 1
	p := turns.Settings{Names: []string{"a", "b"}, Slice: time.Millisecond, Duration: time.Second}
	stand := NewStand(t.Context(), []Server{{Spec: s}, {Spec: s}}, 1, nil)
	defer stand.Close()
	err = stand.Unreached()
	if gone := (*Unreachable)(nil); !errors.As(err, &gone) {
		t.Errorf("nobody to be reached: %v", err)
	}
	c, err := turns.Compare(t.Context(), p, stand, nil)
	if err != nil || len(c.Servers) != 2 || !c.Servers[1].Gone || c.Cycles != 0 || len(c.Ratios) != 5 || c.Ratios[0].Lacks == "" {
		t.Errorf("the record of nobody: %v, %+v", err, c)
	}
}
