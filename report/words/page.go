package words

import "strings"

// PageWords are the words of the page that plays portraits.
type PageWords struct{ Title, Intro, Needs, Controls, Back, Play, Forward, Slider, Window, Said, Keys string }

// Page are those of the page of several models.
var Page = PageWords{
	Title:    "Whose turn it is: two models, step by step",
	Intro:    "The same eight clients on two servers. Choose two models, and step from one thing that a server does to the next: under the lanes stands what it does, in its own words.",
	Needs:    "To step and to play, this page needs JavaScript, which is switched off here. It asks nothing of the network. These are its pictures, standing still.",
	Controls: "Time", Back: "A step back", Play: "Play or pause", Forward: "A step forward", Slider: "Instant, in milliseconds", Window: "Show",
	Said: "What the server says",
	Keys: "Keys: ← and → step back and forward, the space bar plays and pauses, Home and End go to the beginning and the end. A click on the lanes goes there. The address names models and instant, so that it can be passed on.",
}

// PageOfOne are those of the page of one model.
func PageOfOne() PageWords {
	p := Page
	p.Title = "Whose turn it is: one model, step by step"
	p.Intro = "Eight clients on one server. Step from one thing that it does to the next: under the lanes stands what it does, in its own words."
	p.Keys = strings.Replace(p.Keys, "models and instant", "model and instant", 1)
	return p
}

// What the buttons show, what heads the two sides, and what stands where a server says nothing.
const (
	Play        = "▶ play"
	Pause       = "❚❚ pause"
	LeftSide    = "Left"
	RightSide   = "Right"
	OnlySide    = "Model"
	UntoldLines = "This server keeps no account of its turns."
)

// Window is how much of the time the page shows at once.
type Window struct {
	MS   int // 0: all of it
	Name string
}

// Windows are those to choose from.
var Windows = []Window{{0, "everything"}, {100, "100 ms"}, {20, "20 ms"}, {5, "5 ms"}, {1, "1 ms"}}
