package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// traced is a script's command that checks how many requests are in a trace: traced FILE REQUESTS.
func traced(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(ts.ReadFile(args[0]))
	if strings.HasSuffix(args[0], ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(text))
		ts.Check(err)
		text, err = io.ReadAll(z)
		ts.Check(err)
	}
	var file struct {
		TraceEvents []struct {
			Phase    string `json:"ph"`
			Category string `json:"cat"`
		}
	}
	ts.Check(json.Unmarshal(text, &file))
	n := 0
	for _, e := range file.TraceEvents {
		if e.Phase == "X" && e.Category == "request" {
			n++
		}
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("%s has %d requests, want %s", args[0], n, args[1])
	}
}
