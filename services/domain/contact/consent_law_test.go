package contact_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/contact/authority"
)

func anyOf(t *rapid.T, of ...string) string { return rapid.SampledFrom(of).Draw(t, "any of") }

func anyScope(t *rapid.T) *eventpb.Scope {
	lists := func(of ...string) []string {
		return rapid.SampledFrom([][]string{of[:1], of[1:], of, of, of, of, of, of, of, nil}).Draw(t, "some")
	}
	if rapid.IntRange(0, 8).Draw(t, "no scope") == 0 {
		return nil // also what an approval has
	}
	return &eventpb.Scope{Subjects: lists("s1", "s2"), Agencies: lists("kent-police", "kent-schools"),
		Categories: lists("probation", "domestic-abuse"), Purposes: lists("early-help", "locate-child")}
}

func anyTime(t *rapid.T, now time.Time) time.Time {
	return rapid.SampledFrom([]time.Time{{}, now, now.Add(time.Hour), now.AddDate(0, 0, 3), now.AddDate(0, 1, 0), now.Add(-time.Hour)}).Draw(t, "time")
}

func anyOccurrence(t *rapid.T, now time.Time) *eventpb.Occurrence {
	if rapid.IntRange(0, 5).Draw(t, "no time") == 0 {
		return nil
	}
	return &eventpb.Occurrence{At: timestamppb.New(now.Add(-time.Minute)), Precision: "instant"}
}

// anyConsentCommand is what may be said of holders, good or bad.
func anyConsentCommand(t *rapid.T, now time.Time) contact.Command {
	reason, holder, consent := anyOf(t, "Because.", "Because.", ""), anyOf(t, "p1", "p2", "p1", ""), anyOf(t, "c1", "c2", "c3", "c4")
	return rapid.SampledFrom([]contact.Command{
		contact.RecordHolder{HolderID: anyOf(t, "", "", "p1", "p9"), Holder: &eventpb.Holder{Name: anyOf(t, "Ngozi", "Chidi", "")},
			Subjects: rapid.SampledFrom([][]string{{"s1"}, {"s1", "s2"}, {}, {"s3"}}).Draw(t, "children"), Basis: anyOf(t, "mother", "child-competent", "friend")},
		contact.RecordConsent{HolderID: holder, Stance: anyOf(t, "given", "given", "refused", "not-sought", "maybe"), Scope: anyScope(t), AskedBy: "w-1",
			Asked: anyOccurrence(t, now), How: "telephone", Evidence: "none", Reason: reason, ExpiresAt: anyTime(t, now)},
		contact.WithdrawConsent{ConsentID: consent, Withdrawn: anyOccurrence(t, now), How: "email"},
		contact.LapseConsent{ConsentID: consent},
		contact.RecordEngagement{HolderID: holder, Subjects: []string{"s1"}, Service: "early-help", Agrees: anyOf(t, "yes", "no", ""), Said: anyOccurrence(t, now), Reason: reason},
		contact.RecordLawfulBasis{Scope: anyScope(t), Bases: []string{anyOf(t, "uk-gdpr-6-1-e", "dpa-2018-s35", "luck")}, Reasoning: reason},
		contact.DecideNotToShare{Scope: anyScope(t), Reason: reason},
		contact.GoOnDespiteRefusal{Consents: []string{consent}, Reason: reason},
		contact.RecordAgencyOverride{Agency: "kent-schools", ReasonCode: anyOf(t, "cannot-be-had", "whim"), Consulted: "Head", Reason: reason},
	}).Draw(t, "consent command")
}

// anyOverrideCommand is what may be done with overrides, good or bad.
func anyOverrideCommand(t *rapid.T, now time.Time) contact.Command {
	reason, override := anyOf(t, "Because.", "Because.", ""), anyOf(t, "o1", "o2", "o3")
	return rapid.SampledFrom([]contact.Command{
		contact.ProposeOverride{Scope: anyScope(t), ReasonCode: anyOf(t, "cannot-be-given", "would-prejudice-protection", "whim"), Risk: reason, Bases: []string{"uk-gdpr-6-1-e"},
			Despite: rapid.SampledFrom([][]string{nil, nil, nil, nil, nil, {"c1"}, {"c2"}, {"c1", "c2"}}).Draw(t, "despite")},
		contact.DecideOverride{OverrideID: override, Outcome: anyOf(t, "approved", "approved", "narrowed", "declined", "noted"), Scope: anyScope(t), Reason: reason,
			ExpiresAt: anyTime(t, now), ReviewAt: anyTime(t, now)},
		contact.DecideOverride{OverrideID: override, Outcome: "approved", Reason: "Because.", ExpiresAt: now.AddDate(0, 0, 3)},
		contact.ReviewOverride{OverrideID: override, Outcome: anyOf(t, "continues", "ended"), Reason: reason, ReviewAt: anyTime(t, now)},
		contact.LapseOverride{OverrideID: override},
	}).Draw(t, "override command")
}

// Whatever commands are tried, an override in the record was decided at most
// once, by another person than the one who proposed it, within what they asked
// for and for a time; and only what was approved is ever in force.
func TestHUB01_LawEveryOverrideIsAnothersDecision(t *testing.T) {
	p := profile(t)
	decided := 0
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		received := whole()
		received.Children = append(received.Children, received.Children[0])
		state := after(t, contact.Initial(), contact.Under(received, contact.Setting{Now: now, Profile: p, Role: access.AgencySystem}))
		proposed := map[string]*eventpb.OverrideProposed{}
		for range rapid.IntRange(10, 30).Draw(t, "commands") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "later")) * time.Minute)
			c := rapid.SampledFrom([]contact.Command{anyOverrideCommand(t, now), anyConsentCommand(t, now), likely(t, now), likely(t, now)}).Draw(t, "command")
			role := rapid.SampledFrom([]access.Role{access.TeamManager, access.TeamManager, access.OnCallSeniorManager, access.SocialWorker}).Draw(t, "role")
			actor := anyOf(t, "a-1", "a-2")
			events, err := contact.Decide(contact.Under(c, contact.Setting{Now: now, Profile: p, Role: role, Actor: actor}), state)
			if err != nil {
				mustRefuse(t, err)
				continue
			}
			for _, event := range events {
				switch e := event.(type) {
				case *eventpb.OverrideProposed:
					proposed[e.GetOverrideId()] = e
				case *eventpb.OverrideDecided:
					decided++
					mustBeDecided(t, proposed[e.GetOverrideId()], e, now)
					delete(proposed, e.GetOverrideId())
				}
			}
			state = after(t, state, nil, events...)
			for _, o := range state.Authority.Overrides {
				if o.InForce(now) && (o.Decided == nil || o.Decided.GetOutcome() == authority.Declined) {
					t.Fatal("an override is in force that nobody approved")
				}
			}
		}
	})
	t.Logf("%d decisions", decided)
	if decided == 0 {
		t.Error("the random commands decided nothing")
	}
}

// likely is a proposal in good order, or a decision on one that may widen it.
func likely(t *rapid.T, now time.Time) contact.Command {
	all := []string{"s1", "s2"}
	scope := &eventpb.Scope{Subjects: rapid.SampledFrom([][]string{all, all[:1]}).Draw(t, "children"), Agencies: []string{"kent-police", "kent-schools"},
		Categories: []string{"probation"}, Purposes: []string{"early-help"}}
	if rapid.Bool().Draw(t, "propose") {
		return contact.ProposeOverride{Scope: scope, ReasonCode: "cannot-be-given", Risk: "She is unconscious.", Bases: []string{"uk-gdpr-6-1-d"}}
	}
	c := contact.DecideOverride{OverrideID: anyOf(t, "o1", "o2", "o3"), Outcome: anyOf(t, "approved", "narrowed", "declined"), Reason: "As proposed."}
	if c.Outcome == authority.Narrowed {
		c.Scope = scope
	}
	if c.Outcome != authority.Declined {
		c.ExpiresAt = now.AddDate(0, 0, 3)
	}
	return c
}

// after folds what a command adds, or the events that are given.
func after(t *rapid.T, s contact.State, c contact.Command, events ...proto.Message) contact.State {
	var err error
	if c != nil {
		if events, err = contact.Decide(c, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, event := range events {
		if s, err = contact.Evolve(s, event); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// mustBeDecided compares the two events, list by list; p is nil where the
// override was decided before.
func mustBeDecided(t *rapid.T, p *eventpb.OverrideProposed, e *eventpb.OverrideDecided, now time.Time) {
	switch {
	case p == nil:
		t.Fatalf("%s was decided twice, or never proposed", e.GetOverrideId())
	case p.GetProposedBy() == e.GetDecidedBy() || e.GetDecidedBy() == "":
		t.Fatalf("proposed by %q, decided by %q", p.GetProposedBy(), e.GetDecidedBy())
	case e.GetOutcome() == authority.Declined:
		if e.GetScope() != nil || e.GetExpiresAt() != nil {
			t.Fatal("what was declined has a scope or an end")
		}
		return
	case !e.GetExpiresAt().AsTime().After(now) || e.GetExpiresAt().AsTime().After(now.AddDate(0, 0, 20)):
		t.Fatalf("an override decided at %s ends at %s", now, e.GetExpiresAt().AsTime())
	}
	asked := map[string]bool{}
	for _, list := range [][]string{p.GetScope().GetSubjects(), p.GetScope().GetAgencies(), p.GetScope().GetCategories(), p.GetScope().GetPurposes()} {
		for _, one := range list {
			asked[one] = true
		}
	}
	for _, list := range [][]string{e.GetScope().GetSubjects(), e.GetScope().GetAgencies(), e.GetScope().GetCategories(), e.GetScope().GetPurposes()} {
		if len(list) == 0 {
			t.Fatal("what was allowed has an empty list")
		}
		for _, one := range list {
			if !asked[one] {
				t.Fatalf("%q was allowed and never asked for", one)
			}
		}
	}
}

// Without a person HUB-01 cannot be kept, so it is an error and no decision.
func TestHUB01_NobodyProposesOrDecides(t *testing.T) {
	p, now := profile(t), time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, c := range []contact.Command{contact.ProposeOverride{}, contact.DecideOverride{OverrideID: "o1"}, contact.ReviewOverride{OverrideID: "o1"}} {
		events, err := contact.Decide(contact.Under(c, contact.Setting{Now: now, Profile: p, Role: access.TeamManager}), contact.Initial())
		if err == nil || len(events) > 0 {
			t.Errorf("%T: got %d events and no error", c, len(events))
		}
	}
}
