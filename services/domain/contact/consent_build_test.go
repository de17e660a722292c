package contact_test

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/scenario"
	"github.com/openmash/mash/services/domain/worktime"
)

const usualScope = "s1 | kent-police | police-and-offending | safeguarding-assessment"

// usual is what a step without words about it says: a mother who was asked on
// the telephone, a proposal with its risk, a manager's approval until Friday. A
// scenario shows what differs, an empty field what is missing.
var usual = map[string]map[string]string{
	"record holder": {"name": "Ngozi Okafor", "relationship": "mother", "subjects": "s1", "basis": "mother"},
	"record consent": {"holder": "p1", "stance": "given", "scope": usualScope, "asked by": "w-1", "asked": "Mon 2026-03-02 11:00",
		"how": "telephone", "evidence": "note-of-conversation"},
	"withdraw consent":    {"consent": "c1", "withdrawn": "Mon 2026-03-02 12:00", "how": "telephone"},
	"lapse consent":       {"consent": "c1"},
	"record engagement":   {"holder": "p1", "subjects": "s1", "service": "early-help", "agrees": "yes", "said": "Mon 2026-03-02 11:00"},
	"record basis":        {"scope": usualScope, "bases": "uk-gdpr-6-1-e, dpa-2018-sch1-para18-iii", "reasoning": "Only what the check needs."},
	"decide not to share": {"scope": usualScope, "reason": "It would tell him where they are."},
	"go on":               {"consents": "c1", "reason": "We assess with what we hold."},
	"propose override": {"scope": usualScope, "reason code": "would-prejudice-protection", "risk": "He has said he will take her abroad if he hears of it.",
		"bases": "uk-gdpr-6-1-e, dpa-2018-sch1-para18-iii"},
	"decide override":        {"override": "o1", "outcome": "approved", "reason": "The threat is credible.", "expires": "Fri 2026-03-06 17:00"},
	"review override":        {"override": "o1", "outcome": "continues", "reason": "Nothing has changed."},
	"lapse override":         {"override": "o1"},
	"record agency override": {"agency": "kent-schools", "reason code": "raises-risk", "consulted": "Designated safeguarding lead", "reason": "He collects her at three."},
}

// filled gives the fields of a step with what is usual in the place of those
// that it does not name. Nobody was asked where consent was not sought, and
// what is declined has no end.
func filled(verb string, fields map[string]string) map[string]string {
	all := map[string]string{}
	for name, value := range usual[verb] {
		asking := name == "asked by" || name == "asked" || name == "how" || name == "evidence"
		if asking && fields["stance"] == "not-sought" || name == "expires" && fields["outcome"] == "declined" {
			continue
		}
		all[name] = value
	}
	maps.Copy(all, fields)
	return all
}

// times reads the times among a step's fields and keeps what went wrong.
type times struct {
	fields map[string]string
	err    error
}

func (t *times) at(name string) time.Time {
	text := t.fields[name]
	if text == "" {
		return time.Time{}
	}
	zone, err := worktime.London()
	if err != nil {
		t.err = err
		return time.Time{}
	}
	at, err := time.ParseInLocation("Mon 2006-01-02 15:04", text, zone)
	if err == nil && !strings.HasPrefix(text, at.Format("Mon ")) {
		err = fmt.Errorf("%s is a %s", text, at.Weekday())
	}
	if err != nil {
		t.err = err
	}
	return at
}

func (t *times) occurrence(name string) *eventpb.Occurrence {
	at := t.at(name)
	if at.IsZero() {
		return nil
	}
	return &eventpb.Occurrence{At: timestamppb.New(at), Precision: "instant"}
}

// consentCommand makes the commands about what holders say; nil: the verb is
// none of them.
func consentCommand(verb string, fields map[string]string) (contact.Command, error) {
	f := filled(verb, fields)
	t := &times{fields: f}
	var c contact.Command
	switch verb {
	case "record holder":
		c = contact.RecordHolder{HolderID: f["holder"], Holder: &eventpb.Holder{Name: f["name"], Relationship: f["relationship"], Phones: list(f["phones"])},
			Subjects: list(f["subjects"]), Basis: f["basis"]}
	case "record consent":
		c = contact.RecordConsent{HolderID: f["holder"], Stance: f["stance"], Scope: scope(f), AskedBy: f["asked by"], Asked: t.occurrence("asked"),
			How: f["how"], Reason: f["reason"], Evidence: f["evidence"], ExpiresAt: t.at("expires")}
	case "withdraw consent":
		c = contact.WithdrawConsent{ConsentID: f["consent"], Withdrawn: t.occurrence("withdrawn"), How: f["how"], Reason: f["reason"]}
	case "lapse consent":
		c = contact.LapseConsent{ConsentID: f["consent"]}
	case "record engagement":
		c = contact.RecordEngagement{HolderID: f["holder"], Subjects: list(f["subjects"]), Service: f["service"], Agrees: f["agrees"],
			Said: t.occurrence("said"), Reason: f["reason"]}
	case "record basis":
		c = contact.RecordLawfulBasis{Scope: scope(f), Bases: list(f["bases"]), Reasoning: f["reasoning"]}
	case "decide not to share":
		c = contact.DecideNotToShare{Scope: scope(f), Reason: f["reason"]}
	case "go on":
		c = contact.GoOnDespiteRefusal{Consents: list(f["consents"]), Reason: f["reason"]}
	default:
		c = overrideCommand(verb, f, t)
	}
	return c, t.err
}

func overrideCommand(verb string, f map[string]string, t *times) contact.Command {
	switch verb {
	case "propose override":
		return contact.ProposeOverride{Scope: scope(f), ReasonCode: f["reason code"], Risk: f["risk"], Bases: list(f["bases"]), Despite: list(f["despite"])}
	case "decide override":
		return contact.DecideOverride{OverrideID: f["override"], Outcome: f["outcome"], Scope: scope(f), Reason: f["reason"], ExpiresAt: t.at("expires"), ReviewAt: t.at("review")}
	case "review override":
		return contact.ReviewOverride{OverrideID: f["override"], Outcome: f["outcome"], Reason: f["reason"], ReviewAt: t.at("review")}
	case "lapse override":
		return contact.LapseOverride{OverrideID: f["override"]}
	case "record agency override":
		return contact.RecordAgencyOverride{Agency: f["agency"], ReasonCode: f["reason code"], Consulted: f["consulted"], Reason: f["reason"]}
	}
	return nil
}

// scope reads "scope: s1, s2 | kent-police | police-and-offending | strategy-discussion":
// children, agencies, categories and purposes; no such line is no scope.
func scope(f map[string]string) *eventpb.Scope {
	text, given := f["scope"]
	if !given {
		return nil
	}
	parts := append(strings.Split(text, "|"), "", "", "")
	return &eventpb.Scope{Subjects: list(parts[0]), Agencies: list(parts[1]), Categories: list(parts[2]), Purposes: list(parts[3])}
}

// asking is what a scenario does: a command, or the question whether an agency
// may be asked about a child in a category for a purpose. What comes of the
// question is the authorities, as an event-like message, or the refusal.
type asking struct {
	command                            contact.Command
	agency, subject, category, purpose string
	at                                 time.Time
}

// asked is a contact's state, and whether the question was put: put twice, it
// gives nothing, as a command would.
type asked struct {
	contact.State
	done bool
}

func askingDecider() domain.Decider[asking, proto.Message, asked] {
	return domain.Decider[asking, proto.Message, asked]{
		Initial: func() asked { return asked{State: contact.Initial()} },
		Evolve: func(s asked, event proto.Message) (asked, error) {
			if _, ok := event.(*eventpb.Question); ok {
				s.done = true
				return s, nil
			}
			var err error
			s.State, err = contact.Evolve(s.State, event)
			return s, err
		},
		Decide: func(a asking, s asked) ([]proto.Message, error) {
			switch {
			case a.command != nil:
				return contact.Decide(a.command, s.State)
			case s.done:
				return nil, nil
			}
			authorities, refusal := s.Authority.Covers(a.agency, a.subject, a.category, a.purpose, a.at)
			if refusal != nil {
				return nil, refusal
			}
			return []proto.Message{&eventpb.Question{Agency: a.agency, Authorities: authorities}}, nil
		},
	}
}

// askingBuilder reads "when ask at …" with the fields agency, subject, category
// and purpose besides all commands.
func askingBuilder(build func(scenario.Step) (contact.Command, error)) func(scenario.Step) (asking, error) {
	return func(s scenario.Step) (asking, error) {
		if s.Verb != "ask" {
			c, err := build(s)
			return asking{command: c}, err
		}
		a := asking{at: s.At, subject: "s1", agency: "kent-police", category: "police-and-offending", purpose: "safeguarding-assessment"}
		for _, f := range s.Fields {
			switch f.Name {
			case "agency":
				a.agency = f.Value
			case "subject":
				a.subject = f.Value
			case "category":
				a.category = f.Value
			case "purpose":
				a.purpose = f.Value
			default:
				return a, fmt.Errorf("unknown field %q", f.Name)
			}
		}
		return a, nil
	}
}
