package record

import "strconv"

// Class is what became of a request or of an attempt to connect: 0 is a good answer, a number from 400 on is an answer's
// status code, the others are phase and kind of a failure. The set is bounded, so that a class never holds a port or a text.
type Class uint16

// The classes. Those of a connect are counted as failed connections and never as requests.
const (
	OK Class = iota

	ConnectRefused     // nobody listens there
	ConnectTimeout     // no answer to the connect within the limit
	ConnectReset       // the peer hung up during the connect
	ConnectUnreachable // no route to host or network
	ConnectNoFile      // out of descriptors
	ConnectNoPort      // out of local ports
	ConnectTLS         // the TLS handshake failed
	ConnectOther

	WriteReset // the connection broke while the request was being sent
	WriteOther
	ReadReset // the peer reset the connection before the reply was complete
	ReadEOF   // the peer closed the connection before the reply was complete
	ReadTLS   // the peer ended the connection with a TLS alert
	ReadOther
	Timeout // no complete reply within the time allowed

	Malformed   // the reply breaks the protocol
	BodyLength  // longer or shorter than was asked for, or followed by bytes that nobody asked for
	BodyContent // not the bytes that were asked for
	BodyDigest  // not the bytes whose digest the reply carries

	RedirectElsewhere // to another server, or to nowhere
	RedirectTooMany   // more of them than are followed

	// The reply was good, its file is not there.
	SaveNoSpace  // no room: a full disk, a quota, a limit of file size
	SaveReadOnly // a read-only file system
	SaveDenied   // not permitted
	SaveTooLarge // beyond what is kept in memory until it is written
	SaveOther

	named

	statuses = 600 // status codes end below
)

var names = [named]string{
	OK:                 "ok",
	ConnectRefused:     "connect-refused",
	ConnectTimeout:     "connect-timeout",
	ConnectReset:       "connect-reset",
	ConnectUnreachable: "connect-unreachable",
	ConnectNoFile:      "connect-nofile",
	ConnectNoPort:      "connect-noport",
	ConnectTLS:         "connect-tls",
	ConnectOther:       "connect-other",
	WriteReset:         "write-reset",
	WriteOther:         "write-other",
	ReadReset:          "read-reset",
	ReadEOF:            "read-eof",
	ReadTLS:            "read-tls",
	ReadOther:          "read-other",
	Timeout:            "timeout",
	Malformed:          "malformed",
	BodyLength:         "body-length",
	BodyContent:        "body-content",
	BodyDigest:         "body-digest",
	RedirectElsewhere:  "redirect-elsewhere",
	RedirectTooMany:    "redirect-too-many",
	SaveNoSpace:        "save-nospace",
	SaveReadOnly:       "save-readonly",
	SaveDenied:         "save-denied",
	SaveTooLarge:       "save-toolarge",
	SaveOther:          "save-other",
}

// Status is the class of an answer with this status code: OK below 400 (a redirect is an answer).
func Status(code int) Class {
	if code < 400 {
		return OK
	}
	return Class(code)
}

func (c Class) String() string {
	if c < named {
		return names[c]
	}
	return "status-" + strconv.Itoa(int(c))
}

// Answered reports whether a whole reply came, good or bad.
func (c Class) Answered() bool { return c == OK || c >= BodyLength }

// Unsaved reports whether a good reply came that could not be saved.
func (c Class) Unsaved() bool { return SaveNoSpace <= c && c <= SaveOther }
