package page

import (
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// markdown parses the inline marks that a report uses: code, emphasis, links and escapes. It does not parse HTML, so HTML is escaped.
var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1)),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 1), util.Prioritized(parser.NewLinkParser(), 2), util.Prioritized(parser.NewEmphasisParser(), 3)),
	)),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(noImages{}, 1))),
)

// noImages renders an image as its text, since the page shows no other file.
type noImages struct{}

func (noImages) RegisterFuncs(to renderer.NodeRendererFuncRegisterer) {
	to.Register(ast.KindImage, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) { return ast.WalkContinue, nil })
}

// inline renders a line of Markdown as HTML.
func inline(s string) (template.HTML, error) {
	var b strings.Builder
	if err := markdown.Convert([]byte(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(s)), &b); err != nil {
		return "", err
	}
	return template.HTML(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), "<p>"), "</p>")), nil
}
