package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"carousel/report/findings"
	"carousel/report/words"
)

// isReport reports whether report writes the file into a run's folder; it reads all others.
func isReport(file string) bool {
	return slices.Contains([]string{readmeFile, words.PageFile, findings.File}, file) || filepath.Ext(file) == ".png"
}

// TestKeptReports compares the kept reports with what report writes now.
//
// Texts must have the same bytes. Pictures must have the same pixels if a processor of the same kind drew the kept ones: on others Go may fuse a
// multiplication and an addition, which moves some pixels. The bytes of pictures may differ, because another version of Go may compress differently.
func TestKeptReports(t *testing.T) {
	for _, name := range []string{"reference", "portraits", "truth"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept := filepath.Join("..", "results", name)
			dir := filepath.Join(t.TempDir(), name)
			old := files(t, kept)
			if err := os.CopyFS(dir, os.DirFS(kept)); err != nil {
				t.Fatal(err)
			}
			for file := range old {
				if isReport(file) {
					if err := os.Remove(filepath.Join(dir, file)); err != nil {
						t.Fatal(err)
					}
				}
			}
			var stderr bytes.Buffer
			if code := run(io.Discard, &stderr, []string{dir}); code != 0 {
				t.Fatalf("exit code %d: %s", code, &stderr)
			}
			written := files(t, dir)
			all := maps.Clone(old)
			maps.Copy(all, written)
			differ := false
			for _, file := range slices.Sorted(maps.Keys(all)) {
				if how := difference(t, old[file], written[file], filepath.Ext(file)); how != "" {
					differ = true
					t.Errorf("results/%s/%s: %s", name, file, how)
				}
			}
			if differ {
				t.Errorf("if the report should be as it is now, write the kept one again: go run ./report results/%s", name)
			}
		})
	}
}

// difference describes how a kept file differs from the written one; "" if it does not, or may on this processor.
func difference(t *testing.T, kept, written []byte, ext string) string {
	t.Helper()
	switch {
	case bytes.Equal(kept, written):
		return ""
	case kept == nil:
		return "report writes it, and it is not kept"
	case written == nil:
		return "it is kept, and report does not write it: remove it"
	case ext == ".png":
		a, b := pixels(t, kept), pixels(t, written)
		if a.Bounds() != b.Bounds() {
			return "kept and written picture differ in size: " + a.Bounds().String() + ", " + b.Bounds().String()
		}
		if runtime.GOARCH != "amd64" {
			return ""
		}
		for y := range a.Bounds().Dy() {
			for x := range a.Bounds().Dx() {
				if at := image.Pt(x, y); a.At(x, y) != b.At(x, y) {
					return "kept and written picture differ, first at the pixel " + at.String()
				}
			}
		}
		return ""
	}
	was, is := strings.Split(string(kept), "\n"), strings.Split(string(written), "\n")
	line := 0
	for line < len(was)-1 && line < len(is)-1 && was[line] == is[line] {
		line++
	}
	from := 0 // first byte in the line that differs
	for from < min(len(was[line]), len(is[line])) && was[line][from] == is[line][from] {
		from++
	}
	return fmt.Sprintf("line %d differs at byte %d:\nkept:    …%s\nwritten: …%s", line+1, from+1, excerpt(was[line], from), excerpt(is[line], from))
}

// excerpt returns the part of a line around a byte.
func excerpt(line string, at int) string { return line[max(0, at-40):min(len(line), at+80)] }

func pixels(t *testing.T, data []byte) image.Image {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}
