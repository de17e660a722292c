package eventstore

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Metadata says who and what led to an event. It is stored in the clear and names people by opaque ids only.
type Metadata struct {
	// CorrelationID is shared by everything that came of one message or request, CausationID is the id of the message
	// or event that led to this one. The names in JSON are EventStoreDB's.
	CorrelationID string `json:"$correlationId,omitempty"`
	CausationID   string `json:"$causationId,omitempty"`
	// Actor is the person or part of the hub that acted, Role and Team what they acted as.
	Actor string `json:"actor,omitempty"`
	Role  string `json:"role,omitempty"`
	Team  string `json:"team,omitempty"`
	// Agency is the organisation whose message it was.
	Agency string `json:"agency,omitempty"`
	// RequestID is the key of the message or request, RequestHash the SHA-256 of its payload in hex: together they make
	// a repetition known.
	RequestID   string `json:"requestId,omitempty"`
	RequestHash string `json:"requestHash,omitempty"`
	// SeenRevision is what the caller had before them.
	SeenRevision *uint64 `json:"seenRevision,omitempty"`
	// RecordedAt is the now that was given to decide, stored in UTC with nanoseconds.
	RecordedAt time.Time `json:"recordedAt"`
	// Profile is the practice profile in force: authority and revision.
	Profile string `json:"profile,omitempty"`
}

func (m Metadata) encode() ([]byte, error) {
	m.RecordedAt = m.RecordedAt.UTC()
	return json.Marshal(m)
}

// decodeMetadata reads what encode wrote, and fields that a later version adds.
func decodeMetadata(data []byte) (Metadata, error) {
	var m Metadata
	if PlainFields(string(data), m.set) {
		return m, nil
	}
	m = Metadata{}
	if len(data) == 0 {
		return m, errors.New("metadata is empty")
	}
	err := json.Unmarshal(data, &m)
	return m, err
}

// PlainFields calls fn for each field of metadata, with its value's text, until fn answers false. It reads the plain form that nearly all
// metadata on record has: one flat object, no spaces, no escapes. That is several times quicker than encoding/json, which would be the dearest
// step of a rebuild. It gives up, answering false, at whatever else it meets; fn may have been called by then.
func PlainFields(text string, fn func(name, value string, quoted bool) bool) bool {
	text, ok := strings.CutPrefix(text, `{"`)
	if !ok || strings.IndexByte(text, '\\') >= 0 {
		return false
	}
	for {
		name, rest, ok := strings.Cut(text, `":`)
		if !ok || rest == "" {
			return false
		}
		var value string
		quoted := rest[0] == '"'
		if quoted {
			value, rest, ok = strings.Cut(rest[1:], `"`)
		} else {
			end := strings.IndexAny(rest, ",}")
			ok = end > 0
			if ok {
				value, rest = rest[:end], rest[end:]
			}
		}
		if !ok || !fn(name, value, quoted) {
			return false
		}
		if rest == "}" {
			return true
		}
		if text, ok = strings.CutPrefix(rest, `,"`); !ok {
			return false
		}
	}
}

func (m *Metadata) set(name, value string, quoted bool) bool {
	if name == "seenRevision" {
		revision, err := strconv.ParseUint(value, 10, 64)
		m.SeenRevision = &revision
		return !quoted && err == nil
	}
	if !quoted {
		return false
	}
	switch name {
	case "recordedAt":
		at, err := time.Parse(time.RFC3339Nano, value)
		m.RecordedAt = at
		return err == nil
	case "$correlationId":
		m.CorrelationID = value
	case "$causationId":
		m.CausationID = value
	case "actor":
		m.Actor = value
	case "role":
		m.Role = value
	case "team":
		m.Team = value
	case "agency":
		m.Agency = value
	case "requestId":
		m.RequestID = value
	case "requestHash":
		m.RequestHash = value
	case "profile":
		m.Profile = value
	default:
		return false
	}
	return true
}
