package result

import (
	"slices"
	"strings"
)

// secret are headers that carry credentials.
var secret = []string{"authorization", "proxy-authorization", "cookie"}

// HideSecrets returns headers, as "Name: value", with the values of Authorization, Proxy-Authorization and Cookie replaced by "...".
func HideSecrets(headers []string) (all []string) {
	for _, h := range headers {
		if name, _, _ := strings.Cut(h, ":"); slices.Contains(secret, strings.ToLower(name)) {
			h = name + ": ..."
		}
		all = append(all, h)
	}
	return all
}
