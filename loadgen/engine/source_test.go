package engine

import (
	"slices"
	"strings"
	"testing"
)

func TestParseSource(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.2":    "127.0.0.2/32",
		"127.1.2.3/16": "127.1.0.0/16",
		"127.0.0.0/8":  "127.0.0.0/8",
	} {
		if got, err := ParseSource(text); err != nil || got.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":            "it takes addresses",
		"localhost":   "it takes addresses",
		"127.0.0.1/x": "it takes addresses",
		"10.0.0.1":    "only addresses within 127.0.0.0/8",
		"127.0.0.0/7": "only addresses within 127.0.0.0/8",
		"::1":         "only addresses within 127.0.0.0/8",
	} {
		if _, err := ParseSource(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Addresses take turns, without the first and the last of a prefix.
func TestSourcesTakeTurns(t *testing.T) {
	s := newSources([]string{"127.0.0.9/32", "127.0.1.252/30", "127.0.2.4/31"})
	var got []byte
	for range 6 {
		addr, ok := s.next()
		if !ok {
			t.Fatal("there is none")
		}
		got = append(got, addr[3])
	}
	if want := []byte{9, 253, 254, 4, 5, 9}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}

	s = newSources([]string{"127.0.0.0/8"})
	s.taken.Store(s.all - 1)
	if addr, _ := s.next(); addr != [4]byte{127, 255, 255, 254} {
		t.Errorf("the last is %v", addr)
	}
	if addr, _ := s.next(); addr != [4]byte{127, 0, 0, 1} {
		t.Errorf("the first is %v", addr)
	}

	if _, ok := newSources(nil).next(); ok {
		t.Error("where the system chooses there is one")
	}
}
