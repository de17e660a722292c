package consultation_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/scenario"
)

func TestKEN12_AConsultationBeforeARequest(t *testing.T) {
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	scenario.Run(t, os.DirFS("testdata/scenarios"), "KEN-12.txt", consultation.Decider(), func(s scenario.Step) (consultation.Command, error) {
		set := consultation.Setting{Now: s.At, Profile: p, Role: access.Role(s.Role), Actor: "w-1"}
		switch s.Verb {
		case "give":
			return give(s, set)
		case "follow":
			c := consultation.Follow{Setting: set, Agency: "kent-schools", ContactID: "6c1f4f0e-1b1a-5f3e-9a63-3d0d7d1d0a11"}
			for _, f := range s.Fields {
				if f.Name == "agency" {
					c.Agency = f.Value
				}
			}
			return c, nil
		}
		return nil, fmt.Errorf("unknown command %q", s.Verb)
	})
}

// give is a consultation that no rule objects to, but for the fields that are named.
func give(s scenario.Step, set consultation.Setting) (consultation.Command, error) {
	c := consultation.Give{
		Setting: set, Number: "CON-8QY2-3ST7-G", Agency: "kent-schools", Channel: "telephone", HeldAt: s.At, Lead: "consulted", LeadAt: s.At.Add(-time.Hour),
		Question: "He comes to school without lunch. Is that a request?", Advice: "Speak with his mother first.", Recommendation: "own-agency-steps",
	}
	texts := map[string]*string{"number": &c.Number, "agency": &c.Agency, "reference": &c.Reference, "channel": &c.Channel, "lead": &c.Lead,
		"question": &c.Question, "advice": &c.Advice, "recommendation": &c.Recommendation}
	times := map[string]*time.Time{"held": &c.HeldAt, "lead at": &c.LeadAt}
	for _, f := range s.Fields {
		switch {
		case texts[f.Name] != nil:
			*texts[f.Name] = f.Value
		case times[f.Name] != nil && f.Value == "":
			*times[f.Name] = time.Time{}
		case times[f.Name] != nil:
			at, err := time.Parse(time.RFC3339, f.Value)
			if err != nil {
				return nil, err
			}
			*times[f.Name] = at
		case f.Name == "emergency":
			c.Emergency = f.Value == "yes"
		default:
			return nil, fmt.Errorf("unknown field %q", f.Name)
		}
	}
	return c, nil
}

// No order of events makes a fold panic, and a repetition of any command adds nothing.
func TestLawAnyHistoryCanBeFoldedAndDecidedOn(t *testing.T) {
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "kent-schools", "kent-health", "CON-8QY2-3ST7-G", "consulted"})
		state := consultation.Initial()
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			event := rapid.SampledFrom([]proto.Message{
				&eventpb.ConsultationGiven{ConsultationId: text.Draw(t, "id"), Agency: text.Draw(t, "agency"), Number: text.Draw(t, "number")},
				&eventpb.ConsultationFollowed{ConsultationId: text.Draw(t, "id"), ContactId: text.Draw(t, "contact")}, &eventpb.ConsultationGiven{},
			}).Draw(t, "event")
			if state, err = consultation.Evolve(state, event); err != nil {
				t.Fatal(err)
			}
		}
		follow := consultation.Follow{Setting: consultation.Setting{Now: time.Now(), Profile: p}, Agency: text.Draw(t, "of"), ContactID: text.Draw(t, "to")}
		events, err := consultation.Decide(follow, state)
		if err != nil {
			return
		}
		for _, event := range events {
			if state, err = consultation.Evolve(state, event); err != nil {
				t.Fatal(err)
			}
		}
		if again, err := consultation.Decide(follow, state); err != nil || len(again) > 0 {
			t.Fatalf("a repetition adds %v, %v", again, err)
		}
	})
	if _, err := consultation.Evolve(consultation.Initial(), &eventpb.ContactReceived{}); err == nil {
		t.Error("an event of another stream was folded")
	}
}
