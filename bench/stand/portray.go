package stand

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"carousel/bench/protocol"
	"carousel/internal/portrait"
	"carousel/internal/result"
	"carousel/internal/scenario"
)

// measurePortrait plays the script on a server that writes a trace, and saves the trace with the events of the clients.
func (s *Stand) measurePortrait(ctx context.Context, j protocol.Job, t *result.Trial, candidate Candidate) {
	if candidate.Guest {
		t.NA = "only models write a trace of their turns"
		t.Server.Command = candidate.Command
		return
	}
	dir, err := os.MkdirTemp("", "carousel-portrait-")
	if err != nil {
		t.Failed = err.Error()
		return
	}
	defer os.RemoveAll(dir)
	trace := filepath.Join(dir, "trace.json")
	candidate.Command = append(slices.Clone(candidate.Command), "--trace", trace)
	up, err := start(ctx, candidate, s.placements[j.Common.Placement].server, false)
	t.Server = up.record
	if err != nil {
		t.Failed = err.Error()
		return
	}
	play := portrait.Perform(ctx, up.addr, portrait.Script())
	if up.ended() {
		t.Failed = "the server ended during the trial: " + up.lastWords()
	}
	t.Server.Usage, t.Server.PeakRSS = up.stop() // the server writes its trace when it ends
	t.Portrait = summarize(play)
	if err := s.saveTrace(t.Portrait, t.Cell.Model, trace, play); err != nil {
		t.Portrait.Lacks = err.Error()
	}
}

// summarize sums up what became of the clients.
func summarize(play *portrait.Play) *result.Portrait {
	p := new(result.Portrait)
	for i, c := range play.Clients {
		p.Requests += len(portrait.Script()[i].Steps)
		for _, e := range c.Events {
			p.EndNS = max(p.EndNS, int64(e.To))
			if e.Error != "" {
				p.Error = cmp.Or(p.Error, fmt.Sprintf("client %d: %s", c.Client, e.Error))
			} else if e.Path != "" {
				p.Answered++
			}
			if wait := int64(e.To - e.From - scenario.Delay(e.Path)); e.Path != "" && wait > p.LongestWaitNS {
				p.LongestWaitNS, p.Waiter = wait, c.Client
			}
		}
	}
	return p
}

// saveTrace saves the trace of a server with the events of the clients, and lists in p the clients that the server did not accept.
func (s *Stand) saveTrace(p *result.Portrait, model, trace string, play *portrait.Play) error {
	f, err := portrait.ReadTrace(trace)
	if err != nil {
		return fmt.Errorf("the server's trace: %w", err)
	}
	if err := portrait.Join(f, play); err != nil {
		return fmt.Errorf("the server's trace: %w", err)
	}
	seen, err := portrait.FromTrace(f)
	if err != nil {
		return fmt.Errorf("the server's trace: %w", err)
	}
	for _, c := range seen.Clients {
		answered := slices.ContainsFunc(c.Requests, func(r portrait.Request) bool { return r.Status > 0 })
		if len(seen.Lanes) > 0 && c.Accepted == 0 && !answered {
			p.Unaccepted = append(p.Unaccepted, c.Number)
		}
	}
	if s.Folder == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Join(s.Folder, result.PortraitsFolder), 0o755); err != nil {
		return err
	}
	file := filepath.Join(result.PortraitsFolder, model+".json.gz")
	write := func(w io.Writer) error { return portrait.Write(w, f) }
	if err := result.StreamGzip(filepath.Join(s.Folder, file), write); err != nil {
		return err
	}
	p.File = filepath.ToSlash(file)
	return nil
}
