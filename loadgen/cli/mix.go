package cli

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/spf13/pflag"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/mix"
)

// readMix reads the file of --mix and the body files that it names, and sets the order.
func (o *Options) readMix(flags *pflag.FlagSet) error {
	s := &o.Spec
	switch {
	case !flags.Changed("mix") && s.Order != "":
		return fmt.Errorf("--order %s: it is of --mix FILE, give that too", s.Order)
	case !flags.Changed("mix"):
		return nil
	}
	s.Order = cmp.Or(s.Order, result.Weighted)
	text, err := contents(s.MixFile)
	if err == nil {
		s.Mix, err = mix.Parse(text)
	}
	if err != nil {
		return fmt.Errorf("--mix %s: %w", s.MixFile, cause(err))
	}
	for i := range s.Mix {
		if err := prepareKind(s, &s.Mix[i]); err != nil {
			return fmt.Errorf("--mix %s: request %q: %w", s.MixFile, s.Mix[i].Name, err)
		}
	}
	return nil
}

// prepareKind reads the body file of a kind, relative to the mix, and normalizes its path.
func prepareKind(s *result.Spec, k *result.Kind) (err error) {
	if k.Path, err = client.Path(s.Target, k.Path); err != nil || k.BodyFile == "" {
		return err
	}
	name := k.BodyFile
	if !filepath.IsAbs(name) && s.MixFile != "-" {
		name = filepath.Join(filepath.Dir(s.MixFile), name)
	}
	var of result.Spec
	if err := readBodyFile(&of, name); err != nil {
		return fmt.Errorf("body_file %s: %w", name, err)
	}
	k.Body, k.BodyFile, k.BodyBytes, k.BodySHA256 = of.Body, of.BodyFile, of.BodyBytes, of.BodySHA256
	return nil
}

// checkMix rejects flags that cannot be combined with a mix.
func checkMix(s result.Spec) error {
	if len(s.Mix) == 0 {
		return nil
	}
	no := func(flag, why string) error { return fmt.Errorf("--mix %s and %s: %s", s.MixFile, flag, why) }
	switch {
	case s.Proto == result.Line:
		return no("--proto line", "a line has no kinds, leave one of them out")
	case s.SeveralHosts():
		return no(s.Paths[0], "the paths of a mix are on one server, give that alone")
	case client.PathOf(s.Target) != "/" || len(s.Paths) > 0:
		return no(client.PathOf(s.Target), "the mix names the paths, give the server alone")
	case s.Method != "GET" || s.Body != "" || s.BodyFile != "":
		return no("-X or --body", "the mix says of each kind how it is sent")
	case s.Pipeline > 1:
		return no(fmt.Sprintf("--pipeline %d", s.Pipeline), "it sends one request over and over, leave one of them out")
	case s.Engine == result.Hey:
		return no("--engine hey", "it sends one request over and over, use another engine")
	}
	for _, k := range s.Mix {
		if err := checkRequest(s.ForKind(k)); err != nil {
			return fmt.Errorf("--mix %s: request %q: %w", s.MixFile, k.Name, err)
		}
	}
	return nil
}
