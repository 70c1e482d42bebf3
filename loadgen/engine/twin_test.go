package engine

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"carousel/internal/result"
)

// TestFileNameOfTheMillisecond downloads ten pictures at once: with a naive client that names each file after the millisecond in which it was
// complete, as the tutorial does, and with the engines. The naive client overwrites files of the same millisecond.
func TestFileNameOfTheMillisecond(t *testing.T) {
	const pictures = 10
	srv := serve(t, "127.0.0.1:0", site(gallery()))

	dir := t.TempDir()
	naive(t, "http://"+srv.addr, dir, pictures)
	if kept := distinctPictures(t, dir); kept != 1 {
		t.Errorf("the naive twin keeps %d of %d pictures: it has lost its mistake", kept, pictures)
	}

	for _, engine := range engines() {
		for _, mode := range []string{result.Inline, result.Offload} {
			s := load("http://" + srv.addr + "/")
			movedPictures(&s)
			s.Engine, s.Connections, s.Duration, s.Requests = engine, pictures, 0, pictures
			s.MaxRedirects, s.Save, s.SaveMode = 1, t.TempDir(), mode
			carryOut(t, s)
			if kept := distinctPictures(t, s.Save); kept != pictures {
				t.Errorf("%s, %s: %d of %d pictures are kept", engine, mode, kept, pictures)
			}
		}
	}
}

// naive downloads all pictures at once. Its clock stands still, because ten downloads end within one millisecond only by luck.
func naive(t *testing.T, site, dir string, pictures int) {
	now := time.Now()
	var all sync.WaitGroup
	for k := range pictures {
		all.Go(func() {
			reply, err := http.Get(fmt.Sprintf("%s/picture/%d", site, k))
			if err != nil {
				t.Error(err)
				return
			}
			defer reply.Body.Close()
			body, err := io.ReadAll(reply.Body)
			if err != nil {
				t.Error(err)
			}
			name := fmt.Sprintf("file-%d.png", now.UnixMilli())
			if err := os.WriteFile(filepath.Join(dir, name), body, 0o644); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	http.DefaultClient.CloseIdleConnections()
}

// distinctPictures returns how many different pictures are in dir, by content.
func distinctPictures(t *testing.T, dir string) int {
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		found[line] = true
	}
	return len(found)
}
