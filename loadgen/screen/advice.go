package screen

import (
	"strconv"
	"strings"

	"carousel/loadgen/record"
)

// advice explains each class of errors in a line: the cause, and what to do.
var advice = map[string]string{
	record.ConnectRefused.String():     "nothing listens there: start the server, or find out why it ended",
	record.ConnectTimeout.String():     "the connect was not answered: a full listen queue or a firewall; raise the server's backlog or use fewer connections",
	record.ConnectReset.String():       "the server reset the connect: see its log, it may be out of descriptors",
	record.ConnectUnreachable.String(): "no route to that address: check the target",
	record.ConnectNoFile.String():      "loadgen ran out of descriptors: raise \"ulimit -n\" or use fewer connections",
	record.ConnectNoPort.String():      "loadgen ran out of local ports: use fewer connections, or widen net.ipv4.ip_local_port_range",
	record.ConnectTLS.String():         "the TLS handshake failed, or took over 5 s: -c 1 -n 1 prints the reason, if it fails every time",
	record.ConnectOther.String():       "the connect failed: try the target with curl -v",

	record.WriteReset.String(): "the server closed while a request was being sent: see its idle timeout and its log",
	record.WriteOther.String(): "sending failed: try the target with curl -v",
	record.ReadReset.String():  "the server reset the connection before its reply was whole: check whether it crashed",
	record.ReadEOF.String():    "the server closed the connection before its reply was whole: see its idle timeout and its log",
	record.ReadTLS.String():    "the server ended the connection with a TLS alert: it may require a client certificate (--cert, --key)",
	record.ReadOther.String():  "reading failed: try the target with curl -v",
	record.Timeout.String():    "no whole reply within --timeout: the server is stuck or overloaded; use fewer connections or a longer --timeout",

	record.Malformed.String():   "the reply breaks HTTP/1.1 (or the line protocol): check with curl -v",
	record.BodyLength.String():  "the length of the reply differs from its headers, or from what the load expects: check with curl -v",
	record.BodyContent.String(): "the body is not what --expect or the mix demands: check with curl -v",
	record.BodyDigest.String():  "the body does not match the digest in the reply or in the mix: a bug in the server, or in a proxy",

	record.RedirectElsewhere.String(): "a redirect led to another server, or nowhere: only those to the target's server are followed; load the new address instead",
	record.RedirectTooMany.String():   "more redirects than --max-redirects: a loop, or raise the limit",

	record.SaveNoSpace.String():  "no space for the file: free some in --save DIR, or raise the quota or \"ulimit -f\"",
	record.SaveReadOnly.String(): "the file system of --save DIR is read-only: name another folder",
	record.SaveDenied.String():   "files cannot be created in --save DIR: check its permissions",
	record.SaveTooLarge.String(): "bodies above 16 MiB are not saved, because they are held in memory until written",
	record.SaveOther.String():    "the file was not written: check --save DIR and \"ulimit -n\"",
}

// Advice explains a class of errors of a record, and what to do about it.
func Advice(class string) string {
	if text, ok := advice[class]; ok {
		return text
	}
	code, err := strconv.Atoi(strings.TrimPrefix(class, "status-"))
	switch {
	case err != nil:
		return "try the target with curl -v"
	case code < 400:
		return "this is not the status that the load expects: check with curl -v"
	case code == 404:
		return "the server has no such path: check the target"
	case code == 405:
		return "the server rejects the method for this path: check -X"
	case code == 429 || code == 503:
		return "the server rejected the request: it is at its limit, use fewer connections or a lower -r"
	case code >= 500:
		return "the server failed: see its log"
	}
	return "the server rejected the request: check with curl -v"
}
