package cli

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"carousel/internal/result"
)

// settleBody reads the body from the command line or a file, and sets the method to POST unless one is given.
func (o *Options) settleBody(flags *pflag.FlagSet) (err error) {
	s := &o.Spec
	text, file := flags.Changed("body"), flags.Changed("body-file")
	given := fmt.Sprintf("--body %q", o.body)
	switch {
	case !text && !file:
		return nil
	case text && file:
		return fmt.Errorf("--body and --body-file %s: give one of them", o.bodyFile)
	case file:
		given = "--body-file " + o.bodyFile
		if err = readBodyFile(s, o.bodyFile); err != nil {
			return fmt.Errorf("%s: %w", given, err)
		}
	default:
		if err = readBody(s, o.body); err != nil {
			return err
		}
	}
	switch {
	case s.Proto == result.Line && s.Body == "":
		return fmt.Errorf("%s: an empty line cannot be sent", given)
	case s.Proto == result.HTTP && !flags.Changed("method"):
		s.Method = "POST"
	}
	return nil
}

// settleUser adds the header Authorization: Basic (RFC 7617) for the user of -u or of the target.
func (o *Options) settleUser(flags *pflag.FlagSet) error {
	s := &o.Spec
	if !flags.Changed("user") && o.user == "" {
		return nil
	}
	name, _, isPair := strings.Cut(o.user, ":")
	switch {
	case !isPair || name == "":
		return fmt.Errorf("-u %s: it is user:password; an empty password leaves the colon", cmp.Or(o.user, `""`))
	case strings.ContainsFunc(o.user, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("-u: user and password have no control characters")
	case s.Proto == result.Line:
		return errors.New("-u is for --proto http: lines have no headers")
	}
	for _, h := range s.Headers {
		if header, _, _ := strings.Cut(h, ":"); strings.EqualFold(header, "authorization") {
			return fmt.Errorf("-u and -H %q: give one of them", h)
		}
	}
	s.Headers = append(s.Headers, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(o.user)))
	return nil
}

// inTarget matches user:password@ in a target, which may begin with NAME=.
var inTarget = regexp.MustCompile(`(?i)^((?:[a-z][a-z0-9._-]*=)?https?://)([^/?#@]+)@`)

// cutUser removes user:password@ from the target and remembers it for settleUser.
func (o *Options) cutUser(target string) (string, error) {
	found := inTarget.FindStringSubmatch(target)
	if found == nil {
		return target, nil
	}
	user, err := url.PathUnescape(found[2])
	switch {
	case err != nil:
		return "", fmt.Errorf("the user of the target: %w", err)
	case o.twin || len(o.rivals) > 0:
		return "", errors.New("a user in the target would be sent to the servers that it is compared with: write -u user:password, which is for all")
	case o.user != "":
		return "", errors.New("-u and a user in the target: give one of them")
	case !strings.Contains(user, ":"):
		user += ":"
	}
	o.user = user
	return found[1] + target[len(found[0]):], nil
}
