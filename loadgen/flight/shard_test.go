package flight

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
)

const ms = int64(time.Millisecond)

// replies are those that a target can send.
var replies = map[string]string{
	"ok":        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
	"half":      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na",
	"last":      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
	"endless":   "HTTP/1.1 200 OK\r\n\r\nabc",
	"busy":      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
	"moved":     "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
	"okok":      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
	"okhalf":    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na",
	"movedlast": "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
}

// TestLife plays scripts of a load. Each step is an instant in milliseconds, an event of a connection, and the actions that the shard must return.
// Requests flow from 100 on, and the window is 100 ms long unless the load is by number.
func TestLife(t *testing.T) {
	post := func(s *result.Spec) { s.Method, s.Body = "POST", "x" }
	two := func(s *result.Spec) { s.Connections = 2 }
	number := func(n int64) func(*result.Spec) { return func(s *result.Spec) { s.Duration, s.Requests = 0, n } }
	paced := func(s *result.Spec) { s.Rate = 20 } // due at 100 and 150
	single := func(s *result.Spec) { s.NoKeepalive = true }
	three := func(s *result.Spec) { s.Pipeline = 3 }
	thinking := func(s *result.Spec) { s.Think = 20 * time.Millisecond }
	readingSlowly := func(s *result.Spec) { s.ReadRate = 1000 } // 50 bytes in 50 ms
	patient := func(s *result.Spec) { s.Grace = 50 * time.Millisecond }
	hasty := func(s *result.Spec) { s.Timeout = 40 * time.Millisecond }
	follows := func(s *result.Spec) { s.MaxRedirects = 1 }
	for _, c := range []struct {
		name   string
		change []func(*result.Spec)
		life   string
		want   string // the books at the end
	}{
		{"a closed loop sends again when it is answered", nil, `
			100 start           : send 0
			130 reply 0 ok      : send 0
			160 reply 0 ok      : send 0
			200 turn            : over`,
			"sent 3 ok 2 unanswered 1"},
		{"replies come in pieces", nil, `
			100 start           : send 0
			130 reply 0 half    :
			140 text 0 b        :
			150 text 0 c        : send 0
			150 reply 0 busy    : send 0
			200 turn            : over`,
			"sent 3 ok 1 status-503 1 unanswered 1"},
		{"in the grace replies are taken in and nothing is sent", []func(*result.Spec){two, func(s *result.Spec) { s.Grace = 50 * time.Millisecond }}, `
			100 start           : send 0, send 1
			200 turn            :
			210 reply 0 ok      :
			249 turn            :
			250 turn            : over`,
			"sent 2 ok 1 unanswered 1"},
		{"the grace ends when all is answered", []func(*result.Spec){func(s *result.Spec) { s.Grace = time.Hour }}, `
			100 start           : send 0
			210 reply 0 ok      :
			210 turn            : over`,
			"sent 1 ok 1"},
		{"a run that is stopped has a grace too", []func(*result.Spec){func(s *result.Spec) { s.Grace = 50 * time.Millisecond }}, `
			100 start           : send 0
			120 stop            :
			130 reply 0 ok      :
			130 turn            : over`,
			"sent 1 ok 1"},
		{"a schedule does not wait for replies", []func(*result.Spec){paced, two}, `
			100 start           : send 0
			149 turn            :
			150 turn            : send 1
			160 reply 1 ok      :
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1"},
		{"what is due waits for a connection, and is late", []func(*result.Spec){paced}, `
			100 start           : send 0
			150 turn            :
			180 reply 0 ok      : send 0
			190 reply 0 ok      :
			200 turn            : over`,
			"sent 2 ok 2 late 30ms"},
		{"what no connection was free for is not sent", []func(*result.Spec){paced}, `
			100 start           : send 0
			150 turn            :
			200 turn            : over`,
			"sent 1 unsent 1 unanswered 1 no-connection 1"},
		{"a run by number ends with its last reply", []func(*result.Spec){number(2)}, `
			100 start           : send 0
			110 reply 0 ok      : send 0
			120 reply 0 ok      : close 0
			120 turn            : over`,
			"sent 2 ok 2"},
		{"who has nothing to send any more makes room for others", []func(*result.Spec){number(2), two}, `
			100 start           : send 0, send 1
			110 reply 0 ok      : close 0
			120 reply 1 ok      : close 1
			120 turn            : over`,
			"sent 2 ok 2"},
		{"a close between replies: the request that crossed it is sent again", nil, `
			100 start           : send 0
			110 reply 0 ok      : send 0
			120 eof 0           : connect 0
			121 connected 0     : send 0
			130 reply 0 ok      : send 0
			200 turn            : over`,
			"sent 3 ok 2 unanswered 1 resent 1"},
		{"but not twice", nil, `
			100 start           : send 0
			110 reply 0 ok      : send 0
			120 eof 0           : connect 0
			121 connected 0     : send 0
			130 eof 0           : close 0
			131 turn            : connect 0
			132 connected 0     : send 0
			200 turn            : over`,
			"sent 3 ok 1 read-eof 1 unanswered 1 resent 1"},
		{"and not where it could be done twice", []func(*result.Spec){post}, `
			100 start           : send 0
			110 reply 0 ok      : send 0
			120 eof 0           : connect 0
			121 connected 0     : send 0
			200 turn            : over`,
			"sent 3 ok 1 read-eof 1 unanswered 1"},
		{"a close that ends a reply", nil, `
			100 start           : send 0
			110 reply 0 endless :
			120 eof 0           : connect 0
			121 connected 0     : send 0
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1"},
		{"a close that was announced", nil, `
			100 start           : send 0
			110 reply 0 last    : connect 0
			200 turn            : over`,
			"sent 1 ok 1"},
		{"a close within a reply", nil, `
			100 start           : send 0
			110 reply 0 half    :
			120 eof 0           : close 0
			121 turn            : connect 0
			200 turn            : over`,
			"sent 1 read-eof 1"},
		{"a reset", nil, `
			100 start           : send 0
			110 reset 0         : close 0
			200 turn            : over`,
			"sent 1 read-reset 1"},
		{"a word nobody asked for", []func(*result.Spec){paced, two}, `
			100 start           : send 0
			110 reply 1 busy    : close 1
			111 turn            : connect 1
			200 turn            : over`,
			"sent 1 unsent 1 unanswered 1 no-connection 1"},
		{"a redirect is followed on its connection", []func(*result.Spec){func(s *result.Spec) { s.MaxRedirects = 1 }}, `
			100 start           : send 0
			110 reply 0 moved   : send 0 /there
			120 reply 0 ok      : send 0
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1 redirects 1"},
		{"or on a new one", []func(*result.Spec){func(s *result.Spec) { s.MaxRedirects = 1 }}, `
			100 start           : send 0
			110 reply 0 movedlast : connect 0
			115 connected 0     : send 0 /there
			120 reply 0 moved   : send 0
			200 turn            : over`,
			"sent 2 redirect-too-many 1 unanswered 1 redirects 1"},
		{"a request that takes too long", []func(*result.Spec){func(s *result.Spec) { s.Timeout = 40 * time.Millisecond }}, `
			100 start           : send 0
			139 turn            :
			140 turn            : close 0
			141 turn            : connect 0
			142 connected 0     : send 0
			200 turn            : over`,
			"sent 2 timeout 1 unanswered 1"},
		{"pauses between connects grow", nil, `
			100 start           : send 0
			110 reset 0         : close 0
			111 turn            : connect 0
			112 refused 0       : close 0
			114 turn            :
			115 turn            : connect 0
			116 refused 0       : close 0
			119 turn            :
			120 turn            : connect 0
			121 refused 0       : close 0
			128 turn            :
			129 turn            : connect 0
			130 connected 0     : send 0
			140 reply 0 ok      : send 0
			150 reset 0         : connect 0
			200 turn            : over`,
			"sent 3 ok 1 read-reset 2 failed 3"},
		{"and end with the first good reply on a connection opened as late as those that failed", []func(*result.Spec){two}, `
			100 start           : send 0, send 1
			110 reset 0         : close 0
			110 reset 1         : close 1
			111 turn            : connect 0, connect 1
			112 connected 0     : send 0
			112 connected 1     : send 1
			113 reset 0         : close 0
			114 reply 1 ok      : connect 0, send 1
			200 turn            : over`,
			"sent 5 ok 1 read-reset 3 unanswered 1"},
		{"a run by number is given up when nobody is there for as long as a request may take", []func(*result.Spec){number(3), func(s *result.Spec) { s.Timeout = 20 * time.Millisecond }}, `
			100 start           : send 0
			110 reset 0         : close 0
			111 turn            : connect 0
			112 refused 0       : close 0
			115 turn            : connect 0
			132 refused 0       : close 0
			132 turn            :
			136 turn            : connect 0
			137 refused 0       : close 0
			137 turn            : over`,
			"sent 1 unsent 2 read-reset 1 no-connection 2 failed 3"},
		{"a reply before the whole request is sent ends the connection", []func(*result.Spec){post}, `
			100 partly          :
			100 start           : send 0
			110 reply 0 ok      : connect 0
			200 turn            : over`,
			"sent 1 ok 1"},
		{"what follows a redirect may be sent again too", []func(*result.Spec){func(s *result.Spec) { s.MaxRedirects = 1 }}, `
			100 start           : send 0
			110 reply 0 ok      : send 0
			120 eof 0           : connect 0
			121 connected 0     : send 0
			130 reply 0 moved   : send 0 /there
			140 eof 0           : connect 0
			141 connected 0     : send 0 /there
			150 reply 0 ok      : send 0
			200 turn            : over`,
			"sent 3 ok 2 unanswered 1 resent 2 redirects 1"},
		{"a request that the peer will not take is sent again as well", nil, `
			100 start           : send 0
			110 reply 0 ok      : send 0
			120 writereset 0    : connect 0
			121 connected 0     : send 0
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1 resent 1"},
		{"half a reply is forgotten with its connection", nil, `
			100 start           : send 0
			110 reply 0 half    :
			120 reset 0         : close 0
			121 turn            : connect 0
			122 connected 0     : send 0
			130 reply 0 ok      : send 0
			200 turn            : over`,
			"sent 3 ok 1 read-reset 1 unanswered 1"},
		{"what waited for a connection was due when the one before had ended", nil, `
			100 start           : send 0
			110 reply 0 last    : connect 0
			140 connected 0     : send 0
			150 reply 0 last    : connect 0
			200 turn            : over`,
			"sent 2 ok 2 took 40ms"},
		{"what a sender comes to too late is not for want of a connection", []func(*result.Spec){paced}, `
			100 start           : send 0
			110 reply 0 ok      :
			151 stop            :
			151 turn            : over`,
			"sent 1 unsent 1 ok 1 window-closed 1"},
		{"in the grace only what is under way is connected again", []func(*result.Spec){two, func(s *result.Spec) { s.Grace = 50 * time.Millisecond }}, `
			100 start           : send 0, send 1
			110 reply 0 ok      : send 0
			199 reset 1         : close 1
			201 turn            :
			205 eof 0           : close 0
			206 turn            : connect 0
			207 connected 0     : send 0
			210 reply 0 ok      :
			210 turn            : over`,
			"sent 3 ok 2 read-reset 1 resent 1"},
		{"a stop in the grace ends it", []func(*result.Spec){func(s *result.Spec) { s.Grace = time.Hour }}, `
			100 start           : send 0
			210 turn            :
			220 stop            :
			220 turn            : over`,
			"sent 1 unanswered 1 took 120ms"},
		{"a stop ends the window, another the grace", []func(*result.Spec){func(s *result.Spec) { s.Grace = time.Hour }}, `
			100 start           : send 0
			120 stop            :
			130 turn            :
			140 stop            :
			141 reply 0 ok      :
			141 turn            : over`,
			"sent 1 unanswered 1 took 40ms"},
		{"when somebody answers again, nobody waits any longer", []func(*result.Spec){two}, `
			100 start           : send 0, send 1
			105 reply 1 ok      : send 1
			110 reset 0         : close 0
			111 turn            : connect 0
			112 refused 0       : close 0
			115 turn            : connect 0
			116 connected 0     : send 0
			117 reset 1         : close 1
			118 reply 0 ok      : connect 1, send 0
			200 turn            : over`,
			"sent 5 ok 2 read-reset 2 unanswered 1 failed 1"},
		{"who does not so much as refuse is waited for longer", []func(*result.Spec){number(3), func(s *result.Spec) { s.Timeout = 20 * time.Millisecond }}, `
			100 start           : send 0
			110 reset 0         : close 0
			111 turn            : connect 0
			131 turn            : close 0
			133 turn            : connect 0
			5120 turn           : close 0
			5124 turn           : connect 0
			5144 turn           : close 0
			5145 turn           : over`,
			"sent 1 unsent 2 read-reset 1 no-connection 2 failed 3"},

		{"a connection for each request: the next begins when the one before is answered, and connecting is part of it", []func(*result.Spec){single}, `
			100 start           : send 0
			110 reply 0 ok      : connect 0
			140 connected 0     : send 0
			150 reply 0 ok      : connect 0
			160 connected 0     : send 0
			165 reply 0 last    : connect 0
			200 turn            : over`,
			"sent 4 ok 3 unanswered 1 took 40ms"},
		{"by a schedule it begins when the request is due", []func(*result.Spec){single, paced}, `
			100 start           : send 0
			110 reply 0 ok      : close 0
			149 turn            :
			150 turn            : connect 0
			155 connected 0     : send 0
			170 reply 0 ok      : close 0
			200 turn            : over`,
			"sent 2 ok 2 took 20ms"},
		{"and a connection that was closed before that is opened when there is something to send", []func(*result.Spec){single, paced, two}, `
			100 start           : send 0
			110 eof 1           : close 1
			111 turn            :
			150 turn            : connect 1
			155 connected 1     : send 1
			170 reply 1 ok      : close 1
			180 reply 0 ok      : close 0
			200 turn            : over`,
			"sent 2 ok 2 took 80ms"},
		{"a request whose connect fails is tried again", []func(*result.Spec){single}, `
			100 start           : send 0
			110 reply 0 ok      : connect 0
			120 refused 0       : close 0
			121 turn            : connect 0
			150 connected 0     : send 0
			160 reply 0 ok      : connect 0
			200 turn            : over`,
			"sent 3 ok 2 unanswered 1 failed 1 took 50ms"},
		{"until it takes too long", []func(*result.Spec){single, hasty}, `
			100 start           : send 0
			110 reply 0 ok      : connect 0
			149 turn            :
			150 turn            : close 0
			151 turn            : connect 0
			160 connected 0     : send 0
			170 reply 0 ok      : connect 0
			200 turn            : over`,
			"sent 4 ok 2 timeout 1 unanswered 1 took 40ms"},
		{"who refuses is not asked without a pause", []func(*result.Spec){single}, `
			100 start           : send 0
			110 reset 0         : close 0
			110 turn            :
			111 turn            : connect 0
			112 connected 0     : send 0
			113 reset 0         : close 0
			114 turn            :
			115 turn            : connect 0
			116 connected 0     : send 0
			120 reply 0 ok      : connect 0
			200 turn            : over`,
			"sent 4 ok 1 read-reset 2 unanswered 1 took 80ms"},
		{"a redirect has a connection of its own", []func(*result.Spec){single, follows}, `
			100 start           : send 0
			110 reply 0 moved   : connect 0
			115 connected 0     : send 0 /there
			120 reply 0 ok      : connect 0
			125 connected 0     : send 0
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1 redirects 1 took 80ms"},
		{"a number of them", []func(*result.Spec){single, number(3), two}, `
			100 start           : send 0, send 1
			110 reply 0 ok      : connect 0
			120 reply 1 ok      : close 1
			130 connected 0     : send 0
			140 reply 0 ok      : close 0
			140 turn            : over`,
			"sent 3 ok 3 took 30ms"},
		{"in the grace no other connection begins", []func(*result.Spec){single, two, patient}, `
			100 start           : send 0, send 1
			190 reply 0 ok      : connect 0
			201 reply 1 ok      : close 1
			202 connected 0     : send 0
			210 reply 0 ok      : close 0
			210 turn            : over`,
			"sent 3 ok 3 took 101ms"},

		{"several at once: another is sent as one is answered", []func(*result.Spec){three}, `
			100 start           : send 0 x3
			110 reply 0 ok      : send 0
			120 reply 0 okok    : send 0 x2
			160 reply 0 ok      : send 0
			200 turn            : over`,
			"sent 7 ok 4 unanswered 3 took 80ms"},
		{"replies come in any pieces", []func(*result.Spec){three}, `
			100 start           : send 0 x3
			110 reply 0 okhalf  : send 0
			120 text 0 bcHTTP   : send 0
			200 turn            : over`,
			"sent 5 ok 2 unanswered 3 took 100ms"},
		{"requests go out in any pieces", []func(*result.Spec){three}, `
			100 partly          :
			100 start           : send 0 x1.5
			110 reply 0 ok      : send 0 x1.2
			120 reply 0 ok      : send 0 x1.1
			130 reply 0 ok      : send 0 x1.1
			200 turn            : over`,
			"sent 6 ok 3 unanswered 3 took 90ms"},
		{"a reply before its request is sent ends the connection, and what is behind goes elsewhere", []func(*result.Spec){three}, `
			100 partly          :
			100 start           : send 0 x1.5
			110 reply 0 okok    : connect 0
			120 connected 0     : send 0
			200 turn            : over`,
			"sent 4 ok 2 unanswered 2 resent 2 took 100ms"},
		{"a number of requests ends with less and less on the way", []func(*result.Spec){three, number(4)}, `
			100 start           : send 0 x3
			110 reply 0 ok      : send 0
			120 reply 0 ok      :
			130 reply 0 okok    : close 0
			130 turn            : over`,
			"sent 4 ok 4 took 30ms"},
		{"more replies than requests are wrong", []func(*result.Spec){three, number(1)}, `
			100 start           : send 0
			110 reply 0 okok    : close 0
			110 turn            : over`,
			"sent 1 body-length 1"},
		{"what a close leaves is sent again, once", []func(*result.Spec){three}, `
			100 start           : send 0 x3
			110 reply 0 ok      : send 0
			120 eof 0           : connect 0
			125 connected 0     : send 0 x3
			130 reply 0 ok      : send 0
			140 eof 0           : connect 0
			200 turn            : over`,
			"sent 5 ok 2 read-eof 3 resent 3 took 30ms"},
		{"also when it was announced", []func(*result.Spec){three}, `
			100 start           : send 0 x3
			110 reply 0 last    : connect 0
			125 connected 0     : send 0 x2
			130 reply 0 ok      : send 0 x2
			200 turn            : over`,
			"sent 5 ok 2 unanswered 3 resent 2 took 100ms"},
		{"but not what could be done twice", []func(*result.Spec){three, post}, `
			100 start           : send 0 x3
			110 reply 0 ok      : send 0
			120 eof 0           : connect 0
			125 connected 0     : send 0 x3
			200 turn            : over`,
			"sent 7 ok 1 read-eof 3 unanswered 3 took 80ms"},
		{"all that is on the way is lost with a connection", []func(*result.Spec){three}, `
			100 start           : send 0 x3
			110 reset 0         : close 0
			111 turn            : connect 0
			125 connected 0     : send 0 x3
			200 turn            : over`,
			"sent 6 read-reset 3 unanswered 3 took 90ms"},
		{"the first of them has waited longest, and what is behind it is given up with it", []func(*result.Spec){three, hasty}, `
			100 start           : send 0 x3
			110 reply 0 ok      : send 0
			139 turn            :
			140 turn            : connect 0
			142 connected 0     : send 0 x3
			200 turn            : over`,
			"sent 7 ok 1 timeout 3 unanswered 3 took 60ms"},

		{"a connection rests after each reply, and what it sends then is due then", []func(*result.Spec){thinking}, `
			100 start           : send 0
			110 reply 0 ok      :
			129 turn            :
			130 turn            : send 0
			160 reply 0 busy    :
			182 turn            : send 0
			190 reply 0 ok      :
			200 turn            : over`,
			"sent 3 ok 2 status-503 1 took 10ms"},
		{"each by itself", []func(*result.Spec){thinking, two}, `
			100 start           : send 0, send 1
			110 reply 1 last    : connect 1
			115 reply 0 ok      :
			120 connected 1     :
			129 turn            :
			130 turn            : send 1
			135 turn            : send 0
			200 turn            : over`,
			"sent 4 ok 2 unanswered 2 took 70ms"},
		{"one that is closed meanwhile is opened again and rests on", []func(*result.Spec){thinking}, `
			100 start           : send 0
			110 reply 0 ok      :
			115 eof 0           : connect 0
			120 connected 0     :
			130 turn            : send 0
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1 took 70ms"},
		{"with a connection for each request it rests unconnected", []func(*result.Spec){thinking, single}, `
			100 start           : send 0
			110 reply 0 ok      : close 0
			130 turn            : connect 0
			135 connected 0     : send 0
			140 reply 0 ok      : close 0
			160 turn            : connect 0
			200 turn            : over`,
			"sent 3 ok 2 unanswered 1 took 40ms"},
		{"a number of requests ends with its last reply, not with a rest", []func(*result.Spec){thinking, number(2)}, `
			100 start           : send 0
			110 reply 0 ok      :
			130 turn            : send 0
			135 reply 0 ok      :
			135 turn            : over`,
			"sent 2 ok 2 took 10ms"},

		{"who reads slowly is not read from for a while", []func(*result.Spec){readingSlowly}, `
			100 start           : send 0
			110 reply 0 half    :
			159 turn            :
			160 turn            : read 0
			170 text 0 bc       : send 0
			199 turn            :
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1 took 70ms"},
		{"another connection has its own pace", []func(*result.Spec){readingSlowly}, `
			100 start           : send 0
			110 reply 0 last    : connect 0
			120 connected 0     : send 0
			130 reply 0 half    :
			170 turn            :
			180 turn            : read 0
			200 turn            : over`,
			"sent 2 ok 1 unanswered 1 took 90ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := result.DefaultSpec()
			s.Target, s.Engine, s.Connections, s.Duration, s.Grace = "http://127.0.0.1:1/", result.Net, 1, 100*time.Millisecond, 0
			for _, change := range c.change {
				change(&s)
			}
			p := newPilot(s)
			for k := range s.Connections {
				p.shard.Connected(p.shard.Conn(k))
			}
			p.shard.Turn()
			for line := range strings.Lines(strings.TrimSpace(c.life)) {
				what, want, _ := strings.Cut(line, ":")
				if got := p.live(strings.Fields(what)); got != strings.TrimSpace(want) {
					t.Fatalf("%s the shard wants %q", strings.TrimSpace(line), got)
				}
			}
			got, took := p.books(t)
			if strings.Contains(c.want, "took") {
				got += " took " + took.String()
			}
			if got != c.want {
				t.Errorf("the books say %q, want %q", got, c.want)
			}
		})
	}
}

// pilot drives a shard by a script, in place of an engine.
type pilot struct {
	now    int64
	run    *Run
	shard  *Shard
	partly bool // requests are sent in part
}

// newPilot returns a pilot of a load s, after the phase that connects.
func newPilot(s result.Spec) *pilot { return newTracedPilot(s, nil) }

// newTracedPilot is newPilot with a trace.
func newTracedPilot(s result.Spec, t *trace.Trace) *pilot {
	p := &pilot{}
	p.run = New(s, client.New(s), nil, func() int64 { return p.now })
	p.run.Trace = t.Process("", s.Connections, s.Idle, s.Pipeline, nil)
	p.shard = p.run.Shard(0, 1, nil)
	p.shard.Try(false)
	p.shard.Turn()
	p.act()
	return p
}

// live reports an event to the shard, and returns the actions that follow.
func (p *pilot) live(words []string) string {
	at, err := strconv.Atoi(words[0])
	if err != nil {
		panic(err)
	}
	p.now = int64(at) * ms
	var c *Conn
	if len(words) > 2 {
		c = p.shard.Conn(int(words[2][0] - '0'))
	}
	switch words[1] {
	case "start":
		p.run.Flow(p.now)
		p.shard.Start()
	case "stop":
		p.run.Stop()
	case "turn":
		if !p.shard.Turn() {
			return "over"
		}
	case "partly":
		p.partly = true
	case "writereset":
		p.shard.Closed(c, record.WriteReset)
	case "connected":
		p.shard.Connected(c)
	case "refused":
		p.shard.Refused(c, record.ConnectRefused, nil)
	case "reply":
		p.shard.Feed(c, []byte(replies[words[3]]))
	case "text":
		p.shard.Feed(c, []byte(words[3]))
	case "eof":
		p.shard.Closed(c, record.ReadEOF)
	case "reset":
		p.shard.Closed(c, record.ReadReset)
	default:
		panic(words[1])
	}
	return p.act()
}

// act carries out the actions that the shard returns.
func (p *pilot) act() string {
	var done []string
	for {
		c, do := p.shard.Next()
		switch do {
		case Nothing:
			return strings.Join(done, ", ")
		case Connect:
			done = append(done, fmt.Sprint("connect ", c.Index))
		case Close:
			done = append(done, fmt.Sprint("close ", c.Index))
		case Send:
			n := len(c.Out())
			if p.partly {
				n /= 2
			}
			words := strings.TrimSuffix(fmt.Sprint("send ", c.Index, " ", c.request.Path), " /")
			if many := float64(n) / float64(len(c.request.Bytes)); p.run.Pipeline > 1 && many != 1 {
				words += fmt.Sprintf(" x%.2g", many)
			}
			done = append(done, words)
			c.Sent(n)
		case Read:
			done = append(done, fmt.Sprint("read ", c.Index))
		}
	}
}

// books settles the run, and returns its books in words and the response time of the slowest request.
func (p *pilot) books(t *testing.T) (books string, took time.Duration) {
	l := bookkept(t, p)
	var words []string
	say := func(n int64, what string) {
		if n > 0 {
			words = append(words, fmt.Sprint(what, " ", n))
		}
	}
	q := l.Requests
	say(q.Sent, "sent")
	say(q.Unsent, "unsent")
	say(q.OK, "ok")
	for _, class := range slices.Sorted(maps.Keys(l.Errors)) {
		say(l.Errors[class], class)
	}
	say(q.Unanswered, "unanswered")
	for _, why := range slices.Sorted(maps.Keys(l.UnsentBy)) {
		say(l.UnsentBy[why], why)
	}
	say(l.Resent, "resent")
	say(l.Redirects, "redirects")
	say(l.Connections.Failed, "failed")
	if l.Lateness.Max > 0 {
		words = append(words, fmt.Sprint("late ", time.Duration(l.Lateness.Max)))
	}
	if q.Sent != q.OK+q.Errors+q.Unanswered || q.Planned != q.Sent+q.Unsent {
		t.Errorf("the books do not balance: %+v", q)
	}
	return strings.Join(words, " "), time.Duration(l.Latency.Max)
}

// bookkept settles the run, and returns its record.
func bookkept(t *testing.T, p *pilot) *result.Load {
	t.Helper()
	end := min(p.run.Until(), p.now)
	Settle([]*Shard{p.shard}, end, record.NoConnection)
	l, err := record.Merge([]*record.Recorder{p.shard.Record}, time.Duration(end-p.run.Opens))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A reply has the same result in pieces of any size.
func TestEverySplit(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Grace = "http://127.0.0.1:1/", result.Net, 1, 0
	for name, text := range replies {
		for cut := range len(text) - 1 {
			p := newPilot(s)
			p.shard.Connected(p.shard.Conn(0))
			p.shard.Turn()
			p.live([]string{"100", "start"})
			p.now += ms
			more := p.shard.Feed(p.shard.Conn(0), []byte(text[:cut+1]))
			if more {
				p.now += ms
				more = p.shard.Feed(p.shard.Conn(0), []byte(text[cut+1:]))
			}
			if unfinished := name == "half" || name == "endless"; more != unfinished {
				t.Errorf("%s, cut after %d: more to come %v", name, cut+1, more)
			}
		}
	}
}

// Connects begin in batches that a server with a short backlog can accept, silent connections first.
func TestRamp(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Idle = "http://127.0.0.1:1/", result.Net, 100, 10
	p := &pilot{}
	p.run = New(s, client.New(s), nil, func() int64 { return p.now })
	p.shard = p.run.Shard(0, 1, nil)
	count := func() int {
		p.shard.Turn()
		return strings.Count(p.act(), "connect")
	}
	p.shard.Try(true)
	if n := count(); n != 10 {
		t.Errorf("%d silent connections are tried, want 10", n)
	}
	for k := range 10 {
		p.shard.Connected(p.shard.Conn(k))
	}
	if p.shard.Turn() {
		t.Error("all are open, and the phase goes on")
	}
	p.shard.Try(false)
	for _, want := range []int{64, 36} {
		if n := count(); n != want {
			t.Errorf("%d connects begin at %d ms, want %d", n, p.now/ms, want)
		}
		if p.now = p.shard.Wake() - 1; count() != 0 {
			t.Errorf("a connect begins before %d ms", p.now/ms)
		}
		p.now++
	}
}

// A simulated target accepts at intervals and has a short listen queue. No connect of any shard finds the queue full, and the ramp ends. If the
// target stops accepting, no shard waits for it for more than a second.
func TestRampFillsTheListenQueue(t *testing.T) {
	for _, c := range []struct {
		places, shards int
		each           int   // connections accepted per millisecond
		until          int64 // when the target stops accepting
		overflows      bool
	}{
		{places: 129, shards: 1, each: 10, until: record.Never},
		{places: 129, shards: 3, each: 10, until: record.Never},
		{places: 6, shards: 1, each: 1, until: record.Never},
		{places: 6, shards: 4, each: 6, until: record.Never},
		{places: 1, shards: 2, each: 1, until: record.Never},
		{places: 4097, shards: 2, each: 1, until: record.Never},
		{places: 129, shards: 2, each: 10, until: 20 * ms, overflows: true},
	} {
		const connections = 2000
		s := result.DefaultSpec()
		s.Target, s.Engine, s.Connections = "http://127.0.0.1:1/", result.Epoll, connections
		now, waiting, opened, overflows := int64(0), 0, 0, 0
		run := New(s, client.New(s), nil, func() int64 { return now })
		run.Places = func() int { return max(0, c.places-waiting) }
		var shards []*Shard
		for k := range c.shards {
			shards = append(shards, run.Shard(k, c.shards, nil))
			shards[k].Try(false)
		}
		for going := c.shards; going > 0 && now < int64(time.Minute); now += ms / 4 {
			if now%ms == 0 && now < c.until {
				waiting = max(0, waiting-c.each)
			}
			going = 0
			for _, d := range shards {
				if d.Turn() {
					going++
				}
			}
			for _, d := range shards { // all shards have read the queue before one connects
				for conn, do := d.Next(); do != Nothing; conn, do = d.Next() {
					if do != Connect {
						continue
					}
					if waiting == c.places {
						overflows++
					} else {
						waiting++
					}
					opened++
					d.Connected(conn)
				}
			}
		}
		if opened != connections || (overflows > 0) != c.overflows || run.connecting.Load() != 0 {
			t.Errorf("%+v: %d opened, %d found the queue full, %d still under way", c, opened, overflows, run.connecting.Load())
		}
		if limit := int64(connections/c.each+2000) * ms; now > limit {
			t.Errorf("%+v: it took %v", c, time.Duration(now))
		}
	}
}

// A silent connection that the server closed stays closed; the others are opened again.
func TestSilentStaysClosed(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Idle = "http://127.0.0.1:1/", result.Net, 1, 1
	p := &pilot{}
	p.run = New(s, client.New(s), nil, func() int64 { return p.now })
	p.shard = p.run.Shard(0, 1, nil)
	for k, silent := range []bool{true, false} {
		p.shard.Try(silent)
		p.shard.Turn()
		p.act()
		if p.shard.Connected(p.shard.Conn(k)); p.shard.Conn(k).Silent() != silent || p.shard.Turn() {
			t.Fatalf("connection %d: silent %v, or the phase goes on", k, !silent)
		}
	}
	if got := p.live([]string{"100", "start"}); got != "send 1" {
		t.Errorf("it wants %q", got)
	}
	if got := p.live([]string{"110", "eof", "0"}); got != "close 0" {
		t.Errorf("of the silent one it wants %q", got)
	}
	if got := p.live([]string{"111", "eof", "1"}); got != "close 1" {
		t.Errorf("of the other it wants %q", got)
	}
	if got := p.live([]string{"130", "turn"}); got != "connect 1" {
		t.Errorf("later it wants %q", got)
	}
}

// A silent connection that gets a 503 counts as turned away; one that is closed without a reply does not.
func TestSilentAreTurnedAway(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Idle = "http://127.0.0.1:1/", result.Net, 1, 4
	p := &pilot{}
	p.run = New(s, client.New(s), nil, func() int64 { return p.now })
	p.shard = p.run.Shard(0, 1, nil)
	p.shard.Try(true)
	p.shard.Turn()
	p.act()
	for k := range 4 {
		p.shard.Connected(p.shard.Conn(k))
	}
	check := func(wantOpen, wantRefused int64) {
		t.Helper()
		if open, refused := p.shard.Silent(); open != wantOpen || refused != wantRefused {
			t.Errorf("%d are open and %d turned away, want %d and %d", open, refused, wantOpen, wantRefused)
		}
	}
	check(4, 0)
	for _, piece := range []string{"HT", "TP/1.1 503", replies["busy"][len("HTTP/1.1 503"):]} {
		check(4, 0)
		p.shard.Feed(p.shard.Conn(0), []byte(piece))
	}
	check(3, 1)
	p.shard.Feed(p.shard.Conn(1), []byte("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"))
	check(2, 1)
	p.shard.Closed(p.shard.Conn(2), record.ReadEOF)
	check(1, 1)
	p.shard.Try(false)
	p.shard.Turn()
	p.act()
	p.shard.Connected(p.shard.Conn(4)) // not a silent one
	check(1, 1)
}

// If the budget of -n is used up before a shard starts, the shard closes its connections, so that the server can accept others.
func TestTooLateForANumber(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Duration, s.Requests = "http://127.0.0.1:1/", result.Net, 2, 0, 2
	p := &pilot{}
	p.run = New(s, client.New(s), nil, func() int64 { return p.now })
	first, second := p.run.Shard(0, 2, nil), p.run.Shard(1, 2, nil)
	for _, p.shard = range []*Shard{first, second} {
		p.shard.Try(false)
		p.shard.Turn()
		p.act()
		p.shard.Connected(p.shard.Conn(0))
		p.shard.Turn()
	}
	p.shard = first
	if got := p.live([]string{"100", "start"}) + p.live([]string{"110", "reply", "0", "ok"}); got != "send 0send 0" {
		t.Errorf("the first wants %q", got)
	}
	p.shard = second
	second.Start()
	if !second.Turn() || p.act() != "close 0" || second.Turn() {
		t.Error("the second keeps its connection, or does not end")
	}
}

// A connect that takes too long is given up. The class of the failure shows whether the server was reached.
func TestLateHandshake(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Timeout = "https://127.0.0.1:1/", result.Net, 2, time.Second
	p := newPilot(s)
	p.shard.HandshakeBegan(p.shard.Conn(1))
	p.now += int64(time.Second)
	p.shard.Turn()
	if got := p.act(); got != "close 0, close 1" {
		t.Fatalf("it wants %q", got)
	}
	if got := p.shard.Refusal(0); got.Class != record.ConnectTLS || !strings.Contains(got.Err.Error(), "did not answer the TLS handshake") {
		t.Errorf("%v", got)
	}
	l := record.Books(p.shard.Record)
	if l.ConnectErrors["connect-timeout"] != 1 || l.ConnectErrors["connect-tls"] != 1 {
		t.Errorf("%v", l.ConnectErrors)
	}
}

// Each connection is tried once: after a failure it is not tried again before requests flow.
func TestTriedOnce(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections = "http://127.0.0.1:1/", result.Net, 2
	p := newPilot(s)
	p.shard.Refused(p.shard.Conn(0), record.ConnectRefused, nil)
	if got := p.act(); got != "close 0" || !p.shard.Turn() {
		t.Errorf("with one still under way it wants %q, or the phase does not go on", got)
	}
	p.shard.Connected(p.shard.Conn(1))
	if p.shard.Turn() || p.act() != "" || p.shard.Alive() != 1 || p.shard.Refusal(0).Class != record.ConnectRefused {
		t.Errorf("the phase goes on, %d are open", p.shard.Alive())
	}
}

// A request allocates nothing in any kind of load, traced or not.
func TestAllocates(t *testing.T) {
	requestsAllocateNothing(t, func() *trace.Trace { return nil })
	requestsAllocateNothing(t, func() *trace.Trace {
		tr := trace.New(1500) // it becomes full during the test
		tr.Room(1)
		return tr
	})
}

func requestsAllocateNothing(t *testing.T, traced func() *trace.Trace) {
	reply := []byte(replies["ok"])
	for name, change := range map[string]func(*result.Spec){
		"one at a time":         func(*result.Spec) {},
		"several at once":       func(s *result.Spec) { s.Pipeline = 8 },
		"a connection for each": func(s *result.Spec) { s.NoKeepalive = true },
		"with rests":            func(s *result.Spec) { s.Think = time.Millisecond },
		"read slowly":           func(s *result.Spec) { s.ReadRate = 10_000_000 },
	} {
		s := result.DefaultSpec()
		s.Target, s.Engine, s.Connections, s.Duration = "http://127.0.0.1:1/", result.Net, 3, time.Hour
		change(&s)
		p := newTracedPilot(s, traced())
		for k := range s.Connections {
			p.shard.Connected(p.shard.Conn(k))
		}
		p.shard.Turn()
		p.live([]string{"100", "start"})
		waits := map[int]int{} // by connection: requests under way
		for k := range s.Connections {
			waits[k] = max(1, s.Pipeline)
		}
		sent := 0
		turn := func() {
			p.now += ms
			p.shard.Turn()
			for k := range s.Connections {
				if c := p.shard.Conn(k); waits[k] > 0 && c.Room() > 0 {
					waits[k]--
					p.shard.Feed(c, reply)
				}
			}
			for c, do := p.shard.Next(); do != Nothing; c, do = p.shard.Next() {
				switch do {
				case Connect:
					p.shard.Connected(c)
				case Send:
					n := len(c.Out()) / len(c.request.Bytes)
					sent += n
					waits[c.Index] += n
					c.Sent(len(c.Out()))
				}
			}
		}
		for range 1000 {
			turn()
		}
		if sent < 100 {
			t.Errorf("%s: %d requests were sent", name, sent)
		}
		if n := testing.AllocsPerRun(1000, turn); n != 0 {
			t.Errorf("%s: %v allocations a turn", name, n)
		}
	}
}
