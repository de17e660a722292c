package contact_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
)

// work is a contact under random commands: its state, and the raw events with
// the time of each, which are all that the oracles below look at.
type work struct {
	t       *rapid.T
	profile practice.Profile
	now     time.Time
	state   contact.State
	events  []proto.Message
	times   []time.Time
}

func startWork(t *rapid.T, p practice.Profile) *work {
	w := &work{t: t, profile: p, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), state: contact.Initial()}
	received := whole()
	received.Children = append(received.Children, received.Children[0])
	for _, c := range []contact.Command{
		received,
		contact.Triage{Rating: "amber", Actions: []string{"agency-checks"}},
		contact.Allocate{Worker: "w-1"},
		contact.RecordHolder{Holder: &eventpb.Holder{Name: "Ngozi"}, Subjects: []string{"s1", "s2"}, Basis: "mother"},
		contact.RecordHolder{Holder: &eventpb.Holder{Name: "Emeka"}, Subjects: []string{"s1", "s2"}, Basis: "father-registered"},
	} {
		if !w.do(c, access.TeamManager, "m-1") {
			t.Fatalf("%T was refused", c)
		}
	}
	return w
}

// do decides a command, folds what comes of it, and checks that the same command
// on its own result adds nothing. False: it was refused.
func (w *work) do(c contact.Command, role access.Role, actor string) bool {
	c = contact.Under(c, contact.Setting{Now: w.now, Profile: w.profile, Role: role, Actor: actor})
	added, err := contact.Decide(c, w.state)
	if err != nil {
		mustRefuse(w.t, err)
		return false
	}
	before, held := w.state, fmt.Sprint(w.state)
	for _, event := range added {
		if w.state, err = contact.Evolve(w.state, event); err != nil {
			w.t.Fatalf("fold what was decided: %v", err)
		}
		w.events, w.times = append(w.events, event), append(w.times, w.now)
	}
	if held != fmt.Sprint(before) {
		w.t.Fatal("evolve changed the state it was given")
	}
	if rapid.IntRange(0, 9).Draw(w.t, "fork") == 0 {
		w.fork(before)
	}
	if again, err := contact.Decide(c, w.state); err == nil && len(again) > 0 {
		w.t.Fatalf("%T decided twice writes twice", c)
	}
	return true
}

// fork folds other events on the state before, as another caller who held it may:
// two futures of one state share nothing that either of them changes.
func (w *work) fork(before contact.State) {
	held := fmt.Sprint(w.state)
	for _, event := range events() {
		if _, err := contact.Evolve(before, event); err != nil {
			w.t.Fatalf("fold %T: %v", event, err)
		}
	}
	if held != fmt.Sprint(w.state) {
		w.t.Fatal("folding another event on the state before changed the state after")
	}
}

func (w *work) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.t, label)
}

// some gives all of them as often as the odds say, out of four, and else one.
func (w *work) some(label string, odds int, from ...string) []string {
	if rapid.IntRange(1, 4).Draw(w.t, label+": all") <= odds {
		return from
	}
	return []string{w.pick(label, from...)}
}

func (w *work) scope() *eventpb.Scope {
	return &eventpb.Scope{Subjects: w.some("subjects", 3, "s1", "s2"), Agencies: w.some("agencies", 3, "kent-police", "kent-health"),
		Categories: w.some("categories", 3, "police-and-offending", "physical-health"), Purposes: []string{"safeguarding-assessment"}}
}

func (w *work) soon() time.Time {
	return w.now.Add(time.Duration(rapid.IntRange(6, 72).Draw(w.t, "hours")) * time.Hour)
}

// step gives one random command about consent, override, question or answer.
func (w *work) step() {
	said := &eventpb.Occurrence{At: timestamppb.New(w.now), Precision: "instant"}
	switch id := w.pick("id", "1", "2", "3"); rapid.IntRange(0, 14).Draw(w.t, "what") {
	case 0, 1:
		w.do(contact.RecordConsent{HolderID: "p" + w.pick("holder", "1", "1", "2"), Stance: "given", Scope: w.scope(), AskedBy: "w-1", Asked: said,
			How: "telephone", Evidence: "signed-form", ExpiresAt: w.soon()}, access.SocialWorker, "w-1")
	case 2:
		w.do(contact.RecordConsent{HolderID: "p" + w.pick("holder", "1", "2"), Stance: "refused", Scope: w.scope(), AskedBy: "w-1", Asked: said,
			How: "telephone", Reason: "No, thank you."}, access.SocialWorker, "w-1")
	case 3:
		w.do(contact.WithdrawConsent{ConsentID: "c" + id, Withdrawn: said, How: "telephone"}, access.SocialWorker, "w-1")
	case 4:
		w.propose()
	case 5:
		w.do(contact.ReviewOverride{OverrideID: "o" + id, Outcome: "ended", Reason: "It is not needed."}, access.TeamManager, "m-1")
	case 6:
		w.do(contact.LapseConsent{ConsentID: "c" + id}, access.Hub, "hub")
		w.do(contact.LapseOverride{OverrideID: "o" + id}, access.Hub, "hub")
	case 7, 8:
		for _, c := range contact.Overdue(w.state, w.now) {
			w.do(c, access.Hub, "hub")
		}
	case 9:
		w.do(contact.ShareInformation{Agency: w.pick("agency", "kent-police", "kent-health"), RequestID: "r" + id,
			Answer: w.pick("answer", "partial", "shared"), Statements: []contact.Statement{{Subjects: []string{w.pick("child", "s1", "s2")},
				Category: "physical-health", Kind: "fact", Source: "record", Words: "As known on " + w.now.String()}}}, access.AgencySystem, "a-1")
	default:
		w.do(contact.RequestInformation{Mode: "targeted", Purposes: []string{"safeguarding-assessment"}, Words: "Anything?", Status: "triaged",
			Questions: w.asks()}, access.SocialWorker, "w-1")
	}
}

// propose goes past every refusal that stands, as a proposal has to.
func (w *work) propose() {
	scope := w.scope()
	var despite []string
	for _, subject := range scope.GetSubjects() {
		for _, id := range w.state.Authority.Standing(subject, w.now) {
			if !slices.Contains(despite, id) {
				despite = append(despite, id)
			}
		}
	}
	if w.do(contact.ProposeOverride{Scope: scope, ReasonCode: "would-prejudice-protection", Risk: "He has threatened them.",
		Bases: []string{"uk-gdpr-6-1-e"}, Despite: despite}, access.SocialWorker, "w-1") {
		id := w.state.Authority.Overrides[len(w.state.Authority.Overrides)-1].Proposed.GetOverrideId()
		for _, role := range []access.Role{access.TeamManager, access.OnCallSeniorManager} {
			w.do(contact.DecideOverride{OverrideID: id, Outcome: "approved", Reason: "The threat is credible.", ExpiresAt: w.soon()}, role, "m-1")
		}
	}
}

func (w *work) asks() []contact.Ask {
	var all []contact.Ask
	for _, agency := range w.some("asked", 1, "kent-police", "kent-health") {
		all = append(all, contact.Ask{Agency: agency, Subjects: w.some("about", 1, "s1", "s2"), Categories: w.some("in", 1, "police-and-offending", "physical-health")})
	}
	return all
}

// Over random histories: no question, and no chase of one, without a consent or
// an override in force for all of it at that moment, by the raw events alone; what
// is cited is on record as cited; and no question waits on after an event that
// took its authority away.
func TestLawNothingIsAskedWithoutAuthority(t *testing.T) {
	p := profile(t)
	asked, chased, cancelled := 0, 0, 0
	law := func(t *rapid.T) {
		w := startWork(t, p)
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "later")) * time.Minute)
			before := len(w.events)
			w.step()
			w.checkWaiting(before)
		}
		for i, event := range w.events {
			switch e := event.(type) {
			case *eventpb.InformationRequested:
				asked++
				for _, q := range e.GetQuestions() {
					w.checkAsked(i, q, e.GetPurposes())
				}
			case *eventpb.InformationRequestChased:
				chased++
				q, purposes := w.question(e.GetRequestId(), e.GetAgency())
				w.mustCover(i, q, purposes)
			case *eventpb.InformationRequestCancelled:
				cancelled++
			}
		}
	}
	for range 10 { // chance may leave out what the law is about once
		if rapid.Check(t, law); asked > 0 && chased > 0 && cancelled > 0 {
			break
		}
	}
	t.Logf("%d requests, %d chases, %d cancellations", asked, chased, cancelled)
	if asked == 0 || chased == 0 || cancelled == 0 {
		t.Error("the random commands did not do what the law is about")
	}
}

// question finds what an agency was asked among the raw events.
func (w *work) question(request, agency string) (*eventpb.Question, []string) {
	for _, event := range w.events {
		e, ok := event.(*eventpb.InformationRequested)
		for _, q := range e.GetQuestions() {
			if ok && e.GetRequestId() == request && q.GetAgency() == agency {
				return q, e.GetPurposes()
			}
		}
	}
	w.t.Fatalf("there is no question to %s in %s", agency, request)
	return nil, nil
}

func (w *work) checkAsked(i int, q *eventpb.Question, purposes []string) {
	if len(q.GetAuthorities()) == 0 {
		w.t.Fatal("a question rests on nothing")
	}
	for _, a := range q.GetAuthorities() {
		if a.GetRevision() >= uint64(i) || idOf(w.events[a.GetRevision()]) != a.GetKind()+" "+a.GetId() {
			w.t.Fatalf("a question cites %s %s at revision %d, which holds %T", a.GetKind(), a.GetId(), a.GetRevision(), w.events[a.GetRevision()])
		}
	}
	w.mustCover(i, q, purposes)
}

func idOf(event proto.Message) string {
	switch e := event.(type) {
	case *eventpb.ConsentRecorded:
		return "consent " + e.GetConsentId()
	case *eventpb.OverrideDecided:
		return "override " + e.GetOverrideId()
	}
	return ""
}

func (w *work) mustCover(i int, q *eventpb.Question, purposes []string) {
	if !w.covered(i, w.times[i], q, purposes) {
		w.t.Fatalf("event %d asks %s about %v, %v and nothing covers it", i, q.GetAgency(), q.GetSubjects(), q.GetCategories())
	}
}

// checkWaiting looks at the questions that wait when an event on consent or
// override was just written.
func (w *work) checkWaiting(before int) {
	consent := func(e proto.Message) bool {
		return e.ProtoReflect().Descriptor().ParentFile().Path() == "mash/event/v1/consent.proto"
	}
	if !slices.ContainsFunc(w.events[before:], consent) {
		return
	}
	for _, r := range w.state.Requests {
		for _, q := range r.Questions {
			raw, purposes := w.question(r.ID, q.Agency)
			if q.Waits() && !w.covered(len(w.events), w.now, raw, purposes) {
				w.t.Fatalf("%s still waits for %s when nothing covers it any more", r.ID, q.Agency)
			}
		}
	}
}

// covered is the oracle: it goes through the first n raw events for every single
// thing that is asked, and shares no code with the rules.
func (w *work) covered(n int, at time.Time, q *eventpb.Question, purposes []string) bool {
	for _, subject := range q.GetSubjects() {
		for _, category := range q.GetCategories() {
			for _, purpose := range purposes {
				if !w.coveredOne(w.events[:n], at, []string{subject, q.GetAgency(), category, purpose}) {
					return false
				}
			}
		}
	}
	return true
}

// answers are what the raw events say of one single thing: who says yes to it in
// force, who said no to anything about the child since they last said yes, and
// which overrides are in force for it.
type answers struct {
	thing     []string
	at        time.Time
	yes       map[string]string // consent id by holder
	no        map[string]bool
	overrides map[string]bool
	said      map[string]*eventpb.ConsentRecorded
}

func (w *work) coveredOne(events []proto.Message, at time.Time, thing []string) bool {
	a := &answers{thing, at, map[string]string{}, map[string]bool{}, map[string]bool{}, map[string]*eventpb.ConsentRecorded{}}
	for _, event := range events {
		a.hear(event)
	}
	for holder := range a.yes {
		other := map[string]string{"p1": "p2", "p2": "p1"}[holder]
		if _, agrees := a.yes[other]; agrees || !a.no[other] {
			return true
		}
	}
	return len(a.overrides) > 0
}

func (a *answers) hear(event proto.Message) {
	switch e := event.(type) {
	case *eventpb.ConsentRecorded:
		a.said[e.GetConsentId()] = e
		if e.GetStance() == "refused" {
			a.refuse(e)
			return
		}
		delete(a.no, e.GetHolderId())
		if holds(e.GetScope(), a.thing) && a.at.Before(e.GetExpiresAt().AsTime()) {
			a.yes[e.GetHolderId()] = e.GetConsentId()
		}
	case *eventpb.ConsentWithdrawn:
		a.refuse(a.said[e.GetConsentId()])
	case *eventpb.ConsentExpired:
		if holder := a.said[e.GetConsentId()].GetHolderId(); a.yes[holder] == e.GetConsentId() {
			delete(a.yes, holder)
		}
	case *eventpb.OverrideDecided:
		if holds(e.GetScope(), a.thing) && a.at.Before(e.GetExpiresAt().AsTime()) {
			a.overrides[e.GetOverrideId()] = true
		}
	case *eventpb.OverrideReviewed:
		delete(a.overrides, e.GetOverrideId())
	case *eventpb.OverrideExpired:
		delete(a.overrides, e.GetOverrideId())
	}
}

func (a *answers) refuse(c *eventpb.ConsentRecorded) {
	if slices.Contains(c.GetScope().GetSubjects(), a.thing[0]) {
		a.no[c.GetHolderId()] = true
	}
	if holds(c.GetScope(), a.thing) {
		delete(a.yes, c.GetHolderId())
	}
}

func holds(s *eventpb.Scope, thing []string) bool {
	return slices.Contains(s.GetSubjects(), thing[0]) && slices.Contains(s.GetAgencies(), thing[1]) &&
		slices.Contains(s.GetCategories(), thing[2]) && slices.Contains(s.GetPurposes(), thing[3])
}

// anyWork is what is asked, told and decided, good or bad.
func anyWork(t *rapid.T, now time.Time) contact.Command {
	text, id, child := anyOf(t, "Because of it.", "Because of it.", ""), anyOf(t, "1", "2", ""), anyOf(t, "s1", "s2", "s9")
	said := []contact.Statement{{Subjects: []string{child}, Category: "physical-health", Kind: "fact", Source: "record", Words: text}}
	outcomes := []contact.Outcome{{Subject: "s1", Outcome: "referral", Level: 4, Destination: "lado"}, {Subject: "s2", Outcome: "no-further-action", Level: 1}}
	return rapid.SampledFrom([]contact.Command{
		contact.RequestInformation{Mode: "full", Questions: []contact.Ask{{Agency: "kent-police", Subjects: []string{child}, Categories: []string{"probation"}}},
			Purposes: []string{"early-help"}, Words: text, Status: "triaged"},
		contact.CancelRequest{RequestID: "r" + id, Reason: "not-needed"},
		contact.ChaseRequest{RequestID: "r" + id, Agency: "kent-police", DueAt: now},
		contact.ShareInformation{Agency: "kent-police", RequestID: "r" + id, Answer: "shared", Statements: said},
		contact.ShareInformation{Agency: "kent-police", Answer: "partial", Statements: said, Corrects: "i" + id},
		contact.RecordAnalysis{Subjects: []string{child}, Shares: []string{"i" + id}, Words: text, Harm: anyOf(t, "none-found", "at-risk", "")},
		contact.DecideContact{Outcomes: outcomes, Rationale: text},
		contact.DecideContact{Outcomes: outcomes[:1], Rationale: text},
		contact.SignOff{DecisionID: "d" + id},
		contact.ReturnDecision{DecisionID: "d" + id, Reason: text},
		contact.AnswerReferrer{DecisionID: "d" + id, Level: "outcome", Response: text},
		contact.AcknowledgeOutcome{DecisionID: "d" + id, Agency: "kent-police"},
		contact.SettleEncompass{NotificationID: "n" + id, Outcome: "notify", Told: contact.SchoolSetting{Kind: "school", Agency: "kent-police"}, Reason: text},
		contact.AcknowledgeEncompass{NotificationID: "n" + id, Agency: "kent-police"},
		contact.NoteWrittenForm{Agency: "kent-police", FormID: other, Children: 1},
		contact.LapseNotification{NotificationID: "n" + id, DueAt: now}, contact.LapseWrittenForm{DueAt: now},
		contact.Reopen{Subjects: []string{child}, Reason: text},
	}).Draw(t, "work")
}

// Over random decisions: nobody signs off what they decided, a lapse is recorded
// at one sign-off only, and a referrer who was not told has a clock that runs.
func TestLawDecisionsAreSignedOffByOthersAndAnswered(t *testing.T) {
	p := profile(t)
	signed := 0
	law := func(t *rapid.T) {
		w := startWork(t, p)
		signers := map[string]string{}
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "later")) * time.Minute)
			actor, before := anyOf(t, "m-1", "m-2"), len(w.events)
			w.do(w.anyDecision(), anyRole(t), actor)
			for _, event := range w.events[before:] {
				if e, ok := event.(*eventpb.DecisionSignedOff); ok {
					signers[e.GetDecisionId()] = actor
					signed++
				}
			}
			w.checkDecisions(signers)
		}
	}
	for range 10 { // chance may leave out what the law is about once
		if rapid.Check(t, law); signed > 0 {
			break
		}
	}
	if t.Logf("%d sign-offs", signed); signed == 0 {
		t.Error("nothing was signed off")
	}
}

func anyRole(t *rapid.T) access.Role {
	return rapid.SampledFrom([]access.Role{access.TeamManager, access.TeamManager, access.OnCallSeniorManager, access.AgencySystem}).Draw(t, "role")
}

func (w *work) anyDecision() contact.Command {
	id, harm := w.pick("decision", "1", "2", "3"), w.pick("harm", "none-found", "none-found", "at-risk")
	var outcomes []contact.Outcome
	for _, child := range w.state.Queued {
		outcomes = append(outcomes, contact.Outcome{Subject: child, Outcome: "referral", Level: 4, Destination: "family-safeguarding"})
	}
	decide := contact.DecideContact{Outcomes: outcomes, Rationale: "What was gathered."}
	return rapid.SampledFrom([]contact.Command{
		decide, decide, contact.SignOff{DecisionID: "d" + id}, contact.SignOff{DecisionID: "d" + id},
		contact.ReturnDecision{DecisionID: "d" + id, Reason: "Look again."},
		contact.AnswerReferrer{DecisionID: "d" + id, Level: "outcome", Response: "It was referred."},
		contact.AcknowledgeOutcome{DecisionID: "d" + id, Agency: "kent-police"},
		contact.Reopen{Subjects: []string{w.pick("child", "s1", "s2")}, Reason: "It goes on."},
		contact.RecordAnalysis{Subjects: []string{w.pick("child", "s1", "s2")}, Words: "As far as is known.", Harm: harm},
		contact.Rate{Rating: w.pick("rating", "red", "amber", "green"), Reason: "It looks otherwise now."},
	}).Draw(w.t, "decision")
}

// checkDecisions looks at all the raw events so far.
func (w *work) checkDecisions(signers map[string]string) {
	waiting, lapses := map[string]*eventpb.Clock{}, map[string]bool{}
	lapse := func(all []*eventpb.Lapse) {
		for _, l := range all {
			key := l.GetKind() + l.GetDueAt().String()
			if lapses[key] {
				w.t.Fatalf("one lapse of the clock %s is on record twice", l.GetKind())
			}
			lapses[key] = true
		}
	}
	for _, event := range w.events {
		switch e := event.(type) {
		case *eventpb.ContactRated:
			lapse(e.GetLapses())
		case *eventpb.ContactDecided:
			if e.GetDecidedBy() == signers[e.GetDecisionId()] {
				w.t.Fatalf("%s was decided and signed off by one person", e.GetDecisionId())
			}
		case *eventpb.DecisionSignedOff:
			lapse(e.GetLapses())
			waiting[e.GetDecisionId()] = e.GetResponse()
		case *eventpb.ReferrerAnswered:
			delete(waiting, e.GetDecisionId())
		}
	}
	for id, clock := range waiting {
		if !slices.ContainsFunc(w.state.Clocks, func(c *eventpb.Clock) bool { return proto.Equal(c, clock) }) {
			w.t.Fatalf("the referrer waits to hear of %s and no clock runs", id)
		}
	}
}
