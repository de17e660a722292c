package contact_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/scenario"
)

func profile(t *testing.T) practice.Profile {
	t.Helper()
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// builder makes commands of scenario steps. Triage and the others act on the
// contact that the scenario received. A step is done "as team-manager", or "as
// team-manager m-1" where it matters which person it is.
func builder(p practice.Profile) func(scenario.Step) (contact.Command, error) {
	return func(s scenario.Step) (contact.Command, error) {
		command, err := command(s)
		if err != nil {
			return nil, err
		}
		role, actor, named := strings.Cut(s.Role, " ")
		if !named {
			actor = role
		}
		if s.Verb == "receive" {
			role = string(access.AgencySystem)
		}
		return contact.Under(command, contact.Setting{Now: s.At, Profile: p, Role: access.Role(role), Actor: actor}), nil
	}
}

func command(s scenario.Step) (contact.Command, error) {
	switch s.Verb {
	case "receive":
		return receive(s)
	case "record conversation":
		return conversation(s)
	}
	fields := map[string]string{}
	for _, f := range s.Fields {
		fields[f.Name] = unescape(f.Value)
	}
	switch s.Verb {
	case "triage":
		return contact.Triage{Rating: fields["rating"], Actions: list(fields["actions"]), Directions: fields["directions"], Team: fields["team"]}, nil
	case "rate":
		return contact.Rate{Rating: fields["rating"], Reason: fields["reason"]}, nil
	case "allocate":
		return contact.Allocate{Worker: fields["worker"], Team: fields["team"]}, nil
	case "link":
		return link(fields), nil
	case "unlink":
		return contact.Unlink{Reason: fields["reason"]}, nil
	case "settle":
		told := contact.SchoolSetting{Kind: fields["setting"], Agency: fields["agency"]}
		return contact.SettleEncompass{NotificationID: fields["notification"], Outcome: fields["outcome"], Told: told, Reason: fields["reason"]}, nil
	case "acknowledge notification":
		return contact.AcknowledgeEncompass{NotificationID: fields["notification"], Agency: fields["agency"]}, nil
	case "lapse form", "lapse notification":
		t := &times{fields: fields}
		if due := t.at("due"); s.Verb == "lapse notification" {
			return contact.LapseNotification{NotificationID: fields["notification"], DueAt: due}, t.err
		}
		return contact.LapseWrittenForm{DueAt: t.at("due")}, t.err
	case "note form":
		children, err := strconv.Atoi(fields["children"])
		return contact.NoteWrittenForm{Agency: fields["agency"], FormID: other, Children: children}, err
	}
	if c, err := workCommand(s.Verb, fields); c != nil || err != nil {
		return c, err
	}
	if c, err := consentCommand(s.Verb, fields); c != nil || err != nil {
		return c, err
	}
	if c, err := meetingCommand(s.Verb, fields); c != nil || err != nil {
		return c, err
	}
	return nil, fmt.Errorf("unknown command %q", s.Verb)
}

// The contact that a scenario without words about it receives, and the other
// one that a link may lead to.
var (
	itself = contact.ID("kent-police", "urn:kent-police:niche", "m-1").String()
	other  = contact.ID("kent-police", "urn:kent-police:niche", "m-2").String()
)

func link(fields map[string]string) contact.Link {
	c := contact.Link{DuplicateOf: other, Reason: fields["reason"], Target: contact.Target{Received: true, Queued: true}}
	switch fields["to"] {
	case "itself":
		c.DuplicateOf = itself
	case "a contact that is not on record":
		c.Target = contact.Target{}
	case "a contact that went across":
		c.Target.Queued = false
	case "a duplicate":
		c.Target.DuplicateOf = "6c1f4f0e-1b1a-5f3e-9a63-3d0d7d1d0a11"
	}
	return c
}

// whole is a contact from an officer at the scene that no rule objects to.
func whole() contact.Receive {
	return contact.Receive{
		Agency: "kent-police", Source: "urn:kent-police:niche", MessageID: "m-1", Reference: "46/12345/26",
		WorkType: "police-contact", SourceCode: "6",
		Children: []contact.Child{{Person: &eventpb.Child{
			GivenName: "Amina", FamilyName: "Okafor", DateOfBirth: &eventpb.PartialDate{Value: "2017-05-04"}, Sex: "F",
		}}},
		Referrer: &eventpb.Referrer{Name: "PC 4711", Role: "officer", Phones: []string{"01622 690690"}},
		Reason:   "Found alone at home at night.",
		Consent:  contact.Consent{Stance: "not-known", FamilyKnows: "not-known", AgreesToEngage: "not-known"},
	}
}

func receive(s scenario.Step) (contact.Command, error) {
	c := whole()
	replaced := false
	for _, f := range s.Fields {
		value := unescape(f.Value)
		if f.Name == "child" && !replaced {
			c.Children, replaced = nil, true
		}
		if err := set(&c, f.Name, value); err != nil {
			return nil, fmt.Errorf("line %d: %w", f.Line, err)
		}
	}
	return c, nil
}

func set(c *contact.Receive, name, value string) error {
	texts := map[string]*string{
		"message": &c.MessageID, "agency": &c.Agency, "reference": &c.Reference, "work type": &c.WorkType,
		"source code": &c.SourceCode, "reason": &c.Reason, "consent": &c.Consent.Stance,
		"why not sought": &c.Consent.WhyNotSought, "family knows": &c.Consent.FamilyKnows,
		"agrees to engage": &c.Consent.AgreesToEngage,
	}
	if text, ok := texts[name]; ok {
		*text = value
		return nil
	}
	switch name {
	case "urgent":
		c.Urgent = value == "yes"
	case "child protection":
		c.ChildProtection = value == "yes"
	case "anonymous":
		c.Anonymous = value == "yes"
	case "referrer":
		return setReferrer(c, value)
	case "child":
		return addChild(c, value)
	case "children":
		return manyChildren(c, value)
	case "household":
		return addMember(c, value)
	case "occurred":
		return setOccurred(c, value)
	case "consultation":
		number, how, _ := strings.Cut(value, "; ")
		c.Consultation = contact.Consulted{Number: number}
		if how == "on record" {
			c.Consultation.ID = "6c1f4f0e-1b1a-5f3e-9a63-3d0d7d1d0a11"
		}
	case "abuse":
		return setAbuse(c, value)
	case "follows":
		return setFollows(c, value)
	case "open":
		return addMatch(c, value)
	default:
		return fmt.Errorf("unknown field %q", name)
	}
	return nil
}

// pairs reads "given Ana; born 2019-05-01; unborn".
func pairs(text string, take func(name, value string) error) error {
	for pair := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		if err := take(name, unescape(value)); err != nil {
			return err
		}
	}
	return nil
}

func setReferrer(c *contact.Receive, text string) error {
	if text == "none" {
		c.Referrer = nil
		return nil
	}
	c.Referrer = &eventpb.Referrer{}
	return pairs(text, func(name, value string) error {
		switch name {
		case "name":
			c.Referrer.Name = value
		case "phone":
			c.Referrer.Phones = append(c.Referrer.Phones, value)
		case "email":
			c.Referrer.Email = value
		default:
			return fmt.Errorf("unknown %q of a referrer", name)
		}
		return nil
	})
}

func addChild(c *contact.Receive, text string) error {
	child := contact.Child{Person: &eventpb.Child{}}
	p := child.Person
	texts := map[string]*string{
		"given": &p.GivenName, "family": &p.FamilyName, "sex": &p.Sex, "nhs": &p.NhsNumber, "upn": &p.Upn,
		"case": &p.CaseNumber, "ethnicity": &p.Ethnicity, "school": &p.School,
	}
	err := pairs(text, func(name, value string) error {
		switch field := texts[name]; {
		case field != nil:
			*field = value
		case name == "born":
			p.DateOfBirth = &eventpb.PartialDate{Value: value}
		case name == "expected":
			p.ExpectedDateOfBirth = &eventpb.PartialDate{Value: value}
		case name == "postcode":
			p.Address = &eventpb.Address{Postcode: value}
		case name == "unborn":
			child.Unborn = true
		case name == "urn":
			p.SchoolUrn = value
		case name == "at-home":
			p.HomeEducated = true
		case name == "told": // whom casework found
			child.School = contact.SchoolSetting{Kind: "school", Agency: value}
			if p.HomeEducated {
				child.School.Kind = "home-education-officer"
			}
		case name == "present":
			child.Incident.Present = value
		case name == "alone":
			child.Incident.Alone = value
		case name == "voice":
			child.Incident.Voice = value
		default:
			return fmt.Errorf("unknown %q of a child", name)
		}
		return nil
	})
	c.Children = append(c.Children, child)
	return err
}

func manyChildren(c *contact.Receive, text string) error {
	n, err := strconv.Atoi(text)
	c.Children = nil
	for range n {
		c.Children = append(c.Children, contact.Child{Person: &eventpb.Child{GivenName: "Kai"}})
	}
	return err
}

func addMember(c *contact.Receive, text string) error {
	m := &eventpb.HouseholdMember{}
	c.Household = append(c.Household, m)
	return pairs(text, func(name, value string) error {
		switch name {
		case "name":
			m.Name = value
		case "relationship":
			m.Relationship = value
		case "born":
			m.DateOfBirth = &eventpb.PartialDate{Value: value}
		case "phone":
			m.Phones = append(m.Phones, value)
		case "responsibility":
			m.ParentalResponsibility = value
		default:
			return fmt.Errorf("unknown %q of a household member", name)
		}
		return nil
	})
}

// setOccurred reads "instant 2026-03-01T22:10:00Z", or a precision alone.
func setOccurred(c *contact.Receive, text string) error {
	precision, when, dated := strings.Cut(text, " ")
	c.Occurred = &eventpb.Occurrence{Precision: precision}
	if !dated {
		return nil
	}
	at, err := time.Parse(time.RFC3339, when)
	c.Occurred.At = timestamppb.New(at)
	return err
}

// setAbuse reads "medium", with "at kitchen" and others after it that replace what no
// rule objects to.
func setAbuse(c *contact.Receive, text string) error {
	c.DomesticAbuse = &contact.Abuse{
		PoliceReference: "46/DA/77/26", Occurred: &eventpb.Occurrence{Precision: "unknown"}, Location: "At home", Circumstances: "A quarrel; officers attended.",
	}
	return pairs(text, func(name, value string) error {
		switch name {
		case "reference":
			c.DomesticAbuse.PoliceReference = value
		case "agreement":
			c.DomesticAbuse.Agreement = value
		case "circumstances":
			c.DomesticAbuse.Circumstances = value
		default:
			c.DomesticAbuse.RiskGrade = name
		}
		return nil
	})
}

// setFollows reads "MASH-7K3M-Q2XD; linked", or "; in the queue" or "; not found".
func setFollows(c *contact.Receive, text string) error {
	named, how, _ := strings.Cut(text, "; ")
	c.Follows = contact.Following{Named: named, ContactID: other, Linked: how == "linked"}
	if how == "not found" {
		c.Follows.ContactID = ""
	}
	return nil
}

// conversation is a call from a school: what was said as for receive, and besides
// its channel and when it was held; "agency none" is a member of the public.
func conversation(s scenario.Step) (contact.Command, error) {
	call := contact.RecordConversation{Channel: "telephone", HeldAt: s.At}
	said := scenario.Step{Verb: s.Verb, At: s.At, Role: s.Role}
	for _, f := range s.Fields {
		switch f.Name {
		case "channel":
			call.Channel = f.Value
		case "held":
			at, err := time.Parse(time.RFC3339, f.Value)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", f.Line, err)
			}
			call.HeldAt = at
		default:
			said.Fields = append(said.Fields, f)
		}
	}
	c, err := receive(said)
	if err != nil {
		return nil, err
	}
	call.Receive = c.(contact.Receive)
	call.Source, call.MessageID = "urn:mash:conversation", "c-1"
	call.Reference = ""
	for _, f := range said.Fields {
		switch {
		case f.Name == "agency" && f.Value == "none":
			call.Agency = ""
		case f.Name == "reference":
			call.Reference = f.Value
		}
	}
	return call, nil
}

// addMatch reads "s1; on nhs_number; case c-1; team thanet; told kent-social-care-cms".
func addMatch(c *contact.Receive, text string) error {
	m := &eventpb.OpenMatch{}
	c.OpenMatches = append(c.OpenMatches, m)
	return pairs(text, func(name, value string) error {
		switch name {
		case "on":
			m.MatchedOn = list(value)
		case "case":
			m.CaseId = value
		case "team":
			m.Team = value
		case "told":
			m.ToldBy = value
		default:
			m.SubjectId = name
		}
		return nil
	})
}

func list(text string) []string {
	var all []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// unescape lets a scenario show what cannot be typed, as \n and \x07 in "…".
func unescape(text string) string {
	if !strings.HasPrefix(text, `"`) {
		return text
	}
	if plain, err := strconv.Unquote(text); err == nil {
		return plain
	}
	return text
}
