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

// markdown knows the marks within a line that a report uses: code, emphasis, links and escapes. It knows no HTML, so that none gets through.
var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1)),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 1), util.Prioritized(parser.NewLinkParser(), 2), util.Prioritized(parser.NewEmphasisParser(), 3)),
	)),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(noImages{}, 1))),
)

// noImages shows the text of an image in its place, since the page shows no file but itself.
type noImages struct{}

func (noImages) RegisterFuncs(to renderer.NodeRendererFuncRegisterer) {
	to.Register(ast.KindImage, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) { return ast.WalkContinue, nil })
}

// inline is a line of Markdown as HTML.
func inline(s string) (template.HTML, error) {
	var b strings.Builder
	if err := markdown.Convert([]byte(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(s)), &b); err != nil {
		return "", err
	}
	return template.HTML(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), "<p>"), "</p>")), nil
}
