package scenario

import (
	"fmt"
	"testing"
)

func TestDownloadAsksForNineSmallRepliesAfterEachPicture(t *testing.T) {
	got := append([]string{download.Path}, download.Paths...)
	if len(got) != 100 {
		t.Fatalf("%d paths, want 100", len(got))
	}
	for i, path := range got {
		want := "/"
		if i%10 == 0 {
			want = fmt.Sprintf("/moved/image/%d", i/10)
		}
		if path != want {
			t.Errorf("path %d is %s, want %s", i, path, want)
		}
	}
}
