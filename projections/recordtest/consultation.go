package recordtest

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/domain/identifier/number"
)

// Number gives a consultation's number by its own.
func Number(n int) string { return number.NewConsultation([8]byte{1, 2, 3, 4, 5, 6, 7, byte(n)}) }

// Consulted is consultation n of an agency.
func Consulted(n int, agency, giver string, held time.Time) Written {
	id := consultation.ID(Number(n)).String()
	return Written{consultation.Stream(id), &eventpb.ConsultationGiven{
		ConsultationId: id, Number: Number(n), Agency: agency, Reference: "DSL-7", Channel: "telephone", HeldAt: timestamppb.New(held),
		Lead: "is-lead", GivenBy: giver, Role: "social-worker", Question: Narrative(), Advice: Narrative(), Recommendation: "request-for-support",
	}}
}

// Followed says that a contact names consultation n.
func Followed(n int, contactID string) Written {
	id := consultation.ID(Number(n)).String()
	return Written{consultation.Stream(id), &eventpb.ConsultationFollowed{ConsultationId: id, ContactId: contactID}}
}

// Consultations draws consultations and the contacts that followed, with events of other streams among them. Several are held at a time.
func Consultations(t *rapid.T, most int) (all []Written) {
	given := 0
	for range rapid.IntRange(1, most).Draw(t, "events") {
		switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
		case kind == 0:
			all = append(all, Written{"quarantine-kent-police", Retried()})
		case kind == 1 && given > 0:
			all = append(all, Followed(rapid.IntRange(0, given-1).Draw(t, "of"), ID(rapid.IntRange(0, 3).Draw(t, "contact"))))
		default:
			all = append(all, Consulted(given, rapid.SampledFrom([]string{"kent-police", "kent-health", "kent-schools"}).Draw(t, "agency"),
				rapid.SampledFrom([]string{"worker-1", "senior-1"}).Draw(t, "giver"), Monday.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "held"))*time.Hour)))
			given++
		}
	}
	return all
}
