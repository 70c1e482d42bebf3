package client

import (
	"net/url"
	"strings"

	"carousel/loadgen/record"
)

// CachedRequest is a request with what one worker caches of its replies.
type CachedRequest struct {
	*Request
	Replies ReplyCache
}

// RequestCache has the requests of one worker: those it sends in turn, and those to which redirects led.
type RequestCache struct {
	turn     []*CachedRequest
	followed map[redirect]redirected
}

// redirect is the cache key of a redirect, redirected the cached request to which it leads, or the class of error.
type redirect struct {
	from     *Request
	status   int
	location string
}

type redirected struct {
	to    *CachedRequest
	class record.Class
}

// maxFollowed is how many redirects are cached at most.
const maxFollowed = 1000

// NewRequestCache returns the requests of one worker.
func NewRequestCache(all []*Request) *RequestCache {
	a := &RequestCache{followed: map[redirect]redirected{}}
	for _, q := range all {
		a.turn = append(a.turn, &CachedRequest{Request: q})
	}
	return a
}

// Request returns request i of those given to NewRequestCache.
func (a *RequestCache) Request(i int) *CachedRequest { return a.turn[i] }

// Follow returns the request to which a redirect of from leads, or the class of error if it cannot be followed.
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

// leads reports whether a reply with this status is a redirect (RFC 9110, section 15.4).
func leads(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// follow returns the request to which a redirect leads. As in browsers, it becomes a GET after 303, and a POST becomes one after 301 and 302 too.
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
