package tasks

import (
	"errors"
	"testing"
	"time"

	"carousel/lessons/inside"
	"carousel/servers/asyncio"
)

// A handler that blocks the loop serves one client after another. A handler that awaits, or runs in the executor, serves several at once.
func TestAnswers(t *testing.T) {
	times, err := answers(asyncio.Serve, "/block/10ms")
	if errors.Is(err, inside.ErrSystem) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	for k, took := range times {
		if least := time.Duration(k+1) * 10 * time.Millisecond; took < least {
			t.Errorf("client %d was answered after %v: one after another it takes %v", k+1, took, least)
		}
	}
	const tries = 50 // on a busy machine a try may be slow
	overlap := func(serve string, answers func() ([]time.Duration, error)) {
		for range tries {
			times, err := answers()
			if err != nil {
				t.Fatal(err)
			}
			if times[clients-1] < clients*10*time.Millisecond {
				return
			}
		}
		t.Errorf("%s never answered ten clients in less time than one after another, in %d tries", serve, tries)
	}
	overlap("asyncio-executor", func() ([]time.Duration, error) { return answers(asyncio.ServeExecutor, "/block/10ms") })
	overlap("asyncio, awaiting", func() ([]time.Duration, error) { return answers(asyncio.Serve, "/sleep/10ms") })
}
