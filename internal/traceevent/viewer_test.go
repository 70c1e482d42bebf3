package traceevent_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"carousel/internal/browsertest"
	"carousel/internal/traceevent"
)

// importer is a page with the trace viewer of chrome://tracing, as Go's own "go tool trace" has it.
const importer = `<html><head><script src="/static/webcomponents.min.js"></script><link rel="import" href="/static/trace_viewer_full.html"></head><body></body></html>`

// ready reports whether the importer is loaded, and opened returns what it reads from a text of trace events: it turns an instant of a lane into a slice.
const (
	ready  = `typeof tr !== "undefined" && tr.importer !== undefined && tr.importer.Import !== undefined`
	opened = `(text => {
		const model = new tr.Model()
		new tr.importer.Import(model).importTraces([text])
		let slices = 0
		for (const p of Object.values(model.processes)) for (const t of Object.values(p.threads)) slices += t.sliceGroup.slices.length
		return JSON.stringify({Slices: slices, Flows: model.flowEvents.length, Processes: Object.keys(model.processes).length, Warnings: model.importWarnings.map(w => w.message || w.type)})
	})`
)

// The viewer of Chrome opens the kept traces without a warning, with every slice and arrow.
func TestViewer(t *testing.T) {
	files, err := filepath.Glob("../../results/portraits/portraits/*.json.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no portraits, %v", err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("the trace viewer is that of go tool trace: %v", err)
	}
	static := filepath.Join(strings.TrimSpace(string(root)), "src/internal/trace/traceviewer/static")
	if _, err := os.Stat(filepath.Join(static, "trace_viewer_full.html")); err != nil {
		t.Skipf("the trace viewer is that of go tool trace: %v", err)
	}
	ctx := browsertest.Open(t)
	mux := http.NewServeMux()
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir(static))))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, importer)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	if _, err := chromedp.Run(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	for there := false; !there; {
		if there, err = chromedp.Run(ctx, chromedp.Evaluate[bool](ready)); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range append(files, "../../loadgen/trace/testdata/golden.json") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text := content(t, file)
			f, err := traceevent.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			quoted, err := json.Marshal(string(text))
			if err != nil {
				t.Fatal(err)
			}
			reply, err := chromedp.Run(ctx, chromedp.Evaluate[string](opened+"("+string(quoted)+")"))
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Slices, Flows, Processes int
				Warnings                 []string
			}
			if err := json.Unmarshal([]byte(reply), &got); err != nil {
				t.Fatal(err)
			}
			var slices, flows int
			for _, e := range f.Events {
				switch e.Phase {
				case traceevent.Slice:
					slices++
				case traceevent.Instant:
					if e.Category == "say" {
						slices++
					}
				case traceevent.FlowFrom, traceevent.FlowStep:
					flows++
				}
			}
			if got.Slices != slices || got.Flows != flows || got.Processes != len(f.Processes) || len(got.Warnings) > 0 {
				t.Errorf("it opens as %+v, and has %d slices, %d arrows and %d processes", got, slices, flows, len(f.Processes))
			}
		})
	}
}

// content returns the content of a file, uncompressed.
func content(t *testing.T, file string) []byte {
	text, err := os.ReadFile(file)
	if err == nil && strings.HasSuffix(file, ".gz") {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(text)); err == nil {
			text, err = io.ReadAll(z)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}
