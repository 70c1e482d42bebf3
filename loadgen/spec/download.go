package spec

import "fmt"

// maxRedirects is the longest chain that may be asked for; browsers give up after 20.
const maxRedirects = 100

func (s Spec) download() error {
	for _, path := range s.Paths {
		switch clean, err := Path(s.Target, path); {
		case err != nil:
			return err
		case clean != path:
			return fmt.Errorf("target %q must be written %q", path, clean)
		}
	}
	switch {
	case s.Proto == Line && len(s.Paths) > 0:
		return fmt.Errorf("--proto line has no path: leave %s out", s.Paths[0])
	case s.Proto == Line && s.MaxRedirects > 0:
		return fmt.Errorf("--proto line has no redirects: leave --max-redirects %d out", s.MaxRedirects)
	case s.Proto == Line && s.Save != "":
		return fmt.Errorf("--proto line has no bodies: leave --save %s out", s.Save)
	case s.Method == "HEAD" && s.Save != "":
		return fmt.Errorf("replies to HEAD have no bodies: leave --save %s out", s.Save)
	case s.MaxRedirects < 0 || s.MaxRedirects > maxRedirects:
		return fmt.Errorf("--max-redirects %d: it is 0 to %d", s.MaxRedirects, maxRedirects)
	case s.Save == "" && s.SaveMode != "":
		return fmt.Errorf("--save-mode %s: it says how --save DIR writes, give that too", s.SaveMode)
	case s.Save != "" && s.SaveMode != Inline && s.SaveMode != Offload:
		return fmt.Errorf("--save-mode %q: it is inline or offload", s.SaveMode)
	}
	return nil
}
