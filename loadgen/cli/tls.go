package cli

import (
	"fmt"

	"github.com/spf13/pflag"

	"carousel/loadgen/engine"
)

// settleTLS sees to the flags of https targets. Where there is none, -k is left out: for ab it means that connections are kept, as they are anyway.
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

// checkCertificates says what is wrong with the files of certificates and keys.
func (o *Options) checkCertificates() error {
	for _, server := range o.Servers {
		if _, err := engine.TLS(o.Of(server)); err != nil {
			return err
		}
	}
	return nil
}
