package portrait_test

import (
	"strings"
	"testing"

	"carousel/internal/golden"
	"carousel/internal/portrait"
	"carousel/internal/portrait/portraittest"
)

func TestText(t *testing.T) {
	for _, p := range portraittest.All() {
		t.Run(p.Model, func(t *testing.T) {
			text := portrait.Text(p, 80)
			golden.Check(t, p.Model+".txt", text)
			for _, line := range strings.Split(text, "\n") {
				if len([]rune(line)) > 80 {
					t.Errorf("%d columns: %q", len([]rune(line)), line)
				}
			}
		})
	}
}

// A long name widens the column; one that is too long is cut.
func TestTextOfLongNames(t *testing.T) {
	p := portraittest.Loop()
	for name, want := range map[string]string{"executor thread 1": "\nexecutor thread 1 2", "a thread of an executor": "\na thread of an exec 2"} {
		p.Lanes[0].Name = name
		if text := portrait.Text(p, 80); !strings.Contains(text, want) {
			t.Errorf("it does not hold %q:\n%s", want, text)
		}
	}
}

// Text draws something on a narrow terminal, and of an empty portrait.
func TestTextNarrowOrEmpty(t *testing.T) {
	if text := portrait.Text(portrait.Portrait{Model: "none"}, 0); !strings.HasPrefix(text, "none: 0 clients in 0 ms") {
		t.Errorf("%q", text)
	}
}
