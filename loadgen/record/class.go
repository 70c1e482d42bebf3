package record

import "strconv"

// Class is the outcome of a request or of a connect: OK (0) is a good reply, 400 or more is the status code of a reply, and the others are the
// phase and kind of a failure. The set is bounded: a class never holds a port or a text.
type Class uint16

// The classes. Those of a connect count as failed connections, never as requests.
const (
	OK Class = iota

	ConnectRefused     // no socket listens at the address
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
	BodyLength  // the body is longer or shorter than expected, or bytes follow that belong to no reply
	BodyContent // the body is not the expected bytes
	BodyDigest  // not the bytes whose digest the reply carries

	RedirectElsewhere // to another server, or without a usable location
	RedirectTooMany   // more redirects in a row than are followed

	// The reply was good, but was not saved.
	SaveNoSpace  // no room: a full disk, a quota, a limit of file size
	SaveReadOnly // a read-only file system
	SaveDenied   // not permitted
	SaveTooLarge // the body is larger than may be kept in memory until it is written
	SaveOther

	named

	statuses = 600 // above every status code
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

// Status returns the class of a reply with this status code: OK below 400, redirects included.
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

// Answered reports whether a whole reply came, good or not.
func (c Class) Answered() bool { return c == OK || c >= BodyLength }

// Unsaved reports whether a good reply came that could not be saved.
func (c Class) Unsaved() bool { return SaveNoSpace <= c && c <= SaveOther }
