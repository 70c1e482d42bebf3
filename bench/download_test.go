package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
)

func TestDownloadAsksForNineSmallRepliesAfterEachPicture(t *testing.T) {
	got := append([]string{scenarios["download"].path}, downloadPaths()...)
	if len(got) != 100 {
		t.Fatalf("%d paths, want 100", len(got))
	}
	for i, path := range got {
		want := "/"
		if i%10 == 0 {
			want = fmt.Sprintf("/moved/image/%d", i/10)
		}
		if path != want {
			t.Errorf("path %d is %s, want %s", i, path, want)
		}
	}
}

func TestDownloadFlags(t *testing.T) {
	for _, c := range []struct {
		mode        string
		connections int
		window      time.Duration
		want        string
	}{
		{result.OneByOne, 1, time.Second, "-n 1000 --save-mode inline"},
		{result.AllAtOnce, 20, 250 * time.Millisecond, "-n 250 --save-mode offload"},
		{result.Inline, 20, time.Millisecond, "-n 20 --save-mode inline"}, // a connection without a request would be a mistake
	} {
		j := job{cell: result.Cell{Mode: c.mode, Connections: c.connections, RateRPS: downloadRate}, window: c.window}
		want := strings.Replace(c.want, " --", " --timeout 2s --max-redirects 1 --save dir --", 1)
		if got := strings.Join(j.downloadFlags("dir"), " "); got != want {
			t.Errorf("%s: %s, want %s", c.mode, got, want)
		}
	}
}
