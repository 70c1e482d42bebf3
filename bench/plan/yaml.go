package plan

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"carousel/internal/printable"
)

const (
	maxBytes = 16 << 10 // bytes of a plan
	maxLines = 1000     // lines
	maxDepth = 16       // nested lists and maps
)

// Span is a duration written as in Go, such as 300ms.
type Span time.Duration

func (s Span) MarshalYAML() (any, error) { return time.Duration(s).String(), nil }

func (s *Span) UnmarshalYAML(node ast.Node) error {
	const most = 24 * time.Hour
	d, err := time.ParseDuration(strings.Trim(node.String(), `"'`))
	switch {
	case err != nil || d < 0:
		return at(node.GetToken(), "%s is not a duration such as 300ms or 2s", node)
	case d > most:
		return at(node.GetToken(), "%s is longer than 24h", node)
	}
	*s = Span(d)
	return nil
}

// Quoted is a text that is always written in quotes: without them the library loses tabs and blanks at line ends.
type Quoted string

func (q Quoted) MarshalYAML() ([]byte, error) { return []byte(strconv.Quote(string(q))), nil }

// Whole is a whole number. For an int the library would read 1.5 as 1.
type Whole int

func (w *Whole) UnmarshalYAML(node ast.Node) error {
	n, err := strconv.Atoi(node.String())
	if err != nil {
		return at(node.GetToken(), "%s is not a whole number such as 64", node)
	}
	*w = Whole(n)
	return nil
}

// Levels are numbers of connections or rates.
type Levels []int

func (l *Levels) UnmarshalYAML(node ast.Node) error {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		return at(node.GetToken(), "%s is not a list of whole numbers such as [64]", node)
	}
	*l = nil
	for _, value := range list.Values {
		var n Whole
		if err := n.UnmarshalYAML(value); err != nil {
			return err
		}
		*l = append(*l, int(n))
	}
	return nil
}

func (e *Entry) UnmarshalYAML(node ast.Node) error {
	if _, ok := node.(ast.MapNode); !ok {
		return at(node.GetToken(), "a scenario begins with its name, such as - name: hello")
	}
	type fields Entry
	return yaml.NodeToValue(node, (*fields)(e), yaml.Strict())
}

// at returns an error that shows its place in the text.
func at(place *token.Token, format string, args ...any) error {
	return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: place}
}

// readBounded reads at most one byte more of a file than a plan may have.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBytes+1))
}

// decode reads YAML strictly. The decoder may panic on odd documents: that is an error too.
func decode(text []byte, p *Plan) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("this cannot be read as YAML (%v): write it like the built-in plans", cause)
		}
	}()
	if len(text) > maxBytes {
		return fmt.Errorf("it is longer than %d KiB, the limit for a plan", maxBytes>>10)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) > maxLines {
		return fmt.Errorf("it has more than %d lines, the limit for a plan", maxLines)
	}
	for i, line := range lines {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", " ")
		if !printable.Is(line) {
			return fmt.Errorf("line %d has characters that do not print: %.80s", i+1, printable.Line(line))
		}
	}
	tokens := lexer.Tokenize(string(text))
	if err := refuseUnbounded(tokens); err != nil {
		return err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return err
	}
	switch {
	case len(file.Docs) == 0 || file.Docs[0].Body == nil:
		return nil
	case len(file.Docs) > 1:
		return at(file.Docs[1].Start, "a plan is one document: this begins another")
	}
	if _, ok := file.Docs[0].Body.(ast.MapNode); !ok {
		return errors.New("it has no keys, such as rounds: 6")
	}
	return yaml.NodeToValue(file.Docs[0].Body, p, yaml.Strict())
}

// refuseUnbounded refuses what can make the parser or decoder slow: deep nesting, and anchors, whose text is repeated by name.
func refuseUnbounded(tokens token.Tokens) error {
	var blocks []int // the columns of the open lists and maps that have no brackets
	brackets := 0
	for i, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType:
			return at(t, "a plan has no anchors, aliases, merge keys or tags: write it out")
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType, token.MappingValueType:
			if begin := t; brackets == 0 {
				if t.Type == token.MappingValueType && i > 0 {
					begin = tokens[i-1] // the key
				}
				for len(blocks) > 0 && blocks[len(blocks)-1] >= begin.Position.Column {
					blocks = blocks[:len(blocks)-1]
				}
				blocks = append(blocks, begin.Position.Column)
			}
		}
		if brackets+len(blocks) > maxDepth {
			return fmt.Errorf("line %d: nested deeper than %d levels, the limit for a plan", t.Position.Line, maxDepth)
		}
	}
	return nil
}
