package eventstore

import (
	"encoding/base64"
	"errors"
	"testing"
)

func TestTokenComesBack(t *testing.T) {
	s := connect(t, startServer(t))
	at := mustAppend(t, s, "contact-1", NoStream(), allocated("a")).Position
	got, err := s.ParseToken(at.Token())
	if err != nil || got != at {
		t.Errorf("got %v, %v; want %v", got, err, at)
	}
	if got := s.PositionAt(at.Ordinal()); got != at {
		t.Errorf("PositionAt: got %v, want %v", got, at)
	}
	if zero := s.PositionAt(0); !zero.IsZero() || zero.Token() != "" || zero.Compare(at) >= 0 {
		t.Errorf("the zero position: got %v with token %q", zero, zero.Token())
	}
	next := mustAppend(t, s, "contact-1", Exactly(0), allocated("b")).Position
	if at.Compare(next) >= 0 || next.Compare(at) <= 0 || at.Compare(at) != 0 {
		t.Errorf("%v and the later %v do not compare", at, next)
	}
}

func TestTokenIsChecked(t *testing.T) {
	s := connect(t, startServer(t))
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, test := range map[string]struct {
		token string
		want  error
	}{
		"empty":         {"", ErrBadToken},
		"not base64":    {"!", ErrBadToken},
		"no number":     {encode(s.ID()), ErrBadToken},
		"zero":          {encode(s.ID() + ":0"), ErrBadToken},
		"negative":      {encode(s.ID() + ":-1"), ErrBadToken},
		"a second form": {encode(s.ID() + ":01"), ErrBadToken},
		"too large":     {encode(s.ID() + ":9223372036854775808"), ErrBadToken},
		"another store": {encode("b0b8ad54-0000-4000-8000-000000000000:1"), ErrOtherStore},
	} {
		if _, err := s.ParseToken(test.token); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestTokenOfAnotherStoreIsRefused(t *testing.T) {
	one, two := connect(t, startServer(t)), connect(t, startServer(t))
	at := mustAppend(t, one, "contact-1", NoStream(), allocated("a")).Position
	if _, err := two.ParseToken(at.Token()); !errors.Is(err, ErrOtherStore) {
		t.Errorf("token: got %v, want ErrOtherStore", err)
	}
	if err := two.ReadAll(t.Context(), at, nil); !errors.Is(err, ErrOtherStore) {
		t.Errorf("position: got %v, want ErrOtherStore", err)
	}
}
