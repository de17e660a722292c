package eventstore

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Position is a place in the whole of one store ($all). It is opaque: consecutive numbers in the embedded store, byte
// offsets in a cluster. The zero Position is before everything. Positions can be compared with == and used as map keys.
type Position struct {
	store   string
	ordinal int64
}

// IsZero reports whether p is before everything.
func (p Position) IsZero() bool { return p == Position{} }

// Ordinal is p as a number that orders it within its store, to be kept in SQL beside the store's id; PositionAt is the
// way back.
func (p Position) Ordinal() int64 { return p.ordinal }

// Compare is negative, zero or positive as p lies before, at or after o. It says nothing about positions of two stores.
func (p Position) Compare(o Position) int { return cmp.Compare(p.ordinal, o.ordinal) }

// Token is p for a caller outside the hub, who hands it back to say "at least as fresh as this". It is empty for the
// zero Position.
func (p Position) Token() string {
	if p.IsZero() {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(p.store + ":" + strconv.FormatInt(p.ordinal, 10)))
}

// ParseToken reads a token. It fails with ErrBadToken, or with ErrOtherStore when the token was given by another store.
// Whether the position is beyond this store's end is for the reader to find out (ErrBeyondEnd), who knows the end.
func (s *Store) ParseToken(token string) (Position, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return Position{}, ErrBadToken
	}
	store, number, found := strings.Cut(string(text), ":")
	ordinal, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || ordinal <= 0 || strconv.FormatInt(ordinal, 10) != number {
		return Position{}, ErrBadToken
	}
	if store != s.id {
		return Position{}, ErrOtherStore
	}
	return Position{store: store, ordinal: ordinal}, nil
}

// PositionAt is the position of this store with an Ordinal that was kept. Zero and less is before everything.
func (s *Store) PositionAt(ordinal int64) Position {
	if ordinal <= 0 {
		return Position{}
	}
	return Position{store: s.id, ordinal: ordinal}
}

// positionOf takes a position off the wire. Old servers answer reads of one stream without positions (all ones).
func (s *Store) positionOf(commit uint64) Position {
	if commit > math.MaxInt64 {
		return Position{}
	}
	return s.PositionAt(int64(commit))
}

// mine checks that p is of this store, or before everything.
func (s *Store) mine(p Position) error {
	if !p.IsZero() && p.store != s.id {
		return fmt.Errorf("%w: %s, this is %s", ErrOtherStore, p.store, s.id)
	}
	return nil
}
