package host

import (
	"strings"
	"testing"

	"carousel/internal/usage"
)

func TestTreeUntil(t *testing.T) {
	ms := func(user, system int64) usage.CPU { return usage.CPU{UserNS: user * 1e6, SystemNS: system * 1e6} }
	tree := func(all map[int]process) Tree { return Tree{10, all} }
	master := process{parent: 1, started: 5, own: ms(100, 50)}
	for _, c := range []struct {
		name string
		a, b Tree
		used usage.CPU
		says string
	}{
		{"from the zero Tree", Tree{}, tree(map[int]process{10: {own: ms(3, 1), waited: ms(20, 10)}, 11: {parent: 10, own: ms(5, 5)}}), ms(28, 16), ""},
		{"a process that worked", tree(map[int]process{10: master}), tree(map[int]process{10: {started: 5, own: ms(130, 60)}}), ms(30, 10), ""},
		{"a child born", tree(map[int]process{10: master}), tree(map[int]process{10: master, 11: {parent: 10, own: ms(7, 0)}}), ms(7, 0), ""},
		{"a child born and waited for", tree(map[int]process{10: master}), tree(map[int]process{10: {started: 5, own: ms(100, 50), waited: ms(30, 0)}}), ms(30, 0), ""},
		{"a child waited for", tree(map[int]process{10: master, 11: {parent: 10, own: ms(1500, 0)}}),
			tree(map[int]process{10: {started: 5, own: ms(100, 50), waited: ms(1600, 0)}}), ms(100, 0), ""},
		{"a grandchild waited for through its parent", tree(map[int]process{10: master, 11: {parent: 10, own: ms(40, 0)}, 12: {parent: 11, own: ms(200, 0)}}),
			tree(map[int]process{10: {started: 5, own: ms(100, 50), waited: ms(250, 0)}}), ms(10, 0), ""},
		{"ticks hide the last of it", tree(map[int]process{10: master, 11: {parent: 10, own: ms(108, 8)}}),
			tree(map[int]process{10: {started: 5, own: ms(100, 50), waited: ms(100, 0)}}), ms(0, 0), ""},
		{"a part that shrank", tree(map[int]process{10: master}), tree(map[int]process{10: {started: 5, own: ms(95, 65)}}), ms(0, 10), ""},
		{"a child not waited for", tree(map[int]process{10: master, 11: {parent: 10, own: ms(1500, 0)}}), tree(map[int]process{10: {started: 5, own: ms(2000, 50)}}), usage.CPU{}, "not waited for"},
		{"a grandchild that left", tree(map[int]process{10: master, 11: {parent: 10, own: ms(40, 0)}, 12: {parent: 11, own: ms(200, 0)}}),
			tree(map[int]process{10: {started: 5, own: ms(100, 50), waited: ms(50, 0)}}), usage.CPU{}, "left the tree"},
		{"a child whose number another has", tree(map[int]process{10: master, 11: {parent: 10, started: 6, own: ms(300, 0)}}),
			tree(map[int]process{10: master, 11: {parent: 10, started: 7, own: ms(400, 0)}}), usage.CPU{}, "not waited for"},
		{"SIGCHLD ignored", tree(map[int]process{10: master}), tree(map[int]process{10: {started: 5, own: ms(110, 50), deaf: true}}), usage.CPU{}, "ignores SIGCHLD"},
		{"another root", tree(map[int]process{10: master}), tree(map[int]process{10: {started: 6}}), usage.CPU{}, "process 10 ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.a.Until(c.b)
			if got != c.used || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %+v, %v; want %+v, %q", got, err, c.used, c.says)
			}
		})
	}
}
