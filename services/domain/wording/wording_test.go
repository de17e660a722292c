package wording_test

import (
	"testing"

	"github.com/openmash/mash/services/domain/wording"
)

func TestSaid(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "no": false, "yes": true, "да!": true, "  no ": false, "\u200b\u200b\u200b": false, "\u00a0\t\r\nno\u2003\ufeff": false, "a b": true, "\u200byes": true,
	} {
		if got := wording.Said(text); got != want {
			t.Errorf("%q says something: got %v, want %v", text, got, want)
		}
	}
}

func TestNarrative(t *testing.T) {
	about := []string{"s1"}
	part := wording.Narrative("one\r\ntwo\nthree", about)
	about[0] = "s2"
	if got, want := part.GetOpen().GetText(), "one\ntwo\nthree"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := part.GetAbout(); len(got) != 1 || got[0] != "s1" {
		t.Errorf("it is about %v, want what it was made with", got)
	}
	if part := wording.Narrative("", about); part != nil {
		t.Errorf("no words give %v, want no part", part)
	}
}
