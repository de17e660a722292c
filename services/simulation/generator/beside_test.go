package generator

import (
	"slices"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/openmash/mash/deploy"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies"
)

// The same seed gives the same calls and incidents, and the messages of a week are otherwise those of the week without them.
func TestWhatComesBesideLeavesTheMessagesAsTheyWere(t *testing.T) {
	plain, with, again := generatorOf(t, Options{Seed: 9}), generatorOf(t, Options{Seed: 9, Beside: true}), generatorOf(t, Options{Seed: 9, Beside: true})
	for range 2 {
		want, got, same := plain.Week(), with.Week(), again.Week()
		if diff := cmp.Diff(got, same, protocmp.Transform()); diff != "" {
			t.Fatalf("the same seed gives another week:\n%.2000s", diff)
		}
		if len(want.Talks) != 0 || len(got.Steps) != len(want.Steps) {
			t.Fatalf("%d calls without, %d steps with and %d without", len(want.Talks), len(got.Steps), len(want.Steps))
		}
		for i, s := range got.Steps {
			m, ok := s.Message.(*intakepb.Contact)
			if !ok || m.GetDomesticAbuse() == nil {
				continue
			}
			m = proto.CloneOf(m)
			m.DomesticAbuse = nil
			for _, child := range m.GetChildren() {
				child.Incident, child.SchoolUrn = nil, ""
			}
			if !proto.Equal(m, want.Steps[i].Message) || !s.At.Equal(want.Steps[i].At) || s.Outcome != want.Steps[i].Outcome {
				t.Fatalf("step %d is another message but for its incident (-without +with):\n%s", i, cmp.Diff(want.Steps[i].Message, proto.Message(m), protocmp.Transform()))
			}
		}
	}
}

// KEN-20, SOT-01, KEN-12: the incidents and calls are such as the rules take, from agencies that there are, about schools that there are.
func TestKEN20_IncidentsAndCallsAreValid(t *testing.T) {
	validator, err := protovalidate.New(protovalidate.WithMessages(&intakepb.Contact{}))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := agencies.Load(deploy.Agencies())
	if err != nil {
		t.Fatal(err)
	}
	w := generatorOf(t, Options{Seed: 4, Beside: true}).Week()
	ours := func(urn string) bool { agency, ok := registry.School(urn); return ok && agency == "kent-schools" }
	incidents, known, unknown := 0, 0, 0
	for i, s := range w.Steps {
		if err := validator.Validate(s.Message); err != nil {
			t.Fatalf("step %d is invalid: %v", i, err)
		}
		m, _ := s.Message.(*intakepb.Contact)
		if m.GetDomesticAbuse() == nil {
			continue
		}
		incidents++
		for _, child := range m.GetChildren() {
			switch urn := child.GetSchoolUrn(); {
			case urn == "":
				unknown++
			case ours(urn):
				known++
			default:
				t.Errorf("nobody has the school %s", urn)
			}
		}
	}
	if incidents == 0 || known == 0 || unknown == 0 {
		t.Errorf("%d incidents, %d children with a school and %d without: want some of each", incidents, known, unknown)
	}
	calls, consulted := 0, 0
	for i, talk := range w.Talks {
		if i > 0 && talk.At.Before(w.Talks[i-1].At) || talk.At.Before(w.Start) || !talk.At.Before(w.End) {
			t.Errorf("call %d is out of order or of the week: %v", i, talk.At)
		}
		agency := talk.Agency
		if talk.Contact != nil {
			calls++
			agency = talk.Contact.GetAgency()
			if child := talk.Contact.GetChildren(); len(child) == 0 || talk.Contact.GetReason() == "" {
				t.Errorf("call %d says nothing", i)
			}
		} else {
			consulted++
		}
		if _, ok := registry.Agency(agency); !ok && (agency != "" || talk.Contact == nil || !slices.Contains([]string{"1A", "1B", "1D"}, talk.Contact.GetSourceCode())) {
			t.Errorf("call %d is of %q", i, agency)
		}
	}
	if n := w.Contacts(); calls != n/callEvery || consulted != n/consultEvery {
		t.Errorf("%d conversations and %d consultations for %d contacts, want one for %d and for %d", calls, consulted, n, callEvery, consultEvery)
	}
}
