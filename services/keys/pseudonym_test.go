package keys

import (
	"bytes"
	"testing"
)

func TestPseudonymLastsAndDiffers(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		r := openRing(t, c)
		name := r.Pseudonym("nhs_number", "9434765919")
		r.Close()
		r = openRing(t, c)
		if got := r.Pseudonym("nhs_number", "9434765919"); got != name {
			t.Errorf("after a restart: got %s, want %s", got, name)
		}
		for _, other := range [][2]string{{"upn", "9434765919"}, {"nhs_number", "9434765918"}, {"nhs_number9", "434765919"}} {
			if r.Pseudonym(other[0], other[1]) == name {
				t.Errorf("%v has the same name", other)
			}
		}
	})
}

func TestPseudonymDependsOnTheRing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c Config) {
		one := openRing(t, c)
		c.DSN = "sqlite:" + t.TempDir() + "/other.db"
		two := openRing(t, c)
		if one.Pseudonym("upn", "A1") == two.Pseudonym("upn", "A1") {
			t.Error("two rings give the same name: it could be computed without the key")
		}
	})
}

// TestPseudonymIsForEver pins the construction: names of streams on record depend on it.
func TestPseudonymIsForEver(t *testing.T) {
	r := &Ring{pseudonym: bytes.Repeat([]byte{7}, 32)}
	const want = "b72596b3f41568a3dff6ce67e42f08de9bbd247d53b1034ee464932de0a57455"
	if got := r.Pseudonym("nhs_number", "9434765919"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
