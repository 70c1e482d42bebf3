package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"carousel/internal/sock"
	"carousel/loadgen/cli"
)

// elsewhere has command lines of other tools, from their manuals and as users type them. loadgen accepts theirs and does the same as with ours, or
// prints in one line what to write instead. $URL is a server, $TLS one with a self-signed certificate, and $SOCK the file of a socket.
var elsewhere = []struct {
	theirs string
	says   string // the error; "": the line is accepted
	ours   string // the same load in loadgen's flags; "": loadgen cannot do it
	sends  string // the request that the server receives; "": GET /
}{
	// hey
	{"hey -n 2000 -c 100 $URL", "", "-n 2000 -c 100 $URL", ""},
	{`hey -n 2000 -c 100 -m POST -T application/json -d '{"a":1}' $URL`,
		`hey's, oha's, bombardier's and autocannon's -m POST is -X POST here; hey's, oha's and ab's -T application/json is -H 'Content-Type: application/json' here; hey's, oha's and curl's -d '{"a":1}' is --body '{"a":1}' here`,
		`-n 2000 -c 100 -X POST -H 'Content-Type: application/json' --body '{"a":1}' $URL`, `POST / application/json {"a":1}`},
	{"hey -z 10s -q 50 -c 20 $URL",
		"hey's and oha's -z 10s is -d 10s here; hey's -q 50 is -r 1000 (it is per connection there) here, oha's -q 50 is -r 50 here",
		"-d 10s -r 1000 -c 20 $URL", ""},
	{"hey -n 1000 -c 10 -m PUT -D body.json $URL",
		"hey's, oha's, bombardier's and autocannon's -m PUT is -X PUT here; hey's and oha's -D body.json is --body @body.json here",
		"-n 1000 -c 10 -X PUT --body @body.json $URL", "PUT / {}"},
	{"hey -n 200 -disable-keepalive $URL", "hey's and oha's -disable-keepalive is --no-keepalive here", "-n 200 --no-keepalive $URL", ""},
	{"hey -n 200 -host example.com $URL", "hey's and oha's -host example.com is -H 'Host: example.com' here", "-n 200 -H 'Host: example.com' $URL", "GET / example.com"},
	{"hey -n 200 -c 10 -H 'Content-Type: text/html' -disable-compression -disable-redirects $URL", "", "-n 200 -c 10 -H 'Content-Type: text/html' $URL", "GET / text/html"},
	{"hey -n 200 -a user:pass $URL", "hey's and oha's -a user:pass is -u user:pass here", "-n 200 -u user:pass $URL", "GET / Basic dXNlcjpwYXNz"},
	{"hey -n 200 -h2 $URL", "hey's -h2: HTTP/1.1 is spoken, not HTTP/2", "-n 200 $URL", ""},
	{"hey -n 200 -o csv $URL", "hey's -o csv is --csv FILE here", "-n 200 --csv out.csv $URL", ""},
	{"hey -n 200 -cpus 1 $URL", "hey's -cpus 1 is -t 1 here", "-n 200 -t 1 $URL", ""},

	// wrk and wrk2
	{"wrk -t2 -c400 -d30s $URL", "", "-t 2 -c 400 -d 30s $URL", ""},
	{"wrk -t2 -c100 -d30s --latency $URL", "", "-t 2 -c 100 -d 30s $URL", ""},
	{"wrk -t1 -c10 -d5s -H 'Authorization: Bearer x' --timeout 2s $URL", "", "-t 1 -c 10 -d 5s -H 'Authorization: Bearer x' --timeout 2s $URL", "GET / Bearer x"},
	{"wrk -t1 -c10 -d30 $URL", "-d 30: it has no unit, did you mean 30s", "-t 1 -c 10 -d 30s $URL", ""},
	{"wrk -t2 -c100 -d30s -s script.lua $URL", "wrk's -s script.lua: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target", "", ""},
	{"wrk -t2 -c100 -d30s --script=script.lua $URL", "wrk's --script script.lua: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target", "", ""},
	{"wrk2 -t2 -c100 -d30s -R2000 $URL", "wrk2's and autocannon's -R 2000 is -r 2000 here", "-t 2 -c 100 -d 30s -r 2000 $URL", ""},
	{"wrk2 -t2 -c100 -d30s -R2000 -L -U $URL", "wrk2's and autocannon's -R 2000 is -r 2000 here", "-t 2 -c 100 -d 30s -r 2000 $URL", ""},
	{"wrk -t2 -c100 -d30s -T 5s $URL", "wrk's -T 5s is --timeout 5s here", "-t 2 -c 100 -d 30s --timeout 5s $URL", ""},

	// oha
	{"oha -n 2000 -c 100 $URL", "", "-n 2000 -c 100 $URL", ""},
	{"oha -z 10s --no-tui -q 100 --latency-correction $URL",
		"hey's and oha's -z 10s is -d 10s here; hey's -q 100 is -r 5000 (it is per connection there) here, oha's -q 100 is -r 100 here",
		"-d 10s -r 100 $URL", ""},
	{"oha -n 200 --unix-socket $SOCK http://localhost/", "oha's, vegeta's and curl's --unix-socket $SOCK: the socket is part of the target, unix:$SOCK:/path", "-n 200 unix:$SOCK:/", ""},
	{"oha -n 200 --http2 $URL", "oha's, vegeta's and bombardier's --http2: HTTP/1.1 is spoken, not HTTP/2", "-n 200 $URL", ""},
	{"oha -n 200 --no-tui --insecure $TLS", "", "-n 200 -k $TLS", ""},
	{"oha -n 200 --disable-keepalive $URL", "hey's and oha's --disable-keepalive is --no-keepalive here", "-n 200 --no-keepalive $URL", ""},
	{"oha -n 200 -t 5s $URL", "oha's and bombardier's -t 5s is --timeout 5s here", "-n 200 --timeout 5s $URL", ""},
	{"oha -n 200 --redirect 3 $URL", "oha's --redirect 3 is --max-redirects 3 here", "-n 200 --max-redirects 3 $URL", ""},
	{"oha -n 10 --burst-delay 2s --burst-rate 4 $URL", "oha's --burst-delay 2s: ten at once, a hundred a second, are -r 100 --burst 10; oha's --burst-rate 4 is --burst 4 with -r, the rate on average, here", "-n 10 -r 2 --burst 4 $URL", ""},
	{"oha -n 200 --output-format json $URL", "oha's --output-format json is --json here", "-n 200 --json $URL", ""},
	{"oha -n 200 --rand-regex-url http://127.0.0.1/[a-z]", "oha's --rand-regex-url: targets of one server are arguments, loadgen http://host:port/a /b /c; by weight they are --mix FILE", "-n 200 $URL", ""},

	// vegeta
	{"vegeta attack -rate=50/1s -duration=5s -targets=targets.txt",
		"vegeta's attack: leave the word out; targets are arguments, loadgen -r 50 -d 5s http://host:port/path; vegeta's -targets targets.txt: targets of one server are arguments, loadgen http://host:port/a /b /c; with methods and bodies they are --mix FILE",
		"-rate=50/1s -duration=5s $URL", ""},
	{"vegeta attack -duration=5s -output=results.bin", "vegeta's attack: leave the word out; targets are arguments, loadgen -r 50 -d 5s http://host:port/path", "-r 50 -d 5s $URL", ""},
	{"vegeta attack -rate=0 -max-workers=10 -duration=10s",
		"vegeta's attack: leave the word out; targets are arguments, loadgen -r 50 -d 5s http://host:port/path; vegeta's -rate 0 is no -r at all, a closed loop, here; vegeta's -max-workers 10 is -c 10 here",
		"-c 10 -d 10s $URL", ""},
	{"vegeta attack -rate=100 -duration=5s -body=body.json -header='Content-Type: application/json'",
		"vegeta's attack: leave the word out; targets are arguments, loadgen -r 50 -d 5s http://host:port/path; vegeta's -body body.json is --body @body.json here",
		"-rate=100 -duration=5s --body @body.json -header='Content-Type: application/json' $URL", "POST / application/json {}"},
	{"vegeta attack -rate=100 -duration=5s -keepalive=false -insecure",
		"vegeta's attack: leave the word out; targets are arguments, loadgen -r 50 -d 5s http://host:port/path; vegeta's -keepalive: connections are kept alive unless --no-keepalive is given",
		"-r 100 -d 5s --no-keepalive -insecure $TLS", ""},
	{"vegeta attack -name=first -lazy -max-body=0 -rate=100/s -duration=5s", "vegeta's attack: leave the word out; targets are arguments, loadgen -r 50 -d 5s http://host:port/path", "-name=first -lazy -max-body=0 -rate=100/s -duration=5s $URL", ""},
	{"vegeta report results.bin", "vegeta's report: the summary is printed after each run, and -o FILE keeps it: loadgen compare, merge and export read that", "", ""},
	{"vegeta report -type=hdrplot results.bin",
		"vegeta's report: the summary is printed after each run, and -o FILE keeps it: loadgen compare, merge and export read that; vegeta's -type hdrplot: the record as JSON is --json, percentiles for HDR's plotter are --hgrm FILE",
		"", ""},
	{"vegeta plot results.bin", "vegeta's plot: a row for each second is --csv FILE, every request as a picture --trace FILE", "", ""},

	// k6
	{"k6 run script.js", "k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target", "", ""},
	{"k6 run --vus 10 --duration 30s script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's --vus 10 is -c 10 here",
		"-c 10 --duration 30s $URL", ""},
	{"k6 run -i 100 -u 10 script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's -i 100 is -n 100 here; k6's -u 10 is -c 10 here",
		"-n 100 -c 10 $URL", ""},
	{"k6 run --stage 30s:100 script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's --stage 30s:100: it raises connections, and what rises here is a rate: --ramp FROM:TO -d 30s, or --stages FILE",
		"--ramp 10:100 -d 30s $URL", ""},
	{"k6 run -s 30s:100 script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's -s 30s:100: it raises connections, and what rises here is a rate: --ramp FROM:TO -d 30s, or --stages FILE",
		"", ""},
	{"k6 run --rps 100 script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's --rps 100 is -r 100 here",
		"-r 100 $URL", ""},
	{"k6 run -o json=out.json script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's -o json=out.json is -o FILE, or --csv FILE, here",
		"", ""},
	{"k6 run --insecure-skip-tls-verify --no-connection-reuse script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's --insecure-skip-tls-verify is -k here; k6's --no-connection-reuse is --no-keepalive here",
		"-n 100 -k --no-keepalive $TLS", ""},
	{"k6 run -e HOST=example.com script.js",
		"k6's run: scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target; k6's -e HOST=example.com: it is for scripts",
		"", ""},

	// others
	{"ab -n 1000 -c 10 -k $URL", "", "-n 1000 -c 10 $URL", ""},
	{"ab -n 100 -c 10 -p body.json -T application/json $URL", "ab's -p body.json is --body @body.json here; hey's, oha's and ab's -T application/json is -H 'Content-Type: application/json' here",
		"-n 100 -c 10 --body @body.json -H 'Content-Type: application/json' $URL", "POST / application/json {}"},
	{"ab -r -n 1000 -c 10 $URL", "ab's -r: leave it out, errors are counted and the load goes on", "-n 1000 -c 10 $URL", ""},
	{"curl -u user:pass -d a=1 $URL", "hey's, oha's and curl's -d a=1 is --body a=1 here", "-n 1 -u user:pass --body a=1 $URL", "POST / Basic dXNlcjpwYXNz a=1"},
	{"bombardier -c 10 -d 10s -r 1000 -l $URL", "", "-c 10 -d 10s -r 1000 $URL", ""},
	{"bombardier -c 10 -n 1000 -m POST -f body.json $URL", "hey's, oha's, bombardier's and autocannon's -m POST is -X POST here; bombardier's -f body.json is --body @body.json here",
		"-c 10 -n 1000 -X POST --body @body.json $URL", "POST / {}"},
}

func TestElsewhere(t *testing.T) {
	var mutex sync.Mutex
	got := ""
	remember := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		host := r.Host
		if strings.Contains(host, ":") || host == "localhost" || filepath.IsAbs(host) {
			host = ""
		}
		parts := []string{r.Method, r.URL.Path, host, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), string(body)}
		mutex.Lock()
		defer mutex.Unlock()
		got = strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	})
	plain, secure, local := httptest.NewServer(remember), httptest.NewTLSServer(remember), httptest.NewUnstartedServer(remember)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("body.json", []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if local.Listener, err = net.Listen("unix", "s"); err != nil {
		t.Fatal(err)
	}
	local.Start()
	for _, s := range []*httptest.Server{plain, secure, local} {
		t.Cleanup(s.Close)
	}
	wd, _ := os.Getwd()
	put := strings.NewReplacer("$URL", plain.URL, "$TLS", secure.URL, "$SOCK", filepath.Join(wd, "s"))
	parse := func(line string) (*cli.Options, []string, error) {
		args := shellWords(put.Replace(line))
		opts, err := cli.Parse(io.Discard, io.Discard, args)
		return opts, args, err
	}
	seen := map[string]int{}
	for _, row := range elsewhere {
		t.Run(row.theirs, func(t *testing.T) {
			tool, line, _ := strings.Cut(row.theirs, " ")
			seen[tool]++
			if !sock.Linux && strings.Contains(row.ours, "-t ") {
				t.Skip("-t is of engines that need Linux")
			}
			theirs, _, err := parse(line)
			switch {
			case row.says == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case row.says != "" && (err == nil || err.Error() != put.Replace(row.says)):
				t.Fatalf("says %v, want %s", err, put.Replace(row.says))
			case strings.Contains(row.says, "'s") && !strings.Contains(row.says, tool+"'s"):
				t.Errorf("%s is not named in: %s", tool, row.says)
			case row.ours == "":
				return
			}
			ours, args, err := parse(row.ours)
			if err != nil {
				t.Fatalf("what is advised is refused: %v", err)
			}
			if theirs != nil && theirs.Command() != ours.Command() {
				t.Errorf("it is understood as\n%s, which is not\n%s", theirs.Command(), ours.Command())
			}
			if ours.Spec.Requests == 0 {
				args = append(args, "-d", "100ms")
			}
			var stdout, stderr bytes.Buffer
			if code := run(&stdout, &stderr, append(args, "-q")); code != done {
				t.Fatalf("exit code %d of %s: %s", code, row.ours, &stderr)
			}
			want := row.sends
			if want == "" {
				want = "GET /"
			}
			mutex.Lock()
			defer mutex.Unlock()
			if got != want {
				t.Errorf("%s sends %q, want %q", row.ours, got, want)
			}
			got = ""
		})
	}
	for _, tool := range []string{"hey", "wrk", "oha", "vegeta", "k6"} {
		if seen[tool] < 6 {
			t.Errorf("%d command lines of %s are too few", seen[tool], tool)
		}
	}
}

// README.md quotes ten of these command lines for users of other tools.
func TestElsewhereOnThePage(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	name := strings.NewReplacer("$URL", "URL", "$SOCK", "/run/s")
	for _, row := range elsewhere {
		known[name.Replace("| `"+row.theirs+"` | `loadgen "+row.ours+"` |")] = true
	}
	_, rest, _ := strings.Cut(string(page), "\n## Coming from hey, wrk, oha, vegeta, k6\n")
	section, _, _ := strings.Cut(rest, "\n## ")
	rows := 0
	for line := range strings.Lines(section) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| `") {
			rows++
			if !known[line] {
				t.Errorf("%s is not tried", line)
			}
		}
	}
	if rows < 10 {
		t.Errorf("%d rows, want 10", rows)
	}
}

// shellWords splits a line into words. Words with spaces are in quotes.
func shellWords(line string) (words []string) {
	word, quoted, begun := "", false, false
	for _, r := range line + " " {
		switch {
		case r == '\'':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				words = append(words, word)
			}
			word, begun = "", false
		default:
			word, begun = word+string(r), true
		}
	}
	return words
}
