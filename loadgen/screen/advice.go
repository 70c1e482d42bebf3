package screen

import (
	"strconv"
	"strings"

	"carousel/loadgen/record"
)

// advice is one line for each class of error: what it means and what to do about it.
var advice = map[string]string{
	record.ConnectRefused.String():     "nobody listens there (any more): start the server, or look why it ended",
	record.ConnectTimeout.String():     "no answer to the connect: a full listen queue or a filter; raise the server's backlog or use fewer connections",
	record.ConnectReset.String():       "the server hung up while connecting: look at its log, it may be out of descriptors",
	record.ConnectUnreachable.String(): "no route to that address: check the target",
	record.ConnectNoFile.String():      "loadgen ran out of descriptors: raise \"ulimit -n\" or use fewer connections",
	record.ConnectNoPort.String():      "loadgen ran out of local ports: use fewer connections, or widen net.ipv4.ip_local_port_range",
	record.ConnectTLS.String():         "the TLS handshake failed, or was not done in 5 s: -c 1 -n 1 says why, if it always does",
	record.ConnectOther.String():       "the connect failed: try the target with curl -v",

	record.WriteReset.String(): "the server closed while a request was being sent: look at its idle timeout and its log",
	record.WriteOther.String(): "sending failed: try the target with curl -v",
	record.ReadReset.String():  "the server reset the connection before its reply was whole: look whether it crashed or gave up",
	record.ReadEOF.String():    "the server closed the connection before its reply was whole: look at its idle timeout and its log",
	record.ReadTLS.String():    "the server ended the connection with a TLS alert: it may want the certificate of a client (--cert, --key)",
	record.ReadOther.String():  "reading failed: try the target with curl -v",
	record.Timeout.String():    "no whole reply within --timeout: the server is stuck or overloaded; use fewer connections or a longer --timeout",

	record.Malformed.String():   "the reply breaks HTTP/1.1 (or the line protocol): ask once with curl -v",
	record.BodyLength.String():  "the reply is longer or shorter than it says, or than the load expects: ask once with curl -v",
	record.BodyContent.String(): "the body is not what --expect or the mix asks for: ask once with curl -v",
	record.BodyDigest.String():  "the body is not the one whose digest the reply carries or the load expects: a bug in the server, or on the way",

	record.RedirectElsewhere.String(): "a redirect led to another server, or nowhere: only the target's own are followed; make its new address the target",
	record.RedirectTooMany.String():   "a chain of redirects was longer than --max-redirects: a circle, or raise it",

	record.SaveNoSpace.String():  "the file found no room: free some in --save DIR, or raise the quota or \"ulimit -f\"",
	record.SaveReadOnly.String(): "the file system of --save DIR is read-only: name another folder",
	record.SaveDenied.String():   "files may not be made in --save DIR (any more): check its permissions",
	record.SaveTooLarge.String(): "bodies above 16 MiB are not saved: they are kept in memory until they are written",
	record.SaveOther.String():    "the file was not written: check --save DIR and \"ulimit -n\"",
}

// Advice is what to do about a class of errors of the record.
func Advice(class string) string {
	if text, ok := advice[class]; ok {
		return text
	}
	code, err := strconv.Atoi(strings.TrimPrefix(class, "status-"))
	switch {
	case err != nil:
		return "try the target with curl -v"
	case code < 400:
		return "that is not the status that the load expects: ask once with curl -v"
	case code == 404:
		return "the server has no such path: check the target"
	case code == 405:
		return "the server refuses the method there: check -X"
	case code == 429 || code == 503:
		return "the server turned the request away: it is at its limit, use fewer connections or a lower -r"
	case code >= 500:
		return "the server failed: look at its log"
	}
	return "the server refused the request: ask once with curl -v"
}
