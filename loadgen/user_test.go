package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The user name and password reach the server, whichever way they are given.
func TestUser(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "me" || password != "a:b c" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer s.Close()
	for name, args := range map[string][]string{
		"a flag":     {"-u", "me:a:b c", s.URL},
		"the target": {strings.Replace(s.URL, "//", "//me:a%3Ab%20c@", 1)},
	} {
		if l, _ := recordOf(t, done, append(args, "-n", "10", "-c", "2")...); l.Requests.OK != 10 {
			t.Errorf("%s: %+v", name, l.Requests)
		}
	}
	if l, _ := recordOf(t, failed, "-n", "10", "-c", "2", s.URL); l.Errors["status-401"] != 10 {
		t.Errorf("without: %v", l.Errors)
	}
}
