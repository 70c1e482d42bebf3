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

// portray plays the script on a server that keeps a trace, and keeps that with what the clients did.
func (s *Stand) portray(ctx context.Context, j protocol.Job, t *result.Trial, by Candidate) {
	if by.Guest {
		t.NA = "only the models here keep a trace of their turns"
		t.Server.Command = by.Command
		return
	}
	dir, err := os.MkdirTemp("", "carousel-portrait-")
	if err != nil {
		t.Failed = err.Error()
		return
	}
	defer os.RemoveAll(dir)
	trace := filepath.Join(dir, "trace.json")
	by.Command = append(slices.Clone(by.Command), "--trace", trace)
	up, err := start(ctx, by, s.placements[j.Common.Placement].server, false)
	t.Server = up.record
	if err != nil {
		t.Failed = err.Error()
		return
	}
	play := portrait.Perform(ctx, up.addr, portrait.Script())
	if up.ended() {
		t.Failed = "the server ended during the trial: " + up.lastWords()
	}
	t.Server.Usage, t.Server.PeakRSS = up.stop() // it writes its trace as it ends
	t.Portrait = played(play)
	if err := s.keep(t.Portrait, t.Cell.Model, trace, play); err != nil {
		t.Portrait.Lacks = err.Error()
	}
}

// played sums up what became of the clients.
func played(play *portrait.Play) *result.Portrait {
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

// keep keeps a server's trace with what the clients did, and says in p which of them it knows nothing of.
func (s *Stand) keep(p *result.Portrait, model, trace string, play *portrait.Play) error {
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
