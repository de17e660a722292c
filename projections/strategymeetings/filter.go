package strategymeetings

import (
	"slices"
	"time"
)

// Filter says which meetings. Every list is "any of", an empty one means all; different fields are "and".
type Filter struct {
	// States empty means proposed, called and concluded.
	States, Teams []string
	// Agencies are invited.
	Agencies []string
	// Contact is one that it is about, Without an agency that was invited and was not there, Party one that has to do with it.
	Contact, Without, Party string
	// Overdue true: only what is due and that has passed; false: only others; nil: both.
	Overdue *bool
	// Since and Before bound the time at which it stands in lists: at or after the one, before the other; zero: unbounded.
	Since, Before time.Time
}

var usualStates = []string{Proposed, Called, Concluded}

func (f Filter) states() []string {
	if len(f.States) == 0 {
		return usualStates
	}
	return distinct(f.States)
}

func distinct(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// Matches says whether a meeting fits the filter now; the queries answer the same.
func (f Filter) Matches(r *Row, now time.Time) bool {
	some := func(which func(Party) bool) bool { return slices.ContainsFunc(r.Parties, which) }
	at := r.Stands().UnixMicro()
	return f.CouldMatch(r) && slices.Contains(f.states(), r.State) &&
		(len(f.Agencies) == 0 || some(func(p Party) bool { return p.Invited && slices.Contains(f.Agencies, p.Agency) })) &&
		(f.Without == "" || some(func(p Party) bool { return p.Absent && p.Agency == f.Without })) &&
		(f.Overdue == nil || *f.Overdue == r.Overdue(now)) &&
		(f.Since.IsZero() || at >= f.Since.UnixMicro()) && (f.Before.IsZero() || at < f.Before.UnixMicro())
}

// CouldMatch says whether the meeting fits, fitted or may come to fit: whether what never changes about it fits. An agency that has come to
// be a party stays one, and of any other meeting it is told nothing, not even that it fits no more.
func (f Filter) CouldMatch(r *Row) bool {
	if _, isParty := r.Party(f.Party); f.Party != "" && !isParty {
		return false
	}
	return (len(f.Teams) == 0 || slices.Contains(f.Teams, r.OwnerTeam)) &&
		(f.Contact == "" || slices.ContainsFunc(r.Children, func(c Child) bool { return c.Contact == f.Contact }))
}
