package result_test

import (
	"encoding/json"
	"strings"
	"testing"

	"carousel/internal/result"
)

// A record has no passwords.
func TestSecretsAreNotWritten(t *testing.T) {
	headers := []string{"authorization: Basic c2VjcmV0", "X-A: b", "Cookie:c2VjcmV0", "Proxy-Authorization: c2VjcmV0"}
	s := result.Spec{Headers: headers, Mix: []result.Kind{{Headers: headers}}}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "c2VjcmV0") || strings.Count(string(text), `["authorization: ...","X-A: b","Cookie: ...","Proxy-Authorization: ..."]`) != 2 {
		t.Error(string(text))
	}
	if s.Headers[0] != headers[0] || s.Mix[0].Headers[2] != headers[2] {
		t.Error("the load itself has lost them")
	}
}
