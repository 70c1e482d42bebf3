package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rakyll/hey/requester"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

// heyOutput is the template of the report: at full precision, and without hey's means, which are no numbers and spoil
// the whole report when nothing succeeded.
const heyOutput = `{"lats":{{jsonify .Lats}},"offsets":{{jsonify .Offsets}},"codes":{{jsonify .StatusCodes}},"errors":{{jsonify .ErrorDist}},"bytes":{{.SizeTotal}}}`

// heyReport is hey's report. Lats, Offsets (both in seconds) and Codes have one entry a reply; an offset counts from
// the start of the process. A failure is a text in Errors, without a time.
type heyReport struct {
	Lats, Offsets []float64
	Codes         []int
	Errors        map[string]int64
	Bytes         int64
}

// runHey runs s with github.com/rakyll/hey, as a second opinion: a closed loop by another implementation, which takes its own times. hey reports
// neither connections nor the requests under way when its time is over; heyWatch adds these. Package cli refuses what hey cannot do. BytesRead
// counts bodies only, by their Content-Length. Redirects are followed: hey can leave them alone, but then its workers have a data race.
func runHey(ctx, patience context.Context, s result.Spec, live *record.Live) (*result.Load, error) {
	base, err := heyRequest(s)
	if err != nil {
		return nil, err
	}
	addr := client.Addr(s.Target)
	d := net.Dialer{Timeout: flight.ConnectLimit}
	probe, err := d.DialContext(ctx, "tcp", addr) // hey would retry without a pause until its time is over
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, &Unreachable{addr, connectClass(err), err}
	}
	addr = probe.RemoteAddr().String()
	probe.Close()

	n := s.Requests
	if n == 0 { // as many as hey keeps, in equal shares
		n = int64(result.HeyResults / s.Connections * s.Connections)
	}
	watch := newHeyWatch(base, []byte(s.Body), s.Connections, n, live)
	defer watch.close()
	var text bytes.Buffer
	work := &requester.Work{
		Request:            base,
		RequestFunc:        watch.request,
		N:                  int(n),
		C:                  s.Connections,
		Timeout:            int(s.Timeout / time.Second),
		DisableCompression: true,
		Output:             heyOutput,
		Writer:             &text,
	}
	work.Init() // without it Stop would wait for ever

	ran := make(chan struct{})
	go func() {
		defer close(ran)
		work.Run()
	}()
	<-watch.running // hey first allocates memory for all results, which takes a while
	r := &run{Run: flight.New(s, nil, nil, nil), base: watch.began, addr: addr}
	first := r.sample()
	var deadline <-chan time.Time
	if s.Duration > 0 {
		timer := time.NewTimer(s.Duration - time.Duration(r.now()))
		defer timer.Stop()
		deadline = timer.C
	}

	var end, over int64 // the ends of the window (0: when the last reply came) and of the grace
	cut, interrupted := false, false
	hurry := ctx.Done()
	select {
	case <-watch.finished:
	case <-ran: // with failures, for which hey reports no times
		end = r.now()
	case <-deadline:
		end, cut = int64(s.Duration), true
	case <-ctx.Done():
		end, cut, interrupted = r.now(), true, true
		hurry = patience.Done()
	}
	if cut {
		watch.freeze() // before hangUp makes the requests under way fail
	}
	last := r.lastSample()
	if cut {
		over = end + int64(s.Grace)
		work.Stop()
		select {
		case <-ran:
		case <-time.After(s.Grace):
		case <-hurry:
			over = r.now()
		}
		watch.hangUp()
	}
	<-ran

	var report heyReport
	if err := json.Unmarshal(text.Bytes(), &report); err != nil {
		return nil, fmt.Errorf("hey's report cannot be read: %w", err)
	}
	l, err := watch.books(&report, s, end, over)
	if err != nil {
		return nil, err
	}
	l.Complete = !interrupted
	l.Window.Start = r.base
	r.price(l, first, last)
	return l, nil
}

// isConnect reports whether class is a failed connect, for which no request counts as sent.
func isConnect(class record.Class) bool {
	return class >= record.ConnectRefused && class <= record.ConnectOther
}

// heyRequest returns the request that is copied for each request of the load.
func heyRequest(s result.Spec) (*http.Request, error) {
	r, err := http.NewRequest(s.Method, s.Target, nil)
	if err != nil {
		return nil, err
	}
	r.ContentLength = int64(len(s.Body))
	for _, h := range s.Headers {
		name, value, _ := strings.Cut(h, ":")
		value = strings.TrimSpace(value)
		if strings.EqualFold(name, "Host") {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	if r.UserAgent() == "" {
		r.Header.Set("User-Agent", "loadgen")
	}
	return r, nil
}

// heyClasses maps texts in the errors of package net/http to classes; the first that matches decides. dial is the class if the connect failed, after
// the class if a request did.
var heyClasses = []struct {
	text  string
	dial  record.Class
	after record.Class
}{
	{"connection refused", record.ConnectRefused, record.ReadOther},
	{"Client.Timeout", record.ConnectTimeout, record.Timeout},
	{"deadline exceeded", record.ConnectTimeout, record.Timeout},
	{"i/o timeout", record.ConnectTimeout, record.Timeout},
	{"timed out", record.ConnectTimeout, record.Timeout},
	{"no route to host", record.ConnectUnreachable, record.ReadOther},
	{"network is unreachable", record.ConnectUnreachable, record.ReadOther},
	{"no such host", record.ConnectUnreachable, record.ReadOther},
	{"too many open files", record.ConnectNoFile, record.ConnectNoFile},
	{"cannot assign requested address", record.ConnectNoPort, record.ReadOther},
	{"write: connection reset", record.ConnectReset, record.WriteReset},
	{"broken pipe", record.ConnectReset, record.WriteReset},
	{"connection reset", record.ConnectReset, record.ReadReset},
	{"EOF", record.ConnectReset, record.ReadEOF},
	{"server closed", record.ConnectReset, record.ReadEOF},
	{"malformed", record.ConnectOther, record.Malformed},
	{"bad Content-Length", record.ConnectOther, record.Malformed},
	{"unsupported transfer encoding", record.ConnectOther, record.Malformed},
	{"headers exceeded", record.ConnectOther, record.Malformed},
	{"write:", record.ConnectOther, record.WriteOther},
}

// heyClass returns the class of an error by its text.
func heyClass(text string) record.Class {
	dial := strings.Contains(text, "dial ")
	for _, c := range heyClasses {
		switch {
		case !strings.Contains(text, c.text):
		case dial:
			return c.dial
		default:
			return c.after
		}
	}
	if dial {
		return record.ConnectOther
	}
	return record.ReadOther
}
