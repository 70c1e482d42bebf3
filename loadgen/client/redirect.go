package client

import (
	"net/url"
	"strings"

	"carousel/loadgen/record"
)

// CachedRequest is a request with what one worker remembers of its replies.
type CachedRequest struct {
	*Request
	Replies ReplyCache
}

// RequestCache are the requests of one worker: those it sends in turn, and those that redirects led to.
type RequestCache struct {
	turn     []*CachedRequest
	followed map[redirect]redirected
}

// redirect is the key of a redirect that was followed before, redirected the request it led to, or why there is none.
type redirect struct {
	from     *Request
	status   int
	location string
}

type redirected struct {
	to    *CachedRequest
	class record.Class
}

// maxFollowed is how many redirects are remembered.
const maxFollowed = 1000

// NewRequestCache prepares the requests of one worker.
func NewRequestCache(all []*Request) *RequestCache {
	a := &RequestCache{followed: map[redirect]redirected{}}
	for _, q := range all {
		a.turn = append(a.turn, &CachedRequest{Request: q})
	}
	return a
}

// Request is request i of them, from 0.
func (a *RequestCache) Request(i int) *CachedRequest { return a.turn[i] }

// Follow is the request that a redirect leads to, or the class of error that it is.
func (a *RequestCache) Follow(from *CachedRequest, status int, location string) (*CachedRequest, record.Class) {
	key := redirect{from.Request, status, location}
	known, ok := a.followed[key]
	if !ok {
		if len(a.followed) == maxFollowed {
			clear(a.followed)
		}
		if q, class := from.follow(status, location); class != record.OK {
			known.class = class
		} else {
			known.to = &CachedRequest{Request: q}
		}
		a.followed[key] = known
	}
	return known.to, known.class
}

// leads reports whether a reply of this status points elsewhere (RFC 9110, section 15.4).
func leads(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// follow builds the request that a redirect leads to. As browsers do, it becomes a GET after 303, and a POST does after 301
// and 302 as well.
func (q *Request) follow(status int, location string) (*Request, record.Class) {
	server := Server(q.spec.Target)
	if Network(q.Addr) == "unix" {
		server = "http://localhost:80"
	}
	here, err := url.Parse(server + q.Path)
	if err != nil || location == "" {
		return nil, record.RedirectElsewhere
	}
	there, err := here.Parse(escape(location))
	if err != nil {
		return nil, record.RedirectElsewhere
	}
	if there.Fragment, there.RawFragment = "", ""; strings.EqualFold(there.Host, q.host) && there.Scheme == here.Scheme {
		there.Host = here.Host
	}
	path, err := Path(server+"/", there.String())
	if err != nil {
		return nil, record.RedirectElsewhere
	}
	s := q.spec
	if status == 303 && s.Method != "HEAD" || (status == 301 || status == 302) && s.Method == "POST" {
		s.Method, s.Body = "GET", ""
	}
	to := build(s, path)
	to.Host = q.Host
	if to.Kind = q.Kind; q.Kind != "" {
		to.want = q.want
	}
	return to, record.OK
}
