package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// picture returns the body of /picture/K.
func picture(k int) string { return strings.Repeat(fmt.Sprintf("picture %d\n", k), 1<<k) }

// gallery returns the reply to a path of the download tests; "" for any other.
func gallery(path string) string {
	if target, ok := strings.CutPrefix(path, "/moved"); ok {
		return "HTTP/1.1 302 Found\r\nLocation: " + target + "\r\nContent-Length: 0\r\n\r\n"
	}
	body := ""
	switch {
	case path == "/circle":
		return "HTTP/1.1 307 Temporary Redirect\r\nLocation: circle\r\nContent-Length: 0\r\n\r\n"
	case path == "/lie":
		return withDigest("a lie", "the truth")
	case strings.HasPrefix(path, "/picture/"):
		k, err := strconv.Atoi(strings.TrimPrefix(path, "/picture/"))
		if err != nil {
			return ""
		}
		body = picture(k)
	default:
		return ""
	}
	return withDigest(body, body)
}

// withDigest returns a reply with one body and the digest of another.
func withDigest(body, of string) string {
	sum := sha256.Sum256([]byte(of))
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: image/png\r\nContent-Digest: sha-256=:%s:\r\n\r\n%s",
		len(body), base64.StdEncoding.EncodeToString(sum[:]), body)
}

// pictures is a script's command that checks that a folder has ten pictures, each so many times, and nothing else: pictures DIR TIMES.
func pictures(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	times, err := strconv.Atoi(args[1])
	ts.Check(err)
	for k := range 10 {
		files, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("picture-%d-*.png", k)))
		ts.Check(err)
		if len(files) != times {
			ts.Fatalf("%d files of picture %d, want %d", len(files), k, times)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			ts.Check(err)
			if sha256.Sum256(text) != sha256.Sum256([]byte(picture(k))) {
				ts.Fatalf("%s is not the picture that was served", file)
			}
		}
	}
	all, err := os.ReadDir(dir)
	ts.Check(err)
	if len(all) != 10*times {
		ts.Fatalf("%s holds %d files, want %d", dir, len(all), 10*times)
	}
}
