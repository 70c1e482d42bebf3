package mix

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carousel/internal/result"
)

func at[T any](v T) *T { return &v }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []result.Kind
	}{
		{"what is left out", `{"path": "/"}`, []result.Kind{{Name: "/", Weight: 1, Method: "GET", Path: "/"}}},
		{"the usual", Usual, []result.Kind{
			{Name: "/", Weight: 7, Method: "GET", Path: "/"},
			{Name: "order", Weight: 3, Method: "POST", Path: "/orders", Body: "tea", Expect: &result.Expected{Status: 201}}}},
		{"a body is posted", `{"path": "/a", "body": "b"}`, []result.Kind{{Name: "POST /a", Weight: 1, Method: "POST", Path: "/a", Body: "b"}}},
		{"unless it is put", `{"path": "/a", "method": "PUT", "body_file": "b"}`, []result.Kind{{Name: "PUT /a", Weight: 1, Method: "PUT", Path: "/a", BodyFile: "b"}}},
		{"comments, several on a line, commas", "# kinds\n{\"path\": \"/#\"} {\"path\": \"/b\"}\n  # more\n\n{\"path\":\n\"/c\"}\n", []result.Kind{
			{Name: "/#", Weight: 1, Method: "GET", Path: "/#"}, {Name: "/b", Weight: 1, Method: "GET", Path: "/b"}, {Name: "/c", Weight: 1, Method: "GET", Path: "/c"}}},
		{"everything expected", `{"path": "/", "headers": ["A: b"], "expect": {"length": 0, "sha256": "` + strings.Repeat("0a", 32) + `", "contains": "x"}}`, []result.Kind{
			{Name: "/", Weight: 1, Method: "GET", Path: "/", Headers: []string{"A: b"}, Expect: &result.Expected{Length: at(int64(0)), SHA256: strings.Repeat("0a", 32), Contains: "x"}}}},
		{"an empty text", `{"path": "/", "expect": {"text": ""}}`, []result.Kind{{Name: "/", Weight: 1, Method: "GET", Path: "/", Expect: &result.Expected{Text: at("")}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse([]byte(c.text))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "# nothing\n", `it has no requests: write one on each line, such as {"path": "/", "weight": 7}`},
		{"no path", `{"weight": 1}`, `line 1: a request has a path, such as "path": "/"`},
		{"a URL", "\n" + `{"path": "http://a/"}`, `line 2: path "http://a/": it begins with /, the target names the server`},
		{"no weight", `{"path": "/", "weight": 0}`, `line 1: weight 0: it is 1 or more`},
		{"part of a weight", `{"path": "/", "weight": 0.5}`, `line 1: weight is a whole number here, not a number 0.5`},
		{"too much weight", `{"path": "/", "weight": 100001}`, `line 1: there are 1000 kinds of requests at most, with a weight of 100000 in all`},
		{"an immense weight", `{"path": "/a", "weight": 9223372036854775807}` + "\n" + `{"path": "/", "weight": 9223372036854775807}`, `line 1: there are 1000 kinds of requests at most, with a weight of 100000 in all`},
		{"too many", kindsOf(1001), `line 1001: there are 1000 kinds of requests at most, with a weight of 100000 in all`},
		{"two bodies", `{"path": "/", "body": "a", "body_file": "b"}`, `line 1: body and body_file: give one of them`},
		{"an unknown word", "# a\n\n" + `{"path": "/", "wieght": 3}`, `line 3: unknown field "wieght": there are name weight method path headers body body_file expect; in expect status length sha256 text contains`},
		{"another type", `{"path": 7}`, `line 1: path is a text here, not a number`},
		{"no object", `[{"path": "/"}]`, `line 1: a request is an object, such as {"path": "/"}, not an array`},
		{"cut short", `{"path": "/"}` + "\n" + `{"path":`, `line 2: it ends within a request`},
		{"no JSON", `{"path": "/"}` + "\n\n" + `GET /`, `line 3: invalid character 'G' looking for beginning of value`},
		{"in an object", "{\n\"path\": \"/\",\n}", `line 3: invalid character '}' looking for beginning of object key string`},
		{"a status", `{"path": "/", "expect": {"status": 99}}`, `line 1: status 99: it is 200 to 599`},
		{"a length", `{"path": "/", "expect": {"length": -1}}`, `line 1: length -1: it is 0 or more`},
		{"a hash", `{"path": "/", "expect": {"sha256": "abc"}}`, `line 1: sha256 "abc": it is 64 hexadecimal digits`},
		{"a text and its length", `{"path": "/", "expect": {"text": "a", "length": 1}}`, `line 1: text is the whole body: leave length, sha256 and contains out`},
		{"a body of HEAD", `{"path": "/", "method": "HEAD", "expect": {"status": 200, "length": 1}}`, `line 1: a reply to HEAD has no body: expect its status alone`},
		{"nothing expected", `{"path": "/", "expect": {}}`, `line 1: expect says nothing: it has a status, length, sha256, text or contains`},
		{"the same twice", `{"path": "/"}` + "\n" + `{"path": "/", "weight": 2}`, `two requests are called "/": give each a name of its own, "name": "..."`},
		{"too long", strings.Repeat(" ", longest+1), "it is longer than 16 MiB"},
		{"what loadgen writes itself", `{"path": "/", "body_bytes": 3}`, `line 1: body_bytes and body_sha256 are of a record: leave them out`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse([]byte(c.text)); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// kindsOf returns a mix of so many kinds.
func kindsOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"path\": \"/%d\"}\n", i)
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Usual))
	f.Add([]byte("# a\n{\"path\": \"/\", \"expect\": {\"text\": \"\"}}"))
	f.Add([]byte(`{"path": "/", "weight": 1e3}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		kinds, err := Parse(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") && !strings.HasPrefix(err.Error(), "it ") && !strings.HasPrefix(err.Error(), "two ") {
				t.Errorf("an error without a place: %v", err)
			}
			return
		}
		o := NewOrder(kinds, result.Weighted, 1)
		for n := range int64(10) {
			if k := o.At(n); k < 0 || k >= len(kinds) {
				t.Fatalf("request %d is of kind %d, of %d", n, k, len(kinds))
			}
		}
	})
}

// five are the weights of a mix.
var five = []result.Kind{{Weight: 50}, {Weight: 25}, {Weight: 15}, {Weight: 9}, {Weight: 1}}

// TestShares compares the shares of the kinds with the weights, in every order and after any number of requests.
func TestShares(t *testing.T) {
	for how, off := range map[string]float64{result.InFileOrder: 50, result.Shuffled: 50, result.Weighted: 80} { // requests
		t.Run(how, func(t *testing.T) {
			o, counts := NewOrder(five, how, 7), make([]float64, len(five))
			for n := range int64(100_000) {
				counts[o.At(n)]++
				for k, kind := range five {
					if want := float64(kind.Weight) / 100 * float64(n+1); math.Abs(counts[k]-want) > off {
						t.Fatalf("%v of the first %d requests are of kind %d, want %v", counts[k], n+1, k, want)
					}
				}
			}
			for k, kind := range five {
				if want := float64(kind.Weight) * 1000; math.Abs(counts[k]-want) > 0.01*want {
					t.Errorf("%v of 100,000 requests are of kind %d, want %v within 1 %%", counts[k], k, want)
				}
			}
		})
	}
}

// TestOrder checks the beginning of each order.
func TestOrder(t *testing.T) {
	kinds := []result.Kind{{Weight: 2}, {Weight: 1}, {Weight: 3}}
	for _, c := range []struct {
		how  string
		seed uint64
		want []int
	}{
		{result.InFileOrder, 0, []int{0, 0, 1, 2, 2, 2, 0, 0, 1, 2, 2, 2}},
		{result.Shuffled, 1, []int{2, 0, 2, 1, 0, 2, 0, 2, 1, 2, 0, 2}},
		{result.Shuffled, 2, []int{2, 1, 0, 0, 2, 2, 1, 2, 2, 0, 2, 0}},
		{result.Weighted, 1, []int{2, 2, 2, 2, 2, 0, 2, 2, 2, 1, 1, 2}},
		{result.Weighted, 2, []int{2, 2, 0, 2, 2, 2, 0, 2, 2, 0, 2, 2}},
	} {
		o, got := NewOrder(kinds, c.how, c.seed), []int{}
		for n := range int64(12) {
			got = append(got, o.At(n))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s, seed %d: %v, want %v", c.how, c.seed, got, c.want)
		}
	}
}

// TestOrderOfAll takes a part of the requests from each of several orders, as threads do: together they equal one order.
func TestOrderOfAll(t *testing.T) {
	for _, how := range []string{result.InFileOrder, result.Shuffled, result.Weighted} {
		one := NewOrder(five, how, 3)
		several := []*Order{NewOrder(five, how, 3), NewOrder(five, how, 3), NewOrder(five, how, 3)}
		for n := range int64(5000) {
			if want, got := one.At(n), several[n*n%3].At(n); got != want {
				t.Fatalf("%s: request %d is of kind %d for one, %d for another", how, n, want, got)
			}
		}
		if got := testing.AllocsPerRun(1000, func() { one.At(one.round*int64(len(one.deck)) + 1) }); got != 0 {
			t.Errorf("%s: %v allocations", how, got)
		}
	}
}
