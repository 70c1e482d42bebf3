package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// TLS returns the TLS configuration of s; nil if its target is not https. It offers HTTP/1.1 only and resumes no session, so every handshake is a full
// one. The errors are about the files of certificates and keys.
func TLS(s result.Spec) (*tls.Config, error) {
	if !client.Secure(s.Target) {
		return nil, nil
	}
	c := &tls.Config{ServerName: client.ServerName(s), NextProtos: []string{"http/1.1"}, InsecureSkipVerify: s.Insecure}
	if s.CACert != "" {
		text, err := os.ReadFile(s.CACert)
		if err != nil {
			return nil, fmt.Errorf("--cacert %s: %w", s.CACert, cause(err))
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--cacert %s: it has no certificate (PEM, \"-----BEGIN CERTIFICATE-----\")", s.CACert)
		}
	}
	if s.Cert != "" {
		pair, err := keyPair(s.Cert, s.Key)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// keyPair reads the client's certificate and key.
func keyPair(cert, key string) (pair tls.Certificate, err error) {
	var text [2][]byte
	for i, f := range []struct{ flag, name string }{{"--cert", cert}, {"--key", key}} {
		if text[i], err = os.ReadFile(f.name); err != nil {
			return pair, fmt.Errorf("%s %s: %w", f.flag, f.name, cause(err))
		}
	}
	if pair, err = tls.X509KeyPair(text[0], text[1]); err != nil {
		return pair, fmt.Errorf("--cert %s and --key %s: %s", cert, key, strings.TrimPrefix(err.Error(), "tls: "))
	}
	return pair, nil
}

// cause returns err without the name of the file.
func cause(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// handshake is a successful TLS handshake.
type handshake struct {
	took    time.Duration
	version string
	cipher  string
}

// secure performs the TLS handshake on conn, which it closes on failure. accepted is whether the server, which requests a client certificate, has accepted
// ours, or none, on an earlier connection; secure sets it.
func secure(ctx context.Context, conn net.Conn, config *tls.Config, accepted *atomic.Bool) (net.Conn, *handshake, error) {
	own, requested := config.Clone(), false
	own.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if requested = true; len(config.Certificates) == 0 {
			return new(tls.Certificate), nil
		}
		return &config.Certificates[0], nil
	}
	begun := time.Now()
	below := &peeked{Conn: conn}
	c := tls.Client(below, own)
	err := c.HandshakeContext(ctx)
	took := time.Since(begun)
	var first []byte
	if err == nil && requested && !accepted.Load() && c.ConnectionState().Version == tls.VersionTLS13 {
		first, err = below.awaitVerdict(ctx, c)
		accepted.Store(err == nil)
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, &handshakeError{explain(err, requested, len(config.Certificates) > 0), err}
	}
	state := c.ConnectionState()
	shaken := &handshake{took, tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite)}
	if len(first) > 0 {
		return &peeked{c, first}, shaken, nil
	}
	return c, shaken, nil
}

// verdictWait is how long to wait, once, for a server to accept or reject the client's certificate, or the lack of one. In TLS 1.3 it does so after the
// handshake: by an alert, or by a session ticket, which most send at once.
const verdictWait = time.Second

// peeked is a connection whose next bytes may have been read already.
type peeked struct {
	net.Conn
	text []byte
}

func (h *peeked) Read(p []byte) (int, error) {
	if len(h.text) == 0 {
		return h.Conn.Read(p)
	}
	n := copy(p, h.text)
	h.text = h.text[n:]
	return n, nil
}

// awaitVerdict waits for the first bytes from the server and passes them to c. It returns an error if the server rejects the handshake, and any
// application data, which is for c's reader.
func (h *peeked) awaitVerdict(ctx context.Context, c *tls.Conn) (first []byte, err error) {
	past := time.Unix(1, 0)
	h.SetReadDeadline(time.Now().Add(verdictWait))
	given := context.AfterFunc(ctx, func() { h.SetReadDeadline(past) })
	text := make([]byte, 4096)
	n, err := h.Conn.Read(text)
	given()
	if h.text = text[:n]; n > 0 {
		h.SetReadDeadline(past) // c reads what is here, and does not wait for more
		first = make([]byte, 1)
		n, err = c.Read(first)
	}
	if h.SetReadDeadline(time.Time{}); os.IsTimeout(err) {
		err = ctx.Err()
	}
	return first[:n], err
}

// handshakeError is why a handshake failed, in one line with the remedy.
type handshakeError struct {
	text string
	err  error
}

func (e *handshakeError) Error() string { return e.text }
func (e *handshakeError) Unwrap() error { return e.err }

// explain returns why a handshake failed, and what to do. requested: the server requested a client certificate; shown: one was sent.
func explain(err error, requested, shown bool) string {
	const skip = "-k skips the check"
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	var alert *net.OpError
	switch {
	case errors.As(err, &name):
		names := append([]string{}, name.Certificate.DNSNames...)
		for _, ip := range name.Certificate.IPAddresses {
			names = append(names, ip.String())
		}
		whose := strings.Join(names, ", ")
		if whose == "" {
			whose = "no host by name (its subject is " + name.Certificate.Subject.String() + ")"
		}
		return fmt.Sprintf("the certificate is for %s, not for %s: name the server as it does, in the target or with -H 'Host: NAME'; or %s", whose, name.Host, skip)
	case errors.As(err, &authority):
		whose := ""
		if authority.Cert != nil {
			whose = " of " + authority.Cert.Subject.String()
		}
		return fmt.Sprintf("no authority that is trusted here has signed the certificate%s: --cacert FILE trusts its authority, %s", whose, skip)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return fmt.Sprintf("the certificate is valid from %s on: set the clock, or %s", invalid.Cert.NotBefore.UTC().Format(time.DateOnly), skip)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate expired on %s: renew it, or %s", invalid.Cert.NotAfter.UTC().Format(time.DateOnly), skip)
	case errors.As(err, &invalid):
		return fmt.Sprintf("the certificate is not valid (%s): mend it, or %s", strings.TrimPrefix(invalid.Error(), "x509: "), skip)
	case errors.As(err, &header):
		return "the server does not speak TLS there: use http://"
	case errors.As(err, &alert) && alert.Op == "remote error" && requested && shown:
		return fmt.Sprintf("the server ended the handshake (%s): it does not take the certificate of --cert", trimmed(alert.Err))
	case errors.As(err, &alert) && alert.Op == "remote error" && requested:
		return fmt.Sprintf("the server ended the handshake (%s): it wants the certificate of a client, --cert FILE --key FILE", trimmed(alert.Err))
	case errors.As(err, &alert) && alert.Op == "remote error":
		return fmt.Sprintf("the server ended the handshake (%s): TLS 1.2 and 1.3 with http/1.1 are offered", trimmed(alert.Err))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the server closed the connection during the handshake: its log may say why"
	}
	return trimmed(err)
}

func trimmed(err error) string { return strings.TrimPrefix(err.Error(), "tls: ") }

// alerted reports whether the server ended the connection by a TLS alert, as it may without a client certificate.
func alerted(err error) bool {
	var alert *net.OpError
	return errors.As(err, &alert) && alert.Op == "remote error"
}
