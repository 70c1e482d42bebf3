package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/client"
)

// heyConnections is how many idle connections hey keeps at most.
const heyConnections = 500

// checkHey rejects loads that hey cannot carry out (github.com/rakyll/hey v0.1.5). hey keeps only the first million results while its sums go on, gives
// each worker requests/connections requests and drops the remainder, and has a timeout in whole seconds.
func checkHey(s result.Spec) error {
	c := int64(s.Connections)
	beyond := func(format string, args ...any) error {
		return fmt.Errorf("--engine hey: "+format+"; or use --engine auto", args...)
	}
	switch {
	case client.Network(client.Addr(s.Target)) == "unix":
		return beyond("it connects by TCP only (target %s)", s.Target)
	case client.Secure(s.Target):
		return beyond("it does not verify certificates (target %s)", s.Target)
	case len(s.Counters) > 0:
		return errors.New("--engine hey reads no counters: leave --counters out, or use --engine auto")
	case len(s.Stages) > 0:
		return beyond("it has no rate that changes: leave --ramp and --stages out")
	case s.Rate > 0:
		return beyond("it paces each worker by a ticker and times from the send, so a late request looks fast (asked: -r %v): leave -r out", s.Rate)
	case s.Proto != result.HTTP:
		return beyond("it speaks HTTP only: leave --proto %s out", s.Proto)
	case s.Warmup > 0:
		return beyond("it cannot leave a warm-up out of its figures (asked: %v): leave --warmup out", s.Warmup)
	case s.Idle > 0:
		return beyond("it opens no silent connections (asked: %d): leave --idle out", s.Idle)
	case s.NoKeepalive:
		return beyond("it connects from one address, whose ports run out: leave --no-keepalive out")
	case s.Pipeline > 1:
		return beyond("it waits for a reply before it sends again (asked: %d at once): leave --pipeline out", s.Pipeline)
	case s.Think > 0:
		return beyond("its workers never rest (asked: %v): leave --think out", s.Think)
	case s.ReadRate > 0:
		return beyond("it reads as fast as it can (asked: %d bytes per second): leave --read-rate out", s.ReadRate)
	case len(s.Source) > 0:
		return beyond("it leaves the address to the system: leave --source %s out", strings.Join(s.Source, ","))
	case len(s.Paths) > 0:
		return beyond("it asks for one target only: leave %s out", s.Paths[0])
	case s.MaxRedirects > 0:
		return beyond("it follows redirects, 10 at most, but does not count them: leave --max-redirects %d out", s.MaxRedirects)
	case s.Save != "":
		return beyond("it throws bodies away: leave --save %s out", s.Save)
	case s.Expect != "":
		return beyond("it throws bodies away unread: leave --expect %s out", s.Expect)
	case s.Threads > 0:
		return beyond("it runs on the Go scheduler: leave -t %d out", s.Threads)
	case s.Connections > heyConnections:
		return beyond("it keeps %d connections and churns beyond (asked: %d): use -c %[1]d or fewer", heyConnections, s.Connections)
	case s.Requests > result.HeyResults:
		return beyond("it keeps %s results and its figures are wrong beyond (asked: %s): use -n %d", units.Count(result.HeyResults), units.Count(s.Requests), result.HeyResults/c*c)
	case s.Requests%c != 0:
		return beyond("each of %d workers sends as many, so -n %d would send %d: use -n %[3]d or -n %[4]d", c, s.Requests, s.Requests/c*c, (s.Requests/c+1)*c)
	case s.Timeout%time.Second != 0:
		return beyond("its timeout is whole seconds (asked: %v): use --timeout %v", s.Timeout, s.Timeout.Truncate(time.Second)+time.Second)
	}
	return nil
}
