package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/testcert"
	"carousel/loadgen/record"
)

// signed returns a certificate signed by an authority.
func signed(by *testcert.Authority, c x509.Certificate) tls.Certificate {
	return by.For(func(to *x509.Certificate) { *to = c })
}

// answerHello answers every request on a connection with a hello.
func answerHello(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 4096)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"); err != nil {
			return
		}
	}
}

// serveTLS serves TLS with config on a port of 127.0.0.1; if config is nil, without TLS.
func serveTLS(t *testing.T, config *tls.Config, talk func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if config != nil {
				conn = tls.Server(conn, config)
			}
			go talk(conn)
		}
	}()
	return ln.Addr().String()
}

// load runs a short load and returns its record.
func loadTLS(t *testing.T, s result.Spec) (*result.Load, error) {
	t.Helper()
	s.Proto, s.Method, s.Engine, s.Connections, s.Requests, s.Timeout, s.Grace = result.HTTP, "GET", result.Net, 4, 40, 5*time.Second, time.Second
	return Run(context.Background(), context.Background(), s, nil)
}

// TestTLS loads servers whose certificates are right, wrong, and wrong in ways that do not matter.
func TestTLS(t *testing.T) {
	a, other := testcert.New(t, "Ours"), testcert.New(t, "Theirs")
	here := []net.IP{net.IPv4(127, 0, 0, 1)}
	trusted := a.File()
	clientCert, clientKey := testcert.Files(t, signed(a, x509.Certificate{Subject: pkix.Name{CommonName: "me"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}))
	good := signed(a, x509.Certificate{IPAddresses: here, DNSNames: []string{"a.test"}})
	years := func(from, to int) x509.Certificate {
		return x509.Certificate{IPAddresses: here, NotBefore: time.Date(from, 1, 2, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(to, 1, 2, 0, 0, 0, 0, time.UTC)}
	}
	with := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	demanding := with(good)
	demanding.ClientAuth, demanding.ClientCAs = tls.RequireAndVerifyClientCert, a.Pool()
	demandingBefore := demanding.Clone()
	demandingBefore.MaxVersion = tls.VersionTLS12
	asking := with(good)
	asking.ClientAuth = tls.RequestClientCert
	silent := asking.Clone()
	silent.SessionTicketsDisabled = true
	otherCert, otherKey := testcert.Files(t, signed(other, x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}))
	old := with(good)
	old.MaxVersion = tls.VersionTLS11

	for _, c := range []struct {
		name   string
		config *tls.Config
		talk   func(net.Conn)
		spec   result.Spec
		want   string // why no connection could be opened; "": some could
		class  string // the class of errors, if connections could be opened but requests were not answered
	}{
		{name: "verified", config: with(good), spec: result.Spec{CACert: trusted}},
		{name: "by another name, which the Host header has", config: with(signed(a, x509.Certificate{DNSNames: []string{"a.test"}})), spec: result.Spec{CACert: trusted, Headers: []string{"Host: a.test:8443"}}},
		{name: "a connection for each request", config: with(good), spec: result.Spec{CACert: trusted, NoKeepalive: true}},
		{name: "not checked", config: with(signed(other, x509.Certificate{DNSNames: []string{"b.test"}})), spec: result.Spec{Insecure: true}},
		{name: "with the certificate of a client", config: demanding, spec: result.Spec{CACert: trusted, Cert: clientCert, Key: clientKey}},

		{name: "unknown authority", config: with(good), want: "no authority that is trusted here has signed the certificate of "},
		{name: "another authority", config: with(signed(other, x509.Certificate{IPAddresses: here})), spec: result.Spec{CACert: trusted}, want: "--cacert FILE trusts its authority, -k skips the check"},
		{name: "wrong name", config: with(signed(a, x509.Certificate{DNSNames: []string{"a.test", "b.test"}})), spec: result.Spec{CACert: trusted}, want: "the certificate is for a.test, b.test, not for 127.0.0.1: name the server as it does"},
		{name: "no name", config: with(signed(a, x509.Certificate{Subject: pkix.Name{CommonName: "old style"}})), spec: result.Spec{CACert: trusted, Headers: []string{"Host: c.test"}}, want: "the certificate is for no host by name (its subject is CN=old style), not for c.test"},
		{name: "expired", config: with(signed(a, years(2001, 2002))), spec: result.Spec{CACert: trusted}, want: "the certificate expired on 2002-01-02: renew it, or -k skips the check"},
		{name: "of the future", config: with(signed(a, years(2090, 2091))), spec: result.Spec{CACert: trusted}, want: "the certificate is valid from 2090-01-02 on"},
		{name: "no certificate of a client, TLS 1.2", config: demandingBefore, spec: result.Spec{CACert: trusted}, want: "it wants the certificate of a client, --cert FILE --key FILE"},
		{name: "no certificate of a client, TLS 1.3", config: demanding, spec: result.Spec{CACert: trusted}, want: "the server ended the handshake (certificate required): it wants the certificate of a client, --cert FILE --key FILE"},
		{name: "one that is not needed", config: asking, spec: result.Spec{CACert: trusted}},
		{name: "one that is not needed, and nothing is said", config: silent, spec: result.Spec{CACert: trusted}},
		{name: "one that is not taken, TLS 1.3", config: demanding, spec: result.Spec{CACert: trusted, Cert: otherCert, Key: otherKey}, want: "it does not take the certificate of --cert"},
		{name: "one that is not taken, TLS 1.2", config: demandingBefore, spec: result.Spec{CACert: trusted, Cert: otherCert, Key: otherKey}, want: "it does not take the certificate of --cert"},
		{name: "too old", config: old, spec: result.Spec{Insecure: true}, want: "TLS 1.2 and 1.3 with http/1.1 are offered"},
		{name: "no TLS", spec: result.Spec{Insecure: true}, want: "the server does not speak TLS there: use http://"},
		{name: "hung up", talk: func(c net.Conn) { c.Close() }, spec: result.Spec{Insecure: true}, want: "the server closed the connection during the handshake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			talk := c.talk
			if talk == nil {
				talk = answerHello
			}
			c.spec.Target = "https://" + serveTLS(t, c.config, talk) + "/"
			l, err := loadTLS(t, c.spec)
			switch {
			case c.want != "":
				var gone *Unreachable
				if !errors.As(err, &gone) || gone.Class != record.ConnectTLS || !strings.Contains(gone.Error(), c.want) {
					t.Errorf("%v, want connect-tls with %q", err, c.want)
				}
				return
			case err != nil:
				t.Fatal(err)
			case c.class != "":
				if l.Errors[c.class] == 0 {
					t.Errorf("errors %v, want %s", l.Errors, c.class)
				}
				return
			}
			if l.Requests.OK != 40 || l.TLS == nil || l.TLS.Handshakes != l.Connections.Opened || l.TLS.Version != "TLS 1.3" || l.TLS.Handshake.Max <= 0 || !strings.HasPrefix(l.TLS.Cipher, "TLS_") {
				t.Errorf("%+v, %+v, %+v", l.Requests, l.Connections, l.TLS)
			}
			if c.spec.NoKeepalive && l.TLS.Handshakes < 40 {
				t.Errorf("%d handshakes for 40 requests on connections of their own", l.TLS.Handshakes)
			}
		})
	}
}

// TestCertificates reads files that do not exist or have other content.
func TestCertificates(t *testing.T) {
	a := testcert.New(t, "Ours")
	cert, key := testcert.Files(t, signed(a, x509.Certificate{}))
	_, foreign := testcert.Files(t, signed(a, x509.Certificate{}))
	for want, s := range map[string]result.Spec{
		"--cacert /nowhere: no such file or directory":               {CACert: "/nowhere"},
		"--cacert " + key + ": it has no certificate":                {CACert: key},
		"--cert /nowhere: no such file or directory":                 {Cert: "/nowhere", Key: key},
		"--key /nowhere: no such file or directory":                  {Cert: cert, Key: "/nowhere"},
		"--cert " + cert + " and --key " + foreign + ": private key": {Cert: cert, Key: foreign},
	} {
		s.Target = "https://h:1/"
		if _, err := TLS(s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if c, err := TLS(result.Spec{Target: "http://h:1/", CACert: "/nowhere"}); c != nil || err != nil {
		t.Errorf("%v, %v for a target without TLS", c, err)
	}
}
