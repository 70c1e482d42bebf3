package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/internal/host"
	"carousel/internal/printable"
)

func flagsOf() *pflag.FlagSet {
	cmd := new(cobra.Command)
	new(Options).define(cmd)
	return cmd.Flags()
}

// Every habit in the table gives its explanation, whether its value is joined or the next argument.
func TestEveryHabit(t *testing.T) {
	ours := flagsOf()
	seen := map[string]bool{}
	for _, h := range habits {
		name := strings.TrimLeft(h.flag, "-")
		if seen[h.flag] || ours.Lookup(name) != nil && len(name) > 1 || len(name) == 1 && ours.ShorthandLookup(name) != nil {
			t.Errorf("%s is a flag of ours, or stands twice: its help is never seen", h.flag)
		}
		seen[h.flag] = true
		for _, m := range h.means {
			if strings.Contains(m.here, "%s") && (!h.takes || h.ignored) {
				t.Errorf("%s shows a value it does not take", h.flag)
			}
			for _, word := range strings.FieldsFunc(m.here, func(r rune) bool { return strings.ContainsRune(" ,;:()=", r) }) {
				if long, is := strings.CutPrefix(word, "--"); is && ours.Lookup(long) == nil && long != "stage" {
					t.Errorf("%s: there is no %s", h.flag, word)
				}
			}
		}

		forms := [][]string{{h.flag}, {h.flag[len(h.flag)-len(name)-1:]}} // --word and -word
		if h.takes {
			forms = [][]string{{h.flag, "77"}, {h.flag + map[bool]string{true: "=77", false: "77"}[len(name) > 1]}}
		}
		for _, form := range forms {
			out, notes, err := translate(append(form, "-c", "5"), ours)
			switch {
			case h.ignored && (err != nil || len(notes) != 1 || !strings.Contains(notes[0], h.means[0].here) || strings.Join(out, " ") != "-c 5"):
				t.Errorf("%q: %q, %q, %v: want a note and the rest", form, out, notes, err)
			case !h.ignored && err == nil:
				t.Errorf("%q is let through as %q", form, out)
			case !h.ignored && h.takes && !strings.Contains(err.Error(), "77"):
				t.Errorf("%q: %v does not repeat the value", form, err)
			case !h.ignored && strings.Contains(err.Error(), "%"):
				t.Errorf("%q: %v", form, err)
			}
		}
	}
}

// Command lines of other tools.
func TestCommandLines(t *testing.T) {
	for line, want := range map[string]string{
		"-q 200":                           "hey's -q 200 is -r 10000 (it is per connection there) here, oha's -q 200 is -r 200 here",
		"-q200":                            "oha's -q 200 is -r 200 here",
		"-z 30s":                           "-z 30s is -d 30s here",
		"-z30s":                            "-z 30s is -d 30s here",
		"-z 30":                            "hey's and oha's -z 30 is -d 30s here",
		"-n 100 -c 5 -m POST h:1":          "-m POST is -X POST here",
		"-n 100 -T text/html h:1":          "is -H 'Content-Type: text/html' here",
		"-D body.json h:1":                 "hey's and oha's -D body.json is --body @body.json here",
		"-d @body.json h:1":                "hey's, oha's and curl's -d @body.json is --body @body.json here",
		"-disable-keepalive h:1":           "hey's and oha's -disable-keepalive is --no-keepalive here",
		"-o csv h:1":                       "hey's -o csv is --csv FILE here",
		"-host example.com h:1":            "hey's and oha's -host example.com is -H 'Host: example.com' here",
		"-cpus 2 h:1":                      "hey's -cpus 2 is -t 2 here",
		"-t2 -c100 -d30s -R2000 h:1":       "wrk2's and autocannon's -R 2000 is -r 2000 here",
		"-t4 -c100 -d30s -s post.lua h:1":  "scripts are not run",
		"-t 20s h:1":                       "oha's and bombardier's -t 20s is --timeout 20s here",
		"-k -n 100 -c 10 -p post.txt h:1":  "ab's -p post.txt is --body @post.txt here",
		"-u 10 -d 1s h:1":                  "k6's -u 10 is -c 10 here",
		"--vus 10 -d 1s h:1":               "k6's --vus 10 is -c 10 here",
		"--qps=100 h:1":                    "fortio's --qps 100 is -r 100 here",
		"-d 30":                            "-d 30: it has no unit, did you mean 30s",
		"--timeout 2":                      "--timeout 2: it has no unit, did you mean 2s",
		"--duraton 3s":                     "--duraton is not a flag here: did you mean --duration",
		"--fail_if p99>1ms":                "did you mean --fail-if",
		"--xyzzy":                          "--xyzzy is not a flag here: loadgen --help lists them all",
		"-y":                               "-y is not a flag here",
		"-Z 3":                             "-Z is not a flag here",
		"-c":                               "-c needs a value",
		"--rate":                           "--rate needs a value",
		"-c x":                             "-c x: it takes a whole number",
		"-c 99999999999999999999":          "it is more than can be counted",
		"-n 1e6":                           "-n 1e6: it takes a whole number, did you mean 1000000",
		"--csv=":                           "--csv needs a file",
		"--cacert=":                        "--cacert needs a file",
		"merge a b --hgrm=":                "--hgrm needs a file",
		"merge a b -o ":                    "-o needs a value",
		"merge a b --fail-if x":            "--fail-if x: it takes a metric",
		"-d 99999999999999999999":          "-d 99999999999999999999: a duration is written 500ms, 30s or 2m",
		"-k=maybe":                         "-k maybe: it takes no value",
		"-r 50/1":                          "-r 50/1: it takes a number of requests per second",
		"-r 50/0s":                         "-r 50/0s: it takes a number of requests per second",
		"-c 0":                             "-c 0: it must be 1 or more",
		"-c -5":                            "-c -5: it must be 1 or more",
		"-d 0s":                            "-d 0s: it must be above 0",
		"-d -1s":                           "-d -1s: it must be above 0",
		"-n 0":                             "-n 0: it must be 1 or more",
		"-t 0":                             "-t 0: it must be 1 or more",
		"-r 0":                             "-r 0: it must be above 0",
		"-r NaN":                           "-r NaN: it must be above 0",
		"-r 2e7":                           "-r 2e7: the finest schedule is 10000000 requests per second",
		"--warmup -1s":                     "--warmup -1s: it must be 0 or more",
		"--timeout 0":                      "--timeout 0: it must be above 0",
		"--timeout 25h":                    "--timeout 25h: the longest is 24h0m0s",
		"--grace -1s":                      "--grace -1s: it must be 0 or more",
		"--grace 25h":                      "--grace 25h: the longest is 24h0m0s",
		"--idle -1":                        "--idle -1: it must be 0 or more",
		"--pid -1":                         "--pid -1: it must be 0 or more",
		"--pid self":                       "--pid self: it takes the number of a process, or auto",
		"--pid b=":                         "--pid b=: it takes the number of a process, or auto",
		"--pid =5":                         "--pid =5: what stands before the = is the name of a server",
		"--pid b=-1":                       "--pid b=-1: it must be 0 or more",
		"--vs=":                            `--vs "": it takes the URL of a server`,
		"--vs 5001":                        "--vs 5001: target \"5001\": did you mean :5001",
		"--vs b=":                          "--vs b=: b= needs the URL of the server after it",
		"--vs b=https://h/ --engine epoll": "target https://h:443/: --engine epoll has no TLS: use --engine net",
		"--vs 2=:5001":                     `--vs 2=:5001: "2" is no name of a server: write a letter and up to 19 letters, digits, dots, _ or -`,
		"--slice 25":                       "--slice 25: it has no unit, did you mean 25ms",
		"--slice 2":                        "--slice 2: it has no unit, did you mean 2s",
		"--slice 4ms":                      "--slice 4ms: it must be 5ms to 10s",
		"--slice 0":                        "--slice 0: it must be 5ms to 10s",
		"--slice 11s":                      "--slice 11s: it must be 5ms to 10s",
		"--slice soon":                     "--slice soon: a duration is written",
		"--until soon":                     "--until soon: it takes a share, such as 1% or 0.01",
		"--until 1":                        "--until 1: it must be at most 50%, did you mean 1%",
		"--until 0.1%":                     "--until 0.1%: it must be above 0.1% and at most 50%",
		"--until 51%":                      "--until 51%: it must be above 0.1% and at most 50%",
		"--until 51":                       "--until 51: it must be above 0.1% and at most 50%",
		"--until NaN":                      "--until NaN: it must be above 0.1% and at most 50%",
		"--seed -1":                        "--seed -1: it takes a whole number from 0 to 18446744073709551615",
		"--runs 10":                        "servers are compared in turns",
		"--reference :5000 :5001":          "loadgen --vs OTHER :5000",
		"--ab 3":                           "--ab is not a flag here: loadgen --help lists them all",
		"--output=":                        "-o needs a file",
		"--save=":                          "--save needs a folder",
		"--engine=":                        `--engine "": it is auto, epoll, uring, net or hey`,
		"--max-redirects 101":              "--max-redirects 101: it must be 0 to 100",
		"--expect hello":                   "--expect hello: it is a status, 200 to 599, or carousel",
		"--proto quic":                     "--proto quic: it is http or line",
		"--save-mode later":                "--save-mode later: it is inline or offload",
		"-r fast":                          "-r fast: it takes a number of requests per second",
		"-n 100 -d 3s":                     "give one of them",
		"http://h:1 https://h:2":           "several servers are all unix:, all http:// or all https://",
		"-c 1 h:1 h:2":                     "-c 1: the targets are on 2 servers, each of which needs a connection: use -c 2 or more",
		"-n 1 h:1 h:2":                     "use -c 2 or more",
		"--pid auto h:1 h:2":               "--pid: processor time is of one server, and the targets are on 2",
		"--pid 1 h:1 h:2":                  "--pid: processor time is of one server",
		"--mix testdata/mix h:1 h:2":       "the paths of a mix are on one server, give that alone",
		"--vs :1 h:1 h:2":                  "a further server is --vs h:2",
		"--pipeline 2 h:1 h:2":             "leave http://h:2/ out",
		"--source 127.0.0.2 127.0.0.1 h:2": "not h:2: leave it out",
		"--proto line h:1 h:2":             "--proto line is for one server",
		"--engine hey -c 2 -n 2 h:1 h:2":   "it asks for one target only",
		"https://h:1/ --engine uring":      "has no TLS",
		"https://h:1/ -t 2":                "--engine net, which alone has TLS, runs on the Go scheduler: leave -t 2 out",
		"https://h:1/ --engine hey":        "it does not verify certificates",
		"https://h:1/ --ceiling":           "--ceiling: the server within loadgen has no TLS",
		"https://h:1/ --proto line":        "--proto line has no TLS, use h:1",
		"https://h:1/ --cert a":            "--cert a: give its --key too",
		"https://h:1/ --key a":             "--key a: give its --cert too",
		"https://h:1/ -k --cacert a":       "-k and --cacert a: what is not checked needs no authority",
		"--cacert a h:1":                   "--cacert a: it is for https:// targets",
		"unix:/x --source 127.0.0.2":       "not /x: leave it out",
		"unix:/x --engine hey":             "it connects by TCP only",
		"unix:/x --proto line unix:/x:/a":  "has no path",
		"p99>5ms":                          "a gate follows --fail-if",
		"--fail-if p99>5ms rate>>3":        "--fail-if rate>>3: >> is no operator",
		"--fail-if p99>5ms,p98>1":          "unknown metric p98",
		"--body x --body-file f":           "--body and --body-file f: give one of them",
		"--body-file=":                     "--body-file needs a file",
		"--body-file nowhere":              "--body-file nowhere: no such file or directory",
		"-u 100 h:1":                       "k6's -u 100 is -c 100 here",
		"-u me h:1":                        "-u me: it is user:password; an empty password leaves the colon",
		"-u= h:1":                          "it is user:password",
		"-u :x h:1":                        "-u :x: it is user:password",
		"-u a:b --proto line h:1":          "-u is for --proto http",
		"-u a:b -H authorization:x h:1":    `-u and -H "authorization:x": give one of them`,
		"-u a:b http://c:d@h:1":            "-u and a user in the target: give one of them",
		"--vs :1 http://c:d@h:1":           "write -u user:password, which is for all",
		"http://h:1 http://c:d@h:1/a":      "write the password as -u USER:PASSWORD",
		"--unix-socket /run/x.sock h":      "the socket is part of the target, unix:/run/x.sock:/path",
		"-a a:b h:1":                       "hey's and oha's -a a:b is -u a:b here",
		"--connect-to a:1:b:2 https://h/":  "-H 'Host: NAME' what it is called",
		"--http2 h:1":                      "HTTP/1.1 is spoken, not HTTP/2",
		"--engine hey -r 5":                "leave -r out",
		"--engine auot":                    "--engine auot: it is auto, epoll, uring, net or hey",
		"--engine hey --counters calls=3":  "leave --counters out",
		"--vs :5001 --ceiling":             "--ceiling is of one load: leave --vs out, or load each server by itself",
		"--ceiling --find-max p99<5ms":     "--ceiling is of one load: leave --find-max out, or load the level that it finds by itself",
		"--ceiling --engine hey":           "--ceiling --engine hey: its requests are its own: use another engine, or leave --ceiling out",
		"--vs :5001 --counters calls=3":    "--counters are of one server: leave --vs out",
		"--counters calls=x":               "--counters calls=x",
		"--json=perhaps":                   "--json perhaps",
		"-min-body=0 h:1":                  "-min-body=0 is not a flag here",
		"-lathe h:1":                       "-lathe is not a flag here",
		"-qj":                              "oha's and autocannon's -j is --json here",
	} {
		if opts, err := Parse(io.Discard, io.Discard, strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want an error with %q", line, opts, err, want)
		}
	}
}

func TestCommandLinesThatWork(t *testing.T) {
	type wanted struct {
		spec  string // without threads and engine, which depend on the system
		gates int
		json  bool
		quiet bool
		notes int
	}
	for line, want := range map[string]wanted{
		"":                                      {spec: "-c 50 -d 10s http://127.0.0.1:5000/"},
		"-c500 -d30s":                           {spec: "-c 500 -d 30s http://127.0.0.1:5000/"},
		"-c=500 -d=30s":                         {spec: "-c 500 -d 30s http://127.0.0.1:5000/"},
		"--connections=500 --duration 30s :80":  {spec: "-c 500 -d 30s http://127.0.0.1:80/"},
		"-connections 500 -duration=30s":        {spec: "-c 500 -d 30s http://127.0.0.1:5000/"},
		"-json":                                 {spec: "-c 50 -d 10s http://127.0.0.1:5000/", json: true},
		"--pid 0 --expect= --save-mode=":        {spec: "-c 50 -d 10s http://127.0.0.1:5000/"},
		"--json -q":                             {spec: "-c 50 -d 10s http://127.0.0.1:5000/", json: true, quiet: true},
		"-qc5 h:1":                              {spec: "-c 5 -d 10s http://h:1/", quiet: true},
		"-qjson":                                {spec: "-c 50 -d 10s http://127.0.0.1:5000/", json: true, quiet: true},
		"-t1 -c100 -d30s --latency http://h:1/": {spec: "-c 100 -d 30s http://h:1/", notes: 1},
		"-n 20":                                 {spec: "-c 20 -n 20 http://127.0.0.1:5000/"},
		"-n 100":                                {spec: "-c 50 -n 100 http://127.0.0.1:5000/"},
		"-rate=300/1m h:1":                      {spec: "-c 50 -d 10s -r 5 http://h:1/"},
		"-r 1000/s -d 1m":                       {spec: "-c 50 -d 1m0s -r 1000 http://127.0.0.1:5000/"},
		"--body x":                              {spec: "-c 50 -d 10s -X POST --body x http://127.0.0.1:5000/"},
		"--body x -X PUT":                       {spec: "-c 50 -d 10s -X PUT --body x http://127.0.0.1:5000/"},
		"--proto line --body x":                 {spec: "-c 50 -d 10s --proto line --body x http://127.0.0.1:5000/"},
		"-H A:b -H -json":                       {},
		"--fail-if p99>5ms errors>0.1% rate<20000 h:1": {spec: "-c 50 -d 10s http://h:1/", gates: 3},
		"--fail-if p99>5ms --fail-if errors>0.1%":      {spec: "-c 50 -d 10s http://127.0.0.1:5000/", gates: 2},
		"-fail-if=p99>5ms,max>1s":                      {spec: "-c 50 -d 10s http://127.0.0.1:5000/", gates: 2},
		"--ramp 0:500 -d 1m":                           {spec: "-c 50 -d 1m0s --ramp 0:500 http://127.0.0.1:5000/"},
		"-r 100 -c 5:50 --burst 10 --arrivals uniform": {spec: "-c 5:50 -d 10s -r 100 --burst 10 http://127.0.0.1:5000/"},
		"-r 100 --arrivals poisson --seed 7":           {spec: "-c 50 -d 10s -r 100 --arrivals poisson --seed 7 http://127.0.0.1:5000/"},
		"-u a:b:c h:1":                                 {spec: "-c 50 -d 10s -H 'Authorization: ...' http://h:1/"},
		"-u a: h:1":                                    {spec: "-c 50 -d 10s -H 'Authorization: ...' http://h:1/"},
		"http://a:b%3Ac@h:1/d":                         {spec: "-c 50 -d 10s -H 'Authorization: ...' http://h:1/d"},
		"http://a@h:1/d@e":                             {spec: "-c 50 -d 10s -H 'Authorization: ...' http://h:1/d@e"},
		"--body-file testdata/stages :1":               {spec: "-c 50 -d 10s -X POST --body @testdata/stages http://127.0.0.1:1/"},
		"-- h:1":                                       {spec: "-c 50 -d 10s http://h:1/"},
	} {
		opts, err := Parse(io.Discard, io.Discard, strings.Fields(line))
		if want.spec == "" {
			if err == nil || !strings.Contains(err.Error(), `-H "-json"`) { // a value is never taken for a flag
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		s := opts.Spec
		s.Threads, s.Engine, s.Spin = 0, "", 0
		got := wanted{strings.TrimPrefix(Command(s), "loadgen "), len(opts.Gates), opts.JSON, opts.Quiet, len(opts.Notes)}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", line, got, want)
		}
	}
}

// hey's -t is a timeout in seconds, so more threads than processors give a note.
func TestTimeoutOfHey(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("-t is of engines that need Linux")
	}
	for threads, want := range map[int]int{1: 0, host.Processors() + 20: 1} {
		opts, err := Parse(io.Discard, io.Discard, []string{"-c", "5000", "-t", strconv.Itoa(threads), "--engine", "epoll"})
		if err != nil || len(opts.Notes) != want || want > 0 && !strings.Contains(opts.Notes[0], fmt.Sprintf("is --timeout %ds", threads)) {
			t.Errorf("-t %d: %v, notes %q", threads, err, opts.Notes)
		}
	}
}

func TestAnswered(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"--help", "--fail-if"},
		{"-help", "Examples"},
		{"-h", "Topics"},
		{"help", "Topics"},
		{"help gates", "Metrics"},
		{"help exit", "wrong answers"},
		{"__complete help g", "gates"},
		{"--version", "go1."},
		{"-version", "commit"},
		{"completion bash", "__loadgen"},
		{"__complete --engine h", "hey"},
		{"__complete --pid a", "auto"},
		{"__complete --until 1", "1%"},
	} {
		var stdout strings.Builder
		if _, err := Parse(&stdout, io.Discard, strings.Fields(c.line)); !errors.Is(err, ErrAnswered) || !strings.Contains(stdout.String(), c.want) {
			t.Errorf("%s: %v, %.200q, want %q on stdout", c.line, err, stdout.String(), c.want)
		}
	}
}

// Parse accepts or rejects any command line, and never panics.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"-c500", "-q 200", "-z=3", "--", "-", "---", "-=", "--=", "-H", "-qz", "--fail-if p99>1s", "-\xff", "-é", "attack -rate=0 -body x", "run -s 1:2", "-max-body=0", "-lazy", "-k=x", "help -c", "--vs a=:1 --twin --pid a=auto b=:1", "--vs :1 --vs :1/a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Fields(line)
		if len(args) > 0 && (strings.HasPrefix(args[0], "__complete") || args[0] == "completion") {
			return
		}
		opts, err := Parse(io.Discard, io.Discard, args)
		if err != nil {
			return
		}
		if err := opts.check(); err != nil {
			t.Errorf("%q was let through with %v", args, err)
		}
		names := map[string]bool{}
		for _, s := range opts.Servers {
			names[s.Name] = true
			if s.Name != printable.Line(s.Name) {
				t.Errorf("%q: a server is called %q", args, s.Name)
			}
		}
		if len(names) != len(opts.Servers) {
			t.Errorf("%q: names are not told apart: %+v", args, opts.Servers)
		}
	})
}

// A password is sent, and not shown.
func TestUser(t *testing.T) {
	for line, want := range map[string]string{"-u a:b:c h:1": "a:b:c", "-u a: h:1": "a:", "http://a:b%3Ac@h:1/d": "a:b:c", "http://a@h:1/d@e": "a:"} {
		opts, err := Parse(io.Discard, io.Discard, strings.Fields(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if got := opts.Spec.Headers; len(got) != 1 || got[0] != "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(want)) {
			t.Errorf("%s: %q", line, got)
		}
	}
}
