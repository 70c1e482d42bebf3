package portrait

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"carousel/internal/traceevent"
)

// clients is the pid of the script's clients in a trace.
const clients = 100

// Join adds the events of the clients to the trace of the server that they played on, by the trace's clock. The trace must have no clients yet.
func Join(server *traceevent.File, p *Play) error {
	shift, err := since(server, p)
	if err != nil {
		return err
	}
	if server.Processes[clients] != "" {
		return errors.New("the trace has clients already")
	}
	numbers := byPort(server)
	server.Processes[clients] = "clients"
	after := traceevent.Beyond(slices.Max(append(slices.Collect(maps.Keys(server.Lanes)), 0)))
	for _, c := range p.Clients {
		tid := after + c.Client
		lane := map[string]any{"name": fmt.Sprintf("client %d", c.Client)}
		if c.Port > 0 {
			lane["port"] = float64(c.Port)
		}
		server.Lanes[tid] = traceevent.Event{Phase: 'M', Name: lane["name"].(string), PID: clients, TID: tid, Args: lane}
		for _, e := range c.Events {
			at := traceevent.Event{Phase: traceevent.Slice, Name: e.Kind, Category: e.Kind, At: int64(shift + e.From), Length: int64(e.To - e.From), PID: clients, TID: tid}
			at.Args = map[string]any{}
			if e.Kind == requesting {
				at.Name = e.Path
				if e.Status > 0 {
					at.Args["status"] = float64(e.Status)
				}
				if n, is := numbers[c.Port]; is {
					at.Args["client"] = float64(n.number)
				}
			}
			if e.Error != "" {
				at.Args["error"] = e.Error
			}
			server.Events = append(server.Events, at)
		}
	}
	return nil
}

// since returns when the play began, by the trace's clock.
func since(server *traceevent.File, p *Play) (time.Duration, error) {
	at, is := server.Other["monotonic_ns"].(float64)
	if !is {
		return 0, errors.New("the trace does not say when it began: it has no monotonic_ns")
	}
	d := time.Duration(p.Began - int64(at))
	if d < 0 {
		return 0, fmt.Errorf("the trace begins %v after the clients did", -d)
	}
	return d, nil
}

// connection is a lane of a client in a server's trace.
type connection struct{ tid, pid, number int }

// byPort returns the connections that a server accepted, by the port of their clients.
func byPort(f *traceevent.File) map[int]connection {
	found := map[int]connection{}
	for tid, lane := range f.Lanes {
		_, text, err := net.SplitHostPort(lane.Text("peer"))
		port, wrong := strconv.Atoi(text)
		number, is := numbered(lane.Name)
		if err == nil && wrong == nil && is {
			found[port] = connection{tid, lane.PID, number}
		}
	}
	return found
}

// numbered returns the number of "client N".
func numbered(name string) (n int, is bool) {
	text, is := strings.CutPrefix(name, "client ")
	n, err := strconv.Atoi(text)
	return n, is && err == nil
}

// Write writes a trace that was read or joined. Its error is that of w.
func Write(w io.Writer, f *traceevent.File) error {
	out := traceevent.NewWriter(w, f.Other)
	out.Copy(f, 0, 0, 0)
	return out.Close()
}

// most is the largest trace, unpacked, in bytes. That of a play has less than a hundredth of it.
const most = 64 << 20

// ReadTrace reads a trace from a file; one whose name ends in .gz is unpacked.
func ReadTrace(path string) (*traceevent.File, error) {
	return ReadTraceFS(os.DirFS(filepath.Dir(path)), filepath.Base(path))
}

// ReadTraceFS is Load from a file system.
func ReadTraceFS(files fs.FS, name string) (*traceevent.File, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("it is over %d MiB", most>>20)
	}
	var f *traceevent.File
	if err == nil {
		f, err = traceevent.Parse(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}
