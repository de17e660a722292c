package authority_test

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// cell is one agency, child, category and purpose.
type cell struct{ agency, subject, category, purpose string }

// cells writes a scope out, thing by thing.
func cells(s *eventpb.Scope) map[cell]bool {
	all := map[cell]bool{}
	for _, a := range s.GetAgencies() {
		for _, subject := range s.GetSubjects() {
			for _, c := range s.GetCategories() {
				for _, p := range s.GetPurposes() {
					all[cell{a, subject, c, p}] = true
				}
			}
		}
	}
	return all
}

// statement is a holder's yes or no, at a place in the record.
type statement struct {
	id, holder string
	at         int
	yes        bool
	cells      map[cell]bool
}

// oracle answers by reading the whole list of events again for every question,
// and knows nothing of the package's state.
type oracle struct {
	events []proto.Message
	now    time.Time
}

func past(now time.Time, t interface{ AsTime() time.Time }) bool { return !t.AsTime().After(now) }

// statements are those that count at the oracle's time, in the order in which
// they were said.
func (o oracle) statements() []statement {
	var all []statement
	for i, event := range o.events {
		e, ok := event.(*eventpb.ConsentRecorded)
		if !ok || o.first(func(m proto.Message) bool {
			c, ok := m.(*eventpb.ConsentRecorded)
			return ok && c.GetConsentId() == e.GetConsentId()
		}, 0) != i {
			continue
		}
		withdrawn := o.first(func(m proto.Message) bool {
			w, ok := m.(*eventpb.ConsentWithdrawn)
			return ok && w.GetConsentId() == e.GetConsentId()
		}, i)
		expired := o.first(func(m proto.Message) bool {
			x, ok := m.(*eventpb.ConsentExpired)
			return ok && x.GetConsentId() == e.GetConsentId()
		}, i) >= 0 || e.GetExpiresAt() != nil && past(o.now, e.GetExpiresAt())
		s := statement{id: e.GetConsentId(), holder: e.GetHolderId(), at: i, cells: cells(e.GetScope())}
		switch {
		case withdrawn >= 0:
			s.at = withdrawn
			all = append(all, s)
		case e.GetStance() == "refused":
			all = append(all, s)
		case e.GetStance() == "given" && !expired:
			s.yes = true
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b statement) int { return a.at - b.at })
	return all
}

func (o oracle) first(is func(proto.Message) bool, from int) int {
	for i := from; i < len(o.events); i++ {
		if is(o.events[i]) {
			return i
		}
	}
	return -1
}

// responsible reports whether a holder has responsibility for a child as they
// were last described.
func (o oracle) responsible(holder, subject string) bool {
	has := false
	for _, event := range o.events {
		if h, ok := event.(*eventpb.HolderRecorded); ok && h.GetHolderId() == holder {
			has = slices.Contains(h.GetSubjects(), subject)
		}
	}
	return has
}

// consents are the ids that say yes to a cell; nil where one holder stands
// against it.
func (o oracle) consents(c cell) []string {
	said := o.statements()
	var ids []string
	for _, holder := range []string{"p1", "p2", "p3"} {
		position, id := "silent", ""
		for _, s := range said {
			if s.holder == holder && s.cells[c] {
				position, id = "no", s.id
				if s.yes {
					position = "yes"
				}
			}
		}
		if position == "yes" && o.responsible(holder, c.subject) {
			ids = append(ids, id)
			continue
		}
		if o.against(said, holder, c.subject) {
			return nil
		}
	}
	return ids
}

// against reports whether a holder said no to anything about a child, and has
// not said yes to all of that since.
func (o oracle) against(said []statement, holder, subject string) bool {
	for i, no := range said {
		if no.yes || no.holder != holder {
			continue
		}
		about, open := map[cell]bool{}, false
		for c := range no.cells {
			if c.subject == subject {
				about[c] = true
			}
		}
		open = len(about) > 0
		for _, s := range said[i+1:] {
			if !s.yes || s.holder != holder {
				continue
			}
			lifts := true
			for c := range about {
				lifts = lifts && s.cells[c]
			}
			open = open && !lifts
		}
		if open {
			return true
		}
	}
	return false
}

// overrides are the ids of those in force for a cell.
func (o oracle) overrides(c cell) []string {
	var ids []string
	for i, event := range o.events {
		p, ok := event.(*eventpb.OverrideProposed)
		if !ok {
			continue
		}
		id := p.GetOverrideId()
		if o.first(func(m proto.Message) bool {
			q, ok := m.(*eventpb.OverrideProposed)
			return ok && q.GetOverrideId() == id
		}, 0) != i {
			continue
		}
		d := o.first(func(m proto.Message) bool {
			q, ok := m.(*eventpb.OverrideDecided)
			return ok && q.GetOverrideId() == id
		}, i)
		over := o.first(func(m proto.Message) bool {
			switch q := m.(type) {
			case *eventpb.OverrideReviewed:
				return q.GetOverrideId() == id && q.GetOutcome() != "continues"
			case *eventpb.OverrideExpired:
				return q.GetOverrideId() == id
			}
			return false
		}, i)
		if d < 0 || over >= 0 {
			continue
		}
		decided := o.events[d].(*eventpb.OverrideDecided)
		yes := decided.GetOutcome() == "approved" || decided.GetOutcome() == "narrowed"
		if yes && decided.GetExpiresAt() != nil && !past(o.now, decided.GetExpiresAt()) && cells(decided.GetScope())[c] {
			ids = append(ids, id)
		}
	}
	return ids
}

// covers gives what a request would cite, as kind and id.
func (o oracle) covers(c cell) []string {
	var all []string
	for _, id := range o.consents(c) {
		all = append(all, "consent "+id)
	}
	if all == nil {
		for _, id := range o.overrides(c) {
			all = append(all, "override "+id)
		}
	}
	slices.Sort(all)
	return all
}
