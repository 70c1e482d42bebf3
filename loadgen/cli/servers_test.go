package cli

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

func TestNamed(t *testing.T) {
	for given, want := range map[string]Server{
		":5001":                      {Target: "http://127.0.0.1:5001/"},
		"a=:5001":                    {Name: "a", Target: "http://127.0.0.1:5001/"},
		"v1.2_x-Y=h":                 {Name: "v1.2_x-Y", Target: "http://h:80/"},
		"abcdefghijklmnopqrst=:1":    {Name: "abcdefghijklmnopqrst", Target: "http://127.0.0.1:1/"},
		"a=/b=c":                     {Name: "a", Target: "http://127.0.0.1:5000/b=c"},
		"a=http://h/?b=c":            {Name: "a", Target: "http://h:80/?b=c"},
		"h?a=b":                      {Target: "http://h:80/?a=b"},
		"/a=b":                       {Target: "http://127.0.0.1:5000/a=b"},
		"h:1/a=b":                    {Target: "http://h:1/a=b"},
		"http://[::1]:5000/a=b?c==d": {Target: "http://[::1]:5000/a=b?c==d"},
	} {
		got, err := named(given)
		if got != want || err != nil {
			t.Errorf("named(%q) = %+v, %v, want %+v", given, got, err, want)
		}
	}
	for given, want := range map[string]string{
		"abcdefghijklmnopqrstu=:1": `"abcdefghijklmnopqrstu" is no name of a server: write a letter and up to 19 letters, digits, dots, _ or -`,
		"1=:1":                     `"1" is no name`,
		"=:1":                      `"" is no name`,
		"a b=:1":                   `"a b" is no name`,
		"\x1b=:1":                  `"\x1b" is no name`,
		"é=:1":                     `"é" is no name`,
		"a\n=:1":                   `"a\n" is no name`,
		"a=":                       "a= needs the URL of the server after it",
		"a=b=:1":                   "a=b=:1: a server has one name, NAME=URL",
		"a=5001":                   `target "5001": did you mean :5001`,
	} {
		if got, err := named(given); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("named(%q) = %+v, %v, want an error with %q", given, got, err, want)
		}
	}
}

func FuzzNamed(f *testing.F) {
	for _, seed := range []string{"a=:5001", ":5001", "a=", "=", "a=b=c", "h?a=b", "a=/b=c", "a=http://h/#x", "é=:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		s, err := named(given)
		if err != nil {
			return
		}
		if clean, err := client.Target(s.Target); clean != s.Target || err != nil || s.Name != "" && !naming.MatchString(s.Name) {
			t.Errorf("named(%q) = %+v, %v", given, s, err)
		}
		if again, err := named(s.given()); again != s || err != nil {
			t.Errorf("named(%q) = %+v, but named(%q) = %+v, %v", given, s, s.given(), again, err)
		}
	})
}

// parse parses a valid command line.
func parse(t *testing.T, line string) *Options {
	t.Helper()
	opts, err := Parse(io.Discard, io.Discard, strings.Fields(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return opts
}

func TestNames(t *testing.T) {
	for line, want := range map[string]string{
		":5000":                        ":5000",
		"h/a":                          "h:80",
		"--vs :5001 :5000":             ":5000 :5001",
		"--vs :5001":                   ":5000 :5001",
		"--vs localhost:1 localhost:2": ":2 :1",
		"--vs localhost:1 :2":          "127.0.0.1:2 localhost:1",
		"--vs h:1 :2":                  "127.0.0.1:2 h:1",
		"--vs b=h:1 :2":                "127.0.0.1:2 b",
		"--vs h:1 h:2":                 "h:2 h:1",
		"--vs [::1]:1 [::1]:2":         "[::1]:2 [::1]:1",
		"--vs b=:1 a=:2":               "a b",
		"--vs b=:1 :2":                 ":2 b",
		"--vs :1 a=:2":                 "a :1",
		"--vs :1/b :1/a?c=d":           ":1/a?c=d :1/b",
		"--vs :1/b --vs :2/c :1":       ":1/ :1/b :2",
		"--vs :1 :1":                   ":1 :1#2",
		"--vs :1 --vs :2 --vs :1 :1":   ":1 :1#2 :2 :1#3",
		"--vs :1/a --vs :1/b :1/a":     ":1/a :1/a#2 :1/b",
		"--vs b=:1 --vs :1 :1":         ":1 b :1#2",
		"--vs b=:1/b --vs h:2 h:1/a":   "h:1 b h:2",
		"--twin":                       ":5000 twin",
		"--vs b=:1/b :1/a":             ":1 b",
		"--twin --vs b=:1 --vs :2":     ":5000 b :2 twin",
		"--vs twin=:1":                 ":5000 twin",
		"--vs b=:1 --fail-if errors>0 verdict!=valid": ":5000 b",
	} {
		var names []string
		for _, s := range parse(t, line).Servers {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestProcesses(t *testing.T) {
	for line, want := range map[string]string{
		"":                               ":5000",
		"--pid 7":                        ":5000=7",
		"--pid 0":                        ":5000",
		"--pid auto":                     ":5000=auto",
		"--vs b=:1 --pid 7":              ":5000=7 b",
		"--vs b=:1 --pid b=7":            ":5000 b=7",
		"--vs b=:1 --pid :5000=7":        ":5000=7 b",
		"--vs b=:1 --pid auto":           ":5000=auto b=auto",
		"--vs b=:1 --pid b=auto":         ":5000 b=auto",
		"--vs b=:1 --pid auto --pid 7":   ":5000=7 b=auto",
		"--vs b=:1 --pid b=7 --pid auto": ":5000=auto b=7",
		"--vs b=:1 --pid auto --pid b=0": ":5000=auto b",
		"--vs :5000/a=b --vs c=:1 --pid :5000/a=b=7": ":5000/ :5000/a=b=7 c",
		"--twin --pid 7":                           ":5000=7 twin=7",
		"--twin --vs b=:1 --pid auto":              ":5000=auto b=auto twin=auto",
		"--twin --vs b=:1 --pid b=7":               ":5000 b=7 twin",
		"--twin --vs auto=:1 --pid auto=auto":      ":5000 auto=auto twin",
		"--twin --vs b=:1 --pid :5000=auto":        ":5000=auto b twin=auto",
		"--twin --pid auto --pid 7":                ":5000=7 twin=7",
		"--vs twin=:1 --pid twin=7":                ":5000 twin=7",
		"--vs :5000 --pid :5000#2=7 --pid :5000=8": ":5000=8 :5000#2=7",
	} {
		opts := parse(t, line)
		var got []string
		for _, s := range opts.Servers {
			switch {
			case s.Auto:
				got = append(got, s.Name+"=auto")
			case s.PID > 0:
				got = append(got, fmt.Sprintf("%s=%d", s.Name, s.PID))
			default:
				got = append(got, s.Name)
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
		if opts.Spec.PID != opts.Servers[0].PID {
			t.Errorf("%s: the process of the load is %d, want %d", line, opts.Spec.PID, opts.Servers[0].PID)
		}
	}
}

func TestComparison(t *testing.T) {
	opts := parse(t, "-c 64 -d 2s -r 1000 --vs b=:1/b --twin --pid b=7 :2/a")
	if !opts.Compares() || opts.Slice != 25*time.Millisecond || opts.Until != 0 || opts.Seed == 0 {
		t.Errorf("%+v", opts)
	}
	if opts.Spec.Target != "http://127.0.0.1:2/a" {
		t.Errorf("the target is %s", opts.Spec.Target)
	}
	want := opts.Spec
	want.Target, want.PID = "http://127.0.0.1:1/b", 7
	if diff := cmp.Diff(want, opts.Of(opts.Servers[1])); diff != "" {
		t.Error(diff)
	}
	if zero := parse(t, "--twin --seed 0"); zero.Seed != 0 {
		t.Errorf("--seed 0: %d", zero.Seed)
	}
	if again := parse(t, "--twin"); again.Seed == opts.Seed {
		t.Errorf("the seed is %d every time", opts.Seed)
	}
	for line, want := range map[string]time.Duration{
		"--twin -c 255": 25 * time.Millisecond, "--twin -c 256": 50 * time.Millisecond, "--twin -c 256 --slice 5ms": 5 * time.Millisecond, "-c 5": 0,
	} {
		if got := parse(t, line).Slice; got != want {
			t.Errorf("%s: slices of %v, want %v", line, got, want)
		}
	}
	for line, want := range map[string]float64{"1%": 0.01, "0.01": 0.01, "0.7%": 0.007, "50%": 0.5, "0.11%": 0.0011} {
		if got := parse(t, "--twin --until "+line).Until; got != want {
			t.Errorf("--until %s: %v, want %v", line, got, want)
		}
	}
	// Two cycles load each server for a short and a long slice.
	if opts := parse(t, "--twin --cycles 6 --slice 10ms"); opts.Cycles != 6 || opts.Spec.Duration != 3*40*time.Millisecond || opts.Of(opts.Servers[1]).Duration != opts.Spec.Duration {
		t.Errorf("--cycles 6: %d, %v of load", opts.Cycles, opts.Spec.Duration)
	}
	if opts := parse(t, "--pid auto"); opts.Compares() || opts.Seed != 0 {
		t.Errorf("a single load: %+v", opts)
	}
}

// Flags that cannot be combined with a comparison, and flags that need one.
func TestCheckComparison(t *testing.T) {
	many := strings.Repeat("--vs :1 ", 25)
	for line, want := range map[string]string{
		"--vs :1 -d 800ms":                   "",
		"--vs :1 -d 799ms":                   "-d 799ms is too short to compare with slices of 25ms: use -d 800ms or longer",
		"--vs :1 -d 800ms -c 256":            "-d 800ms is too short to compare with slices of 50ms: use -d 1.6s or longer",
		"--twin --slice 1s":                  "-d 10s is too short to compare with slices of 1s: use -d 32s or longer",
		"--vs :1 -n 100":                     "-n 100: servers are compared by time: use -d, how long each of them is loaded",
		"--twin -n 100 -d 1s":                "-n 100: servers are compared by time: use -d, how long each of them is loaded",
		"--vs :1 --save d":                   "--save d: no bodies are kept where servers are compared: leave it out",
		"--vs :1 --engine hey":               "--engine hey: it cannot load servers in turns: use --engine auto",
		"--vs :1 :2 /b":                      "/b: servers are compared with one target, :2: a further server is --vs /b",
		"--vs :1 :2 :3":                      ":3: servers are compared with one target, :2: a further server is --vs :3",
		many:                                 "",
		many + "--twin":                      "27 servers are too many to take turns: leave 1 out, 26 can",
		"--vs a=:1 a=:2":                     "two servers are called a: give one of them another name",
		"--vs a=:1 --vs a=:1":                "two servers are called a: give one of them another name",
		"--vs twin=:1 --twin":                "--twin: http://127.0.0.1:1/ is called twin already: give it another name",
		"--twin twin=:1":                     "--twin: http://127.0.0.1:1/ is called twin already: give it another name",
		"--proto line --vs :1":               "",
		"--proto line --vs :1/a":             "target http://127.0.0.1:1/a: --proto line has no path, use http://127.0.0.1:1/",
		"--vs :1 -c 65535":                   "",
		"--vs :5000/a -c 32767":              "",
		"--vs h:5000/a -c 32768 h:5000":      "-c 32768 and --idle 0, for each of 2 servers at h:5000: one address takes 65,535 connections at most, one for each local port",
		"--twin -c 32000 --idle 768 h:5000":  "-c 32000 and --idle 768, for each of 2 servers at h:5000: one address takes 65,535 connections at most, one for each local port",
		"--vs :1 -c 65536 h:5000":            "-c 65536 and --idle 0: one address takes 65,535 connections at most, one for each local port",
		"--twin --source 127.0.0.2 -c 32768": "-c 32768 and --idle 0, for each of 2 servers at 127.0.0.1:5000: one address takes 65,535 connections at most, one for each local port",
		"--twin --no-keepalive":              "",
		"--twin --pipeline 4":                "",
		"--twin --read-rate 1MiB":            "",
		"--twin --ready":                     "--ready: servers that are compared are loaded repeatedly, leave it out",
		"--twin --think 1ms":                 "--think 1ms: a slice begins with all connections sending at once, none of which has rested: compare at a rate, -r",
		"--vs h:1 --source 127.0.0.2":        "--source 127.0.0.2: only targets in 127.0.0.0/8, named by such an address, can be reached from there, not h:1: leave it out",

		"--vs :1 --cycles 2":                    "",
		"--vs :1 --cycles 200000":               "",
		"--twin --cycles 1":                     "--cycles 1: it must be 2 to 200000",
		"--twin --cycles 200002":                "--cycles 200002: it must be 2 to 200000",
		"--twin --cycles 5":                     "--cycles 5: it must be even, as a cycle of short slices goes with one of long ones: use 6",
		"--twin --cycles x":                     "--cycles x: it takes a whole number",
		"--twin --cycles 4 -d 10s":              "--cycles 4 and -d 10s: give one of them",
		"--twin --cycles 4 --until 1%":          "--cycles 4 and --until 0.01: give one of them",
		"--twin --cycles 4 -n 100":              "-n 100: servers are compared by time: use -d, how long each of them is loaded",
		"--twin --cycles 2 --slice 10s -r 0.1":  "",
		"--twin --cycles 2 --slice 10s -r 0.05": "-r 0.05 leaves the longest slice, 10s, without a request: use -r 0.1 or more",
		"--cycles 4":                            "--cycles 4: it is for comparing servers: name another with --vs, or leave it out",
		"--vs -d 1s":                            "--vs -d: it takes the URL of a server, and this is a flag",
		"--vs --twin":                           "--vs --twin: it takes the URL of a server, and this is a flag",
		"--vs=-q :1":                            "--vs -q: it takes the URL of a server, and this is a flag",

		"--slice 25ms": "--slice 25ms: it is for comparing servers: name another with --vs, or leave it out",
		"--until 1%":   "--until 0.01: it is for comparing servers: name another with --vs, or leave it out",
		"--seed 5":     "--seed 5: it is for --arrivals poisson, --mix, and comparing servers: give one of them, or leave it out",
		"a=:5":         "a=:5: a name is for comparing servers: name another with --vs, or leave a= out",
		"--pid a=5":    "--pid a=5: a name is for comparing servers: name another with --vs, or leave a= out",

		"--pid 5 --pid 6":                                      "--pid 6: the target has a process already: leave one of them out",
		"--pid 5 --pid auto":                                   "--pid auto: the target has a process already: leave one of them out",
		"--vs b=:1 --pid c=5":                                  "--pid c=5: no server is called c; there are :5000 b",
		"--vs b=:1 --pid b=5 --pid b=auto":                     "--pid b=auto: b has a process already; there are :5000 b",
		"--vs b=:1 --pid 5 --pid :5000=5":                      "--pid :5000=5: :5000 has a process already; there are :5000 b",
		"--vs b=:1 --pid auto --pid auto":                      "--pid auto is given twice: leave one of them out",
		"--vs b=:1 --twin --pid twin=5":                        "--pid twin=5: the twin is the target, and so is its process: leave it out",
		"--vs b=:1 --twin --pid c=5":                           "--pid c=5: no server is called c; there are :5000 b",
		"--vs b=:1 --fail-if rate_ratio<0.97":                  "",
		"--fail-if rate_ratio<0.97":                            "--fail-if rate_ratio<0.97: a ratio is of a further server to the target: name one with --vs",
		"--twin --fail-if p99_ratio>1":                         "--fail-if p99_ratio>1: a ratio is of a further server to the target: name one with --vs",
		"--vs b=:1 --fail-if target_cpu_ratio>1":               "--fail-if target_cpu_ratio>1: the processor time of :5000 is not read: use --pid auto, or --pid :5000=PID",
		"--vs b=:1 --pid 5 --fail-if target_cpu_whole_ratio>1": "--fail-if target_cpu_whole_ratio>1: the processor time of b is not read: use --pid auto, or --pid b=PID",
		"--vs b=:1 --pid auto --fail-if target_cpu_ratio>1 target_cpu_per_request>9us": "",
		"--fail-if target_cpu_per_request>9us":                                         "--fail-if target_cpu_per_request>9us: the processor time of the target is not read: use --pid auto, or --pid PID",
		"--pid 5 --fail-if target_cpu_per_request>9us":                                 "",
		"--vs b=:1 --pid 5 --fail-if target_cpu_per_request>9us":                       "--fail-if target_cpu_per_request>9us: the processor time of b is not read: use --pid auto, or --pid b=PID",
		"--fail-if lateness_p99>1ms":                                                   "--fail-if lateness_p99>1ms: a closed loop has no schedule to be late for: give a rate (-r)",
		"--fail-if pacer_lateness_p99>1ms -r 9":                                        "",
		"--find-max lateness_p99<1ms":                                                  "",
		"--find-max lateness_p99<1ms --over connections":                               "--find-max lateness_p99<1ms: a closed loop has no schedule to be late for: give a rate (-r)",
		"--vs b=:1 --trace t.json":                                                     "",
		"--trace t.json --trace-limit 5":                                               "",
		"--trace t.json --trace-limit 10000001":                                        "--trace-limit 10000001: it must be 1 to 10000000",
		"--trace t.json --trace-limit 0":                                               "--trace-limit 0: it must be 1 to 10000000",
		"--trace-limit 5":                                                              "--trace-limit 5: it is how much --trace FILE holds, give that too",
		"--trace=":                                                                     "--trace needs a file",
		"--trace t.json -o t.json":                                                     "-o t.json and --trace t.json: give them files of their own",
		"--trace t.json --engine hey":                                                  "--engine hey: it does not record when each request was sent: leave --trace t.json out, or use --engine auto",
		"--trace t.json --find-max p99<5ms":                                            "--trace t.json: it is of one load: leave --find-max out, or trace the level that it finds by itself",
		"--find-max target_cpu_per_request<9us":                                        "--find-max target_cpu_per_request<9us: the processor time of the target is not read: use --pid auto, or --pid PID",
		"--vs b=:1 --twin --pid 5 --pid b=6 --fail-if target_cpu_ratio>1":              "",
	} {
		opts, err := Parse(io.Discard, io.Discard, strings.Fields(line))
		if got := fmt.Sprint(err); want != "" && got != want || want == "" && err != nil {
			t.Errorf("%s: %+v, %s, want %q", line, opts, got, want)
		}
	}
}

// Connections need a descriptor each, but only those to one address a port each.
func TestCrowded(t *testing.T) {
	for line, want := range map[string]string{
		":1":                           "127.0.0.1:1 1",
		"--vs :2 :1":                   "127.0.0.1:1 1",
		"--vs :2 --vs :2/a :1":         "127.0.0.1:2 2",
		"--vs :2 --twin --vs :1/b :1":  "127.0.0.1:1 3",
		"--vs localhost:1 --vs h:1 :1": "127.0.0.1:1 1",
	} {
		addr, n := parse(t, line).busiestAddr()
		if got := fmt.Sprint(addr, " ", n); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestProcessesAreLookedAt(t *testing.T) {
	o := &Options{Spec: result.DefaultSpec(), Servers: []Server{{Target: result.DefaultTarget}, {Target: result.DefaultTarget, PID: 2147483000}}}
	if err := o.checkProcesses(); err == nil || !strings.HasPrefix(err.Error(), "--pid 2147483000: ") {
		t.Errorf("%v", err)
	}
	if o.Servers[1].Auto = true; o.checkProcesses() != nil { // it is found when the load begins
		t.Errorf("%v", o.checkProcesses())
	}
}
