package wire

import (
	"fmt"
	"strings"
)

const (
	hello       = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello world\n"
	helloHeader = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n"
	kept        = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\n\r\nHello world\n"
	keptHeader  = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\n\r\n"
	line        = "Hello world\n"
	goOn        = "HTTP/1.1 100 Continue\r\n\r\n"

	get  = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
	last = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
	post = "POST /echo HTTP/1.1\r\nHost: h\r\n"
	te   = "Transfer-Encoding: chunked\r\n"
)

// failed returns an error reply; more are further header lines.
func failed(status int, text, body, more string) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n%s\r\n%s", status, text, len(body), more, body)
}

func streamed(body, more string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: application/octet-stream\r\n%s\r\n%s", len(body), more, body)
}

func painted(k int) string {
	body, digest := image(int64(k))
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: image/png\r\nContent-Digest: %s\r\n\r\n%s", len(body), digest, body)
}

func elsewhere(path, more string) string {
	return fmt.Sprintf("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n%s\r\n", path, more)
}

const (
	gone  = "Connection: close\r\n"
	stays = "Connection: keep-alive\r\n"
)

var (
	// After these the talk closes.
	refused400 = failed(400, "Bad Request", "not a request this server understands\n", gone)
	refused413 = failed(413, "Content Too Large", "a body may have 1 MiB\n", gone)
	refused414 = failed(414, "URI Too Long", "a request line may have 8 KiB\n", gone)
	refused417 = failed(417, "Expectation Failed", "only 100-continue can be expected\n", gone)
	refused431 = failed(431, "Request Header Fields Too Large", "a head may have 32 KiB and 100 headers\n", gone)
	refused501 = failed(501, "Not Implemented", "unknown method, or a transfer coding other than chunked\n", gone)
	refused505 = failed(505, "HTTP Version Not Supported", "versions 1.0 and 1.1 are spoken\n", gone)

	// After these the talk goes on.
	wrong = failed(400, "Bad Request", "not a request this server understands\n", "")
	where = failures[404][1] + "\n"
	lost  = failed(404, "Not Found", where, "")
	asGet = failed(405, "Method Not Allowed", "this path wants another method\n", "Allow: GET, HEAD\r\n")
	asPut = failed(405, "Method Not Allowed", "this path wants another method\n", "Allow: POST\r\n")
)

func headless(reply string) string { return reply[:strings.Index(reply, "\r\n\r\n")+4] }

// conversation is what a peer sends and what it must receive, reply by reply; closed is set if the talk ends it.
type conversation struct {
	name   string
	in     string
	want   []string
	closed bool
}

var conversations = []conversation{
	// The line protocol.
	{name: "nothing"},
	{name: "a line", in: "hi\n", want: []string{line}},
	{name: "an empty line", in: "\n", want: []string{line}},
	{name: "one leading CRLF is skipped", in: "\r\nhi\r\n", want: []string{line}},
	{name: "a second CRLF is a line", in: "\r\n\r\n", want: []string{line}},
	{name: "CRLF and a bare LF", in: "\r\n\n", want: []string{line}},
	{name: "three lines and a rest", in: "a\nb\r\n\nc", want: []string{line, line, line}},
	{name: "an unterminated line", in: "hi"},
	{name: "HTTP after a line is a line", in: "hi\n" + get, want: []string{line, line, line, line}},
	{name: "any bytes", in: "\x00\xff\r\x01\n\xfe\n", want: []string{line, line}},
	{name: "HTTP/ without a blank before it", in: "GET/HTTP/1.1\r\n", want: []string{line}},
	{name: "http/ in lower case", in: "GET / http/1.1\r\n", want: []string{line}},

	// Requests and their ends.
	{name: "hello", in: get, want: []string{hello}},
	{name: "keep-alive", in: get + get + get, want: []string{hello, hello, hello}},
	{name: "close", in: last + get, want: []string{hello}, closed: true},
	{name: "close among options", in: "GET / HTTP/1.1\r\nHost: h\r\ncOnnection: te,\t CLOSE , x\r\n\r\n" + get, want: []string{hello}, closed: true},
	{name: "close in a second header", in: "GET / HTTP/1.1\r\nHost: h\r\nConnection: x\r\nConnection: close\r\n\r\n", want: []string{hello}, closed: true},
	{name: "closer is not close", in: "GET / HTTP/1.1\r\nHost: h\r\nConnection: closer\r\n\r\n" + get, want: []string{hello, hello}},
	{name: "close of an unknown path", in: "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", want: []string{failed(404, "Not Found", where, gone)}, closed: true},
	{name: "CRLF before requests", in: "\r\n" + get + "\r\n" + get, want: []string{hello, hello}},
	{name: "two CRLF before a request", in: get + "\r\n\r\n" + get, want: []string{hello, refused400}, closed: true},
	{name: "HEAD", in: "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{helloHeader, hello}},
	{name: "HEAD of bytes", in: "HEAD /bytes/70 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{strings.Replace(headless(streamed("", "")), " 0", " 70", 1), hello}},
	{name: "HEAD of nothing", in: "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{headless(lost), hello}},
	{name: "HEAD of a version unknown", in: "HEAD / HTTP/2.0\r\n\r\n", want: []string{headless(refused505)}, closed: true},
	{name: "bad line after HEAD", in: "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n", want: []string{helloHeader, refused400}, closed: true},
	{name: "bare LF after HEAD", in: "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\n", want: []string{helloHeader, refused400}, closed: true},
	{name: "HTTP/1.0", in: "GET / HTTP/1.0\r\n\r\n" + get, want: []string{hello}, closed: true},
	{name: "HTTP/1.0 kept", in: "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n", want: []string{kept, hello}, closed: true},
	{name: "HTTP/1.0 kept and closed", in: "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n" + get, want: []string{hello}, closed: true},
	{name: "HTTP/1.0 HEAD", in: "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nHEAD / HTTP/1.0\r\n\r\n", want: []string{keptHeader, helloHeader}, closed: true},
	{name: "HTTP/1.0 bytes", in: "GET /bytes/3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /bytes/3 HTTP/1.0\r\n\r\n", want: []string{streamed("ABC", stays), streamed("ABC", "")}, closed: true},
	{name: "HTTP/1.0 lost", in: "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /x HTTP/1.0\r\n\r\n", want: []string{failed(404, "Not Found", where, stays), failed(404, "Not Found", where, gone)}, closed: true},
	{name: "bad line after HTTP/1.0", in: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nnonsense\r\n", want: []string{kept, refused400}, closed: true},
	{name: "cut short", in: get + get[:len(get)-1], want: []string{hello}},

	// Endpoints.
	{name: "bytes", in: "GET /bytes/65 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{streamed("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/A", ""), hello}},
	{name: "no bytes", in: "GET /bytes/0 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{streamed("", ""), hello}},
	{name: "too many bytes", in: "GET /bytes/1073741825 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{wrong, hello}},
	{name: "far too many bytes", in: "GET /bytes/99999999999999999999999999999 HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{wrong}},
	{name: "fewer than no bytes", in: "GET /bytes/-1 HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{wrong}},
	{name: "bytes of nothing", in: "GET /bytes/ HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{wrong}},
	{name: "sleep", in: "GET /sleep/5ms HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{hello, hello}},
	{name: "sleep, and close", in: "GET /sleep/1m HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + get, want: []string{hello}, closed: true},
	{name: "HEAD sleeps too", in: get + "HEAD /sleep/1us HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{hello, helloHeader}},
	{name: "sleep for no time", in: "GET /sleep/0s HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{hello, hello}},
	{name: "sleep too long", in: "GET /sleep/60001ms HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{wrong}},
	{name: "sleep backwards", in: "GET /sleep/-1ms HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{wrong}},
	{name: "sleep without a unit", in: "GET /sleep/5 HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{wrong}},
	{name: "block", in: "GET /block/1us HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{hello, hello}},
	{name: "spin", in: "GET /spin/1us HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{hello, hello}},
	{name: "store", in: "GET /store/100 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{hello, hello}},
	{name: "store too much", in: "GET /store/67108865 HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{wrong}},
	{name: "image", in: "GET /image/0 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{painted(0), hello}},
	{name: "image on HTTP/1.0", in: "GET /image/1 HTTP/1.0\r\n\r\n", want: []string{painted(1)}, closed: true},
	{name: "HEAD of an image", in: "HEAD /image/9 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{headless(painted(9)), hello}},
	{name: "no such image", in: "GET /image/10 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{wrong, hello}},
	{name: "moved", in: "GET /moved/image/3 HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{elsewhere("/image/3", ""), hello}},
	{name: "moved twice", in: "GET /moved/moved/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /moved/ HTTP/1.0\r\n\r\n", want: []string{elsewhere("/moved/", "Connection: keep-alive\r\n"), elsewhere("/", "")}, closed: true},
	{name: "moved to another server", in: "GET /moved//evil/ HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{wrong, hello}},
	{name: "POST of moved", in: "POST /moved/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get, want: []string{asGet, hello}},
	{name: "echo", in: post + "Content-Length: 5\r\n\r\nhello" + get, want: []string{streamed("hello", ""), hello}},
	{name: "echo of nothing", in: post + "Content-Length: 0\r\n\r\n" + post + "\r\n" + get, want: []string{streamed("", ""), streamed("", ""), hello}},
	{name: "echo by other methods", in: "GET /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcHEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n" + get, want: []string{asPut, headless(asPut), hello}},
	{name: "a body on GET", in: "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get, want: []string{hello, hello}},
	{name: "POST of hello", in: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + get, want: []string{asGet, hello}},
	{name: "other methods", in: "PUT / HTTP/1.1\r\nHost: h\r\n\r\nDELETE /bytes/1 HTTP/1.1\r\nHost: h\r\n\r\nPATCH /x HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{asGet, asGet, lost}},
	{name: "unknown paths", in: "GET /x HTTP/1.1\r\nHost: h\r\n\r\nGET /bytes HTTP/1.1\r\nHost: h\r\n\r\nGET // HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{lost, lost, lost}},
	{name: "a query", in: "GET /?a=b HTTP/1.1\r\nHost: h\r\n\r\nGET /bytes/1?x HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{hello, streamed("A", "")}},
	{name: "absolute form", in: "GET http://h/bytes/1 HTTP/1.1\r\nHost: h\r\n\r\nGET http://h:80 HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{streamed("A", ""), hello}},

	// Chunks.
	{name: "chunks", in: post + te + "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" + get, want: []string{streamed("abcde", ""), hello}},
	{name: "no chunks", in: post + te + "\r\n0\r\n\r\n" + get, want: []string{streamed("", ""), hello}},
	{name: "chunk extensions", in: post + te + "\r\n3;a=b\r\nabc\r\n02;c=\"d\"\r\nde\r\n00;e\r\n\r\n" + get, want: []string{streamed("abcde", ""), hello}},
	{name: "chunk sizes in hex", in: post + te + "\r\n0000000a\r\n0123456789\r\nB\r\n01234\r\n6789\r\n0\r\n\r\n" + get, want: []string{streamed("012345678901234\r\n6789", ""), hello}},
	{name: "trailers", in: post + te + "\r\n1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n" + get, want: []string{streamed("a", ""), hello}},
	{name: "chunks not wanted", in: "GET / HTTP/1.1\r\nHost: h\r\n" + te + "\r\n1\r\na\r\n0\r\n\r\n" + get, want: []string{hello, hello}},
	{name: "the coding in capitals", in: post + "TRANSFER-ENCODING: \tChunked \r\n\r\n0\r\n\r\n", want: []string{streamed("", "")}},
	{name: "chunks, and close", in: post + te + gone + "\r\n1\r\na\r\n0\r\n\r\n" + get, want: []string{streamed("a", "")}, closed: true},

	// Expectations.
	{name: "expect", in: post + "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\nab" + get, want: []string{goOn, streamed("ab", ""), hello}},
	{name: "expect between replies", in: get + post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab" + get, want: []string{hello, goOn, streamed("ab", ""), hello}},
	{name: "expect and nothing more", in: get + post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", want: []string{hello, goOn}},
	{name: "expect with chunks", in: post + "Expect: 100-continue\r\n" + te + "\r\n1\r\na\r\n0\r\n\r\n", want: []string{goOn, streamed("a", "")}},
	{name: "expect without a body", in: "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n", want: []string{hello}},
	{name: "expect of HTTP/1.0 is ignored", in: "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", want: []string{streamed("a", "")}, closed: true},
	{name: "expect, then a bad chunk", in: get + post + "Expect: 100-continue\r\n" + te + "\r\nx\r\n", want: []string{hello, goOn, refused400}, closed: true},
	{name: "expect something else", in: post + "Expect: miracles\r\nContent-Length: 2\r\n\r\nab" + get, want: []string{refused417}, closed: true},

	// What is refused.
	{name: "bare LF in the request line", in: "GET / HTTP/1.1\nHost: h\n\n", want: []string{refused400}, closed: true},
	{name: "bare LF in a header", in: "GET / HTTP/1.1\r\nHost: h\n\r\n", want: []string{refused400}, closed: true},
	{name: "bare LF at the end of a head", in: "GET / HTTP/1.1\r\nHost: h\r\n\n", want: []string{refused400}, closed: true},
	{name: "bare CR in the request line", in: "GET /\r HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "bare CR in a header", in: "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "CR CR LF", in: "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "no target", in: "GET HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "no method", in: " / HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "two blanks", in: "GET  / HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a blank at the end", in: "GET / HTTP/1.1 \r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a tab", in: "GET\t/ HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a blank in the target", in: "GET /a b HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "control characters in the target", in: "GET /\x01 HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a fragment", in: "GET /#a HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a bad escape", in: "GET /%4 HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "no path", in: "GET x HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "asterisk form", in: "OPTIONS * HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "an absolute form without a host", in: "GET http:/// HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "an absolute form with a bad port", in: "GET http://h:x/ HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "an absolute form with a user", in: "GET http://u@h/ HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "an unknown method", in: "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{refused501}, closed: true},
	{name: "a method in lower case", in: "get / HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{refused501}, closed: true},
	{name: "no token for a method", in: "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "HTTP/2.0", in: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", want: []string{refused505}, closed: true},
	{name: "HTTP/1.2", in: "GET / HTTP/1.2\r\nHost: h\r\n\r\n", want: []string{refused505}, closed: true},
	{name: "HTTP/0.9", in: "GET / HTTP/0.9\r\nHost: h\r\n\r\n", want: []string{refused505}, closed: true},
	{name: "HTTP/1.10", in: "GET / HTTP/1.10\r\nHost: h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "HTTP/1", in: "GET / HTTP/1\r\nHost: h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "no Host", in: "GET / HTTP/1.1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "two Hosts", in: "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a Host that is none", in: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "an empty Host", in: "GET / HTTP/1.1\r\nHost:\r\n\r\nGET / HTTP/1.1\r\nHost: [::1]:5000\r\n\r\n", want: []string{hello, hello}},
	{name: "a folded header", in: "GET / HTTP/1.1\r\nHost: h\r\n x\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a header without a colon", in: "GET / HTTP/1.1\r\nHost\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a header without a name", in: "GET / HTTP/1.1\r\n: h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a blank before the colon", in: "GET / HTTP/1.1\r\nHost : h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "NUL in a header", in: "GET / HTTP/1.1\r\nHost: h\r\nX: a\x00b\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "two lengths", in: post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", want: []string{refused400}, closed: true},
	{name: "a list of lengths", in: post + "Content-Length: 1, 1\r\n\r\na", want: []string{refused400}, closed: true},
	{name: "a signed length", in: post + "Content-Length: +1\r\n\r\na", want: []string{refused400}, closed: true},
	{name: "a length in hex", in: post + "Content-Length: 0x1\r\n\r\na", want: []string{refused400}, closed: true},
	{name: "an empty length", in: post + "Content-Length:\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a length and a coding", in: post + "Content-Length: 1\r\n" + te + "\r\n", want: []string{refused400}, closed: true},
	{name: "a coding and a length", in: post + te + "Content-Length: 1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "two codings", in: post + te + te + "\r\n0\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "another coding", in: post + "Transfer-Encoding: gzip\r\n\r\n", want: []string{refused501}, closed: true},
	{name: "a list of codings", in: post + "Transfer-Encoding: gzip, chunked\r\n\r\n", want: []string{refused501}, closed: true},
	{name: "a coding in HTTP/1.0", in: "POST /echo HTTP/1.0\r\n" + te + "\r\n0\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk without a size", in: post + te + "\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk with a bad size", in: post + te + "\r\n1g\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk with a signed size", in: post + te + "\r\n-1\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk with 0x", in: post + te + "\r\n0x1\r\na\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk with a long size", in: post + te + "\r\n000000001\r\na\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk with a blank", in: post + te + "\r\n1 \r\na\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk with control characters", in: post + te + "\r\n1;\x01\r\na\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk and a bare LF", in: post + te + "\r\n1\na\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk too short", in: post + te + "\r\n2\r\na\r\n", want: []string{refused400}, closed: true},
	{name: "a chunk too long", in: post + te + "\r\n1\r\nab\r\n", want: []string{refused400}, closed: true},
	{name: "a body too large", in: post + "Content-Length: 1048577\r\n\r\n", want: []string{refused413}, closed: true},
	{name: "a length beyond numbers", in: post + "Content-Length: 99999999999999999999999999\r\n\r\n", want: []string{refused413}, closed: true},
	{name: "a chunk too large", in: post + te + "\r\n100001\r\n", want: []string{refused413}, closed: true},
	{name: "a chunk beyond numbers", in: post + te + "\r\nffffffff\r\n", want: []string{refused413}, closed: true},
	{name: "chunks too large together", in: post + te + "\r\n1\r\na\r\n100000\r\n", want: []string{refused413}, closed: true},
	{name: "Host in a trailer", in: post + te + "\r\n0\r\nHost: h\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a length in a trailer", in: post + te + "\r\n0\r\nContent-Length: 1\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a coding in a trailer", in: post + te + "\r\n0\r\n" + te + "\r\n", want: []string{refused400}, closed: true},
	{name: "a bad trailer", in: post + te + "\r\n0\r\nx y\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "a length announced as trailer", in: post + te + "Trailer: X, content-length\r\n\r\n0\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "two that cannot be trailers", in: post + te + "Trailer: content-length, transfer-encoding\r\n\r\n0\r\n\r\n", want: []string{refused400}, closed: true},
	{name: "Connection in a trailer says nothing", in: post + te + "\r\n0\r\nConnection: close\r\n\r\n" + get, want: []string{streamed("", ""), hello}},
	{name: "Expect in a trailer says nothing", in: post + te + "\r\n0\r\nExpect: tea\r\n\r\n" + get, want: []string{streamed("", ""), hello}},
	{name: "a trailer announced", in: post + te + "Trailer: X, Y\r\n\r\n0\r\nX: 1\r\n\r\n", want: []string{streamed("", "")}},
	{name: "a refusal after replies", in: get + get + "nonsense\r\n" + get, want: []string{hello, hello, refused400}, closed: true},
}
