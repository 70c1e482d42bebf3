package truth

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"carousel/internal/child"
	"carousel/internal/host"
	"carousel/internal/result"
)

var data = flag.String("data", "", "a folder for what other load generators say of a stopped server; none: nothing is kept")

// others are the load generators that load a server which stops, and the commands that run them for ten seconds. ADDR and FILE are replaced.
var others = []struct {
	client, command, raw string
	read                 func(text string) (result.Report, error)
}{
	{"hey", "hey -z 10s -c 4 -q 50 http://ADDR/", "hey.txt", readHey},
	{"wrk", "wrk -t 1 -c 10 -d 10s --latency http://ADDR/", "wrk.txt", readWrk},
	{"vegeta", "echo GET http://ADDR/ | vegeta attack -rate 200 -duration 10s | vegeta report -type json", "vegeta.json", readVegeta},
	{"loadgen, closed", "loadgen -c 10 -d 10s -q -o FILE ADDR >&2; cat FILE", "closed.json", readRecord},
	{"loadgen, open", "loadgen -r 200 -d 10s -q -o FILE ADDR >&2; cat FILE", "open.json", readRecord},
}

// What hey, wrk, vegeta and loadgen itself report of the same stop.
func TestStopShownToOthers(t *testing.T) {
	needsLive(t)
	dir := *data
	if dir == "" {
		dir = t.TempDir()
	}
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", strings.Join([]string{bin, filepath.Join(bin, "clients"), os.Getenv("PATH")}, string(os.PathListSeparator)))
	s := result.Stall{Schema: result.Schema, Processors: runtime.NumCPU(), Rounds: 1, Stop: time.Second, Window: 10 * time.Second, Rate: 200}
	for _, o := range others {
		claim := "the stop shown to others: " + o.client
		t.Run(o.client, func(t *testing.T) {
			tool := regexp.MustCompile(`\b(hey|wrk|vegeta|loadgen)\b`).FindString(o.command)
			if _, err := exec.LookPath(tool); err != nil {
				skip(t, claim, tool+" is not on this machine")
			}
			r := quiet(t, claim, func() *run { return shown(t, o.command, s.Stop) })
			report, err := o.read(r.text)
			if err != nil {
				t.Fatalf("%v in what %s printed:\n%s", err, tool, r.text)
			}
			report.Client, report.Command, report.Raw, report.Stood = o.client, o.command, o.raw, r.log.Longest
			if err := os.WriteFile(filepath.Join(dir, o.raw), []byte(r.text), 0o644); err != nil {
				t.Fatal(err)
			}
			s.Reports = append(s.Reports, report)
			prove(t, claim, "the server stood still for 1 s", fmt.Sprintf("%s; it reports %s", seconds(report.Stood), inWords(report)), "2 %",
				distance(report.Stood, int64(s.Stop)) <= s.Stop/50)
		})
	}
	if len(s.Reports) == 0 {
		return // keep the reports of an earlier run
	}
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
}

// shown runs a command that loads a server, and stops the server in the middle of the run.
func shown(t *testing.T, command string, stop time.Duration) *run {
	t.Helper()
	server := start(t, Work{Law: "fixed"})
	var text, complaints strings.Builder
	cmd := exec.Command("sh", "-c", strings.NewReplacer("ADDR", server.addr, "FILE", filepath.Join(t.TempDir(), "record.json")).Replace(command))
	cmd.Stdout, cmd.Stderr = &text, &complaints
	before := lookAround(t, server)
	p, err := child.Start(cmd, clientCPU())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop(0)
	_ = host.RaiseSession(p.PID()) // as far as is permitted
	standStill(4500*time.Millisecond, stop)(server)
	if err := p.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, &complaints)
	}
	after := lookAround(t, server)
	r := &run{text: text.String(), log: server.stop()}
	r.noise = noise(r, before, after, cmd)
	return r
}
