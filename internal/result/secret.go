package result

import (
	"slices"
	"strings"
)

// secret are headers whose values say who somebody is.
var secret = []string{"authorization", "proxy-authorization", "cookie"}

// HideSecrets are headers as records and summaries have them: without the values of those that say who somebody is.
func HideSecrets(headers []string) (all []string) {
	for _, h := range headers {
		if name, _, _ := strings.Cut(h, ":"); slices.Contains(secret, strings.ToLower(name)) {
			h = name + ": ..."
		}
		all = append(all, h)
	}
	return all
}
