package cli

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/units"
	"carousel/loadgen/client"
	"carousel/loadgen/engine"
	"carousel/loadgen/trace"
	"carousel/loadgen/turns"
	"carousel/loadgen/verdict"
)

// maxPorts is the largest possible number of local ports of an address.
const maxPorts = 65535

// maxServers is how many servers can be compared. With more, the machine changes too much between the turns of a server.
const maxServers = 26

// mostSlices is the largest load of a server, in short slices, because every slice is in the record.
const mostSlices = 400_000

// mostCycles is the upper bound of --cycles: a pair of cycles counts as four short slices.
const mostCycles = mostSlices / 2

// leastSlices is the smallest load of a server, in short slices, for which ratios have intervals.
const leastSlices = turns.MinPairs * (1 + turns.LongFactor)

// checkStrays rejects flags of a comparison without a comparison.
func (o *Options) checkStrays(flags *pflag.FlagSet) error {
	if o.Compares() {
		return nil
	}
	if flag := flags.Lookup("seed"); flag.Changed && !o.draws() {
		return fmt.Errorf("%s: it is for --arrivals poisson, --mix, and comparing servers: give one of them, or leave it out", given(flag))
	}
	for _, name := range []string{"slice", "cycles", "until"} {
		if flag := flags.Lookup(name); flag.Changed {
			return fmt.Errorf("%s: it is for comparing servers: name another with --vs, or leave it out", given(flag))
		}
	}
	return nil
}

// checkNames rejects empty names of files and folders, as from an unset shell variable.
func checkNames(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		what := map[string]string{"FILE": "a file", "DIR": "a folder"}[strings.Join(f.Annotations[valueOf], "")]
		if what != "" && f.Value.String() == "" {
			err = cmp.Or(err, fmt.Errorf("%s needs %s", typed(f), what))
		}
	})
	return err
}

// check rejects flags that cannot be combined, with what to write instead. The range of a single flag is checked by its value.
func (o *Options) check() error {
	if err := cmp.Or(o.checkExports(), o.checkMetrics()); err != nil {
		return err
	}
	switch {
	case o.Searches():
		plan := o.Levels()
		return cmp.Or(o.checkGates(), o.checkCeiling(), o.checkTrace(), check(o.At(max(plan.First, plan.Least), 0, false)))
	case !o.Compares():
		return cmp.Or(o.checkGates(), o.checkCeiling(), o.checkTrace(), check(o.Spec))
	}
	err := cmp.Or(o.checkTurns(), o.checkGates(), o.checkTrace())
	for _, server := range o.Servers {
		err = cmp.Or(err, check(o.Of(server)))
	}
	return cmp.Or(err, o.checkPorts())
}

func (o *Options) checkTurns() error {
	s, least := o.Spec, leastSlices*o.Slice
	switch {
	case len(o.Servers) > maxServers:
		return fmt.Errorf("%d servers are too many to take turns: leave %d out, %d can", len(o.Servers), len(o.Servers)-maxServers, maxServers)
	case len(s.Stages) > 0:
		return errors.New("--ramp and --stages: servers are compared at one rate, use -r")
	case s.First > 0:
		return fmt.Errorf("-c %d:%d: servers that are compared have as many connections each: use -c %[2]d", s.First, s.Connections)
	case s.Requests > 0:
		return fmt.Errorf("-n %d: servers are compared by time: use -d, how long each of them is loaded", s.Requests)
	case s.Think > 0:
		return fmt.Errorf("--think %v: a slice begins with all connections sending at once, none of which has rested: compare at a rate, -r", s.Think)
	case len(s.Counters) > 0:
		return errors.New("--counters are of one server: leave --vs out")
	case o.Ceiling:
		return errors.New("--ceiling is of one load: leave --vs out, or load each server by itself")
	case o.Announce:
		return errors.New("--ready: servers that are compared are loaded repeatedly, leave it out")
	case s.Save != "":
		return fmt.Errorf("--save %s: no bodies are kept where servers are compared: leave it out", s.Save)
	case s.Engine == result.Hey:
		return fmt.Errorf("--engine hey: it cannot load servers in turns: use --engine auto")
	case s.Rate > 0 && s.Rate*longestSlice.Seconds() < 1:
		return fmt.Errorf("-r %v leaves the longest slice, %v, without a request: use -r %v or more", s.Rate, longestSlice, 1/longestSlice.Seconds())
	case s.Rate > 0 && s.Rate*o.Slice.Seconds() < 1:
		return fmt.Errorf("-r %v leaves a slice of %v without a request: use --slice %v or longer", s.Rate, o.Slice, time.Duration(math.Ceil(1e3/s.Rate))*time.Millisecond)
	case o.Cycles > 0:
		return nil
	case s.Duration/o.Slice > mostSlices:
		return fmt.Errorf("-d %v in slices of %v is more than %s of them, too many to keep: use --slice %v or longer", s.Duration, o.Slice, units.Count(mostSlices), (s.Duration/mostSlices).Round(time.Millisecond)+time.Millisecond)
	case s.Duration < least:
		return fmt.Errorf("-d %v is too short to compare with slices of %v: use -d %v or longer", s.Duration, o.Slice, least)
	}
	return nil
}

// checkCeiling rejects --ceiling where it cannot be measured.
func (o *Options) checkCeiling() error {
	switch {
	case !o.Ceiling:
		return nil
	case o.Searches():
		return errors.New("--ceiling is of one load: leave --find-max out, or load the level that it finds by itself")
	case !sock.Linux:
		return errors.New("--ceiling works on Linux only: leave it out")
	case client.Secure(o.Spec.Target):
		return fmt.Errorf("--ceiling: the server within loadgen has no TLS, and %s has: leave --ceiling out", o.Spec.Target)
	case o.Spec.Engine == result.Hey:
		return errors.New("--ceiling --engine hey: its requests are its own: use another engine, or leave --ceiling out")
	}
	return nil
}

// checkMetrics rejects an address that other machines can reach, and comparisons, which have no live figures.
func (o *Options) checkMetrics() error {
	if o.Metrics == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(o.Metrics)
	if n, no := strconv.ParseUint(port, 10, 16); err != nil || no != nil {
		return fmt.Errorf("--metrics %s: it is a host and a port of this machine, such as 127.0.0.1:9100", o.Metrics)
	} else if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("--metrics %s: figures are served to this machine only: use 127.0.0.1:%d", o.Metrics, n)
	}
	if o.Compares() {
		return fmt.Errorf("--metrics %s: servers that are compared have figures when all turns are over: use --prom FILE, or load each by itself", o.Metrics)
	}
	return nil
}

// checkTrace rejects a trace where requests cannot be traced, or its file is used twice.
func (o *Options) checkTrace() error {
	switch {
	case o.Trace == "" && o.Traced != trace.Usual:
		return fmt.Errorf("--trace-limit %d: it is how much --trace FILE holds, give that too", o.Traced)
	case o.Trace == "":
		return nil
	case o.Trace == o.Output:
		return fmt.Errorf("-o %s and --trace %[1]s: give them files of their own", o.Trace)
	case o.Searches():
		return fmt.Errorf("--trace %s: it is of one load: leave --find-max out, or trace the level that it finds by itself", o.Trace)
	case o.Spec.Engine == result.Hey:
		return fmt.Errorf("--engine hey: it does not record when each request was sent: leave --trace %s out, or use --engine auto", o.Trace)
	}
	return nil
}

// checkGates rejects conditions whose figure cannot be known.
func (o *Options) checkGates() error {
	for _, of := range []struct {
		flag  string
		gates []verdict.Gate
	}{{"--fail-if", o.Gates}, {"--find-max", o.FindMax}} {
		for _, gate := range of.gates {
			if why := o.unknown(gate); why != "" {
				return fmt.Errorf("%s %s: %s", of.flag, gate.Expr, why)
			}
		}
	}
	return nil
}

// unknown is why the figure of a gate cannot be known after o, and what to do; "" if it can.
func (o *Options) unknown(gate verdict.Gate) string {
	switch {
	case gate.OfRatio() && !slices.ContainsFunc(o.Servers[1:], func(s Server) bool { return !s.Twin }): // differences of a twin are chance
		return "a ratio is of a further server to the target: name one with --vs"
	case gate.OfLateness() && o.Spec.Rate == 0 && !(o.Searches() && o.Over == result.OverRate):
		return "a closed loop has no schedule to be late for: give a rate (-r)"
	case !gate.OfCost():
		return ""
	}
	for _, server := range o.Servers {
		switch {
		case server.PID > 0 || server.Auto:
		case o.Compares():
			return fmt.Sprintf("the processor time of %s is not read: use --pid auto, or --pid %[1]s=PID", server.Name)
		default:
			return "the processor time of the target is not read: use --pid auto, or --pid PID"
		}
	}
	return ""
}

// checkPorts rejects more connections to one address than local ports exist.
func (o *Options) checkPorts() error {
	addr, n := o.busiestAddr()
	if int64(n*(o.Spec.Connections+o.Spec.Idle)) <= maxPorts*addresses(o.Spec) {
		return nil
	}
	return fmt.Errorf("-c %d and --idle %d, for each of %d servers at %s: one address takes %s connections at most, one for each local port",
		o.Spec.Connections, o.Spec.Idle, n, addr, units.Count(maxPorts))
}

// check rejects flags of the load s that cannot be combined, with what to write instead.
func check(s result.Spec) error {
	return cmp.Or(checkSchedule(s), checkLoad(s), checkRequest(s), checkMix(s), checkTLS(s), checkDownload(s), checkWays(s), checkSource(s), checkEngine(s))
}

func checkLoad(s result.Spec) error {
	connections, idle := each(s, s.Connections), each(s, s.Idle)
	switch {
	case s.Duration > 0 && s.Requests > 0:
		return fmt.Errorf("-n %d and -d %v: give one of them, since a run ends by count or by time", s.Requests, s.Duration)
	case s.Requests > 0 && s.Requests < int64(s.Connections):
		return fmt.Errorf("-n %d leaves some of %s connections without a request: use -c %d or fewer", s.Requests, units.Count(s.Connections), s.Requests)
	case s.Rate > 0 && s.Duration > 0 && s.Rate*s.Duration.Seconds() < 1:
		return fmt.Errorf("-r %v for %v is less than one request: use -d %.9gs or longer", s.Rate, s.Duration, math.Ceil(1/s.Rate))
	case s.Threads > s.Connections:
		return fmt.Errorf("-t %d: %d connections keep at most as many threads busy, use -t %[2]d or less", s.Threads, s.Connections)
	case !ported(s):
	case len(s.Source) > 0 && (int64(connections) > maxPorts*addresses(s) || int64(idle) > maxPorts*addresses(s)-int64(connections)):
		return fmt.Errorf("-c %d and --idle %d: the addresses of --source %s take %s connections at most, one for each of their ports: name more", s.Connections, s.Idle, strings.Join(s.Source, ","), units.Count(maxPorts*addresses(s)))
	case len(s.Source) == 0 && (connections > maxPorts || idle > maxPorts-connections):
		return fmt.Errorf("-c %d and --idle %d: one address takes %s connections at most, one for each local port", s.Connections, s.Idle, units.Count(maxPorts))
	}
	return nil
}

func checkRequest(s result.Spec) error {
	if s.BodyFile == "" && !utf8.ValidString(s.Body) {
		return fmt.Errorf("--body %q: it is no text: put it into a file, --body @FILE", s.Body)
	}
	if s.Proto == result.Line {
		if s.Method != "GET" || len(s.Headers) > 0 {
			return fmt.Errorf("--proto line sends lines: -X and -H are for --proto http")
		}
		if strings.ContainsAny(s.Body, "\r\n") {
			return fmt.Errorf("--body %q: with --proto line it is one line, the newline is added", s.Body)
		}
		return nil
	}
	if !client.IsToken(s.Method) || s.Method == "CONNECT" {
		return fmt.Errorf("-X %q is no method that can be sent: write one such as GET or POST", s.Method)
	}
	for _, h := range s.Headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || !client.IsToken(name) {
			return fmt.Errorf("-H %q: a header is 'Name: value'", h)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) { // RFC 9110, section 5.5
			return fmt.Errorf("-H %q: a value has no control characters", h)
		}
		switch strings.ToLower(name) {
		case "content-length", "transfer-encoding":
			return fmt.Errorf("-H %q: loadgen frames the body itself, leave the header out", h)
		}
	}
	return nil
}

func checkDownload(s result.Spec) error {
	switch {
	case s.Proto == result.Line && client.Secure(s.Target):
		return fmt.Errorf("target %s: --proto line has no TLS, use %s", s.Target, client.Addr(s.Target))
	case s.Proto == result.Line && client.PathOf(s.Target) != "/":
		return fmt.Errorf("target %s: --proto line has no path, use %s/", s.Target, client.Server(s.Target))
	case s.Proto == result.Line && s.SeveralHosts():
		return errors.New("--proto line is for one server: leave all targets but one out")
	case s.Proto == result.Line && len(s.Paths) > 0:
		return fmt.Errorf("--proto line has no path: leave %s out", s.Paths[0])
	case s.Proto == result.Line && s.MaxRedirects > 0:
		return fmt.Errorf("--proto line has no redirects: leave --max-redirects %d out", s.MaxRedirects)
	case s.Proto == result.Line && s.Save != "":
		return fmt.Errorf("--proto line has no bodies: leave --save %s out", s.Save)
	case s.Method == "HEAD" && s.Save != "":
		return fmt.Errorf("replies to HEAD have no bodies: leave --save %s out", s.Save)
	case s.Save == "" && s.SaveMode != "":
		return fmt.Errorf("--save-mode %s: it says how --save DIR writes, give that too", s.SaveMode)
	}
	return nil
}

// checkWays rejects modes of connections that cannot be combined.
func checkWays(s result.Spec) error {
	header := ""
	for _, h := range s.Headers {
		if name, _, _ := strings.Cut(h, ":"); strings.EqualFold(name, "connection") {
			header = h
		}
	}
	alone := func(because string) error {
		return fmt.Errorf("--pipeline %d %s", s.Pipeline, because)
	}
	switch {
	case s.NoKeepalive && header != "":
		return fmt.Errorf("-H %q: --no-keepalive sends Connection: close itself, leave the header out", header)
	case s.Think > 0 && s.Rate > 0:
		return fmt.Errorf("--think %v and -r %v: a schedule does not wait until a connection has rested, leave one of them out", s.Think, s.Rate)
	case s.Pipeline <= 1:
		return nil
	case s.NoKeepalive:
		return alone("and --no-keepalive: a connection of one request has nothing behind it, leave one of them out")
	case s.Think > 0:
		return alone(fmt.Sprintf("and --think %v: a connection rests when nothing of it is on its way, leave one of them out", s.Think))
	case s.Rate > 0:
		return alone(fmt.Sprintf("and -r %v: a request that is due goes out on a free connection, not behind another: use more connections (-c)", s.Rate))
	case len(s.Paths) > 0:
		return alone(fmt.Sprintf("sends one request over and over: leave %s out", s.Paths[0]))
	case s.MaxRedirects > 0:
		return alone(fmt.Sprintf("and --max-redirects %d: where a reply points to would be asked for behind requests that came later, leave one of them out", s.MaxRedirects))
	case header != "":
		return alone(fmt.Sprintf("and -H %q: what is on its way behind a request ends with its connection, leave the header out", header))
	}
	return nil
}

// checkTLS rejects incomplete or contradictory certificate flags.
func checkTLS(s result.Spec) error {
	switch {
	case s.Cert != "" && s.Key == "":
		return fmt.Errorf("--cert %s: give its --key too", s.Cert)
	case s.Cert == "" && s.Key != "":
		return fmt.Errorf("--key %s: give its --cert too", s.Key)
	case s.Insecure && s.CACert != "":
		return fmt.Errorf("-k and --cacert %s: what is not checked needs no authority, leave one of them out", s.CACert)
	}
	return nil
}

// loopback reports whether the host of a target is an address in 127.0.0.0/8.
func loopback(target string) bool {
	host, _, _ := net.SplitHostPort(client.Addr(target))
	addr, err := netip.ParseAddr(host)
	return err == nil && engine.Loopback.Contains(addr)
}

// addresses is how many source addresses s has; 1 if the system chooses.
func addresses(s result.Spec) (n int64) {
	for _, text := range s.Source {
		prefix, err := engine.ParseSource(text)
		if err == nil {
			n += engine.Addresses(prefix)
		}
	}
	return max(1, n)
}

func checkSource(s result.Spec) error {
	for _, server := range client.Servers(s) {
		if target := server + "/"; len(s.Source) > 0 && !loopback(target) {
			return fmt.Errorf("--source %s: only targets in %v, named by such an address, can be reached from there, not %s: leave it out", strings.Join(s.Source, ","), engine.Loopback, client.Addr(target))
		}
	}
	return nil
}

// mostSpread is the largest number of connections that spread distributes over addresses.
const mostSpread = 1 << 20

// spread distributes connections over the loopback addresses if one address has too few ports, or would run out because closed connections hold them for
// a minute (--no-keepalive), and all targets are loopback addresses.
func (o *Options) spread() {
	s := &o.Spec
	if runtime.GOOS != "linux" || len(s.Source) > 0 || s.Engine == result.Hey || s.Connections > mostSpread || s.Idle > mostSpread {
		return
	}
	_, servers := o.busiestAddr()
	if _, ports := host.LocalPorts(); !s.NoKeepalive && (ports == 0 || servers*(each(*s, s.Connections)+each(*s, s.Idle)) <= ports) {
		return
	}
	for _, server := range o.Servers {
		for _, one := range client.Servers(o.Of(server)) {
			if !loopback(one + "/") {
				return
			}
		}
	}
	s.Source, o.spreads = []string{engine.Loopback.String()}, true
}

func checkEngine(s result.Spec) error {
	if client.Secure(s.Target) && s.Engine != result.Net && s.Engine != result.Hey {
		return fmt.Errorf("target %s: --engine %s has no TLS: use --engine net", s.Target, s.Engine)
	}
	switch s.Engine {
	case result.Epoll:
		if runtime.GOOS != "linux" {
			return fmt.Errorf("--engine epoll needs Linux, this is %s: use --engine net", runtime.GOOS)
		}
		return nil
	case result.Uring:
		if err := engine.CheckUring(); err != nil {
			return fmt.Errorf("--engine uring is unavailable: %w: use --engine epoll or net", err)
		}
		if s.ReadRate > 0 {
			return fmt.Errorf("--engine uring cannot read slowly (--read-rate %d): use --engine epoll or net", s.ReadRate)
		}
		return nil
	case result.Net:
		if s.Threads > 0 {
			return fmt.Errorf("--engine net, which alone has TLS, runs on the Go scheduler: leave -t %d out", s.Threads)
		}
		return nil
	case result.Hey:
		return checkHey(s)
	}
	return nil
}
