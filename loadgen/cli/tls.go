package cli

import (
	"fmt"

	"github.com/spf13/pflag"

	"carousel/loadgen/engine"
)

// settleTLS rejects TLS flags without an https target. It only ignores -k, with a note, because in ab -k means keep-alive.
func (o *Options) settleTLS(flags *pflag.FlagSet) error {
	for _, name := range []string{"cacert", "cert", "key"} {
		switch flag := flags.Lookup(name); {
		case !flag.Changed:
		case !o.secure():
			return fmt.Errorf("%s: it is for https:// targets: give one, or leave it out", given(flag))
		}
	}
	if o.Spec.Insecure && !o.secure() {
		o.Spec.Insecure = false
		o.Notes = append(o.Notes, "-k: no target is https://, and connections are kept alive anyway; left out")
	}
	return nil
}

// checkCertificates loads the files of certificates and keys, and returns what is wrong with them.
func (o *Options) checkCertificates() error {
	for _, server := range o.Servers {
		if _, err := engine.TLS(o.Of(server)); err != nil {
			return err
		}
	}
	return nil
}
