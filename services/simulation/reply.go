package simulation

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/simulation/generator"
)

// How often, in a hundred, an agency does what is expected of it. No figure is published; these are ours.
const (
	// acknowledges: a school says that it has a notification (KEN-20).
	acknowledges = 85
	// writes: a caller's agency puts the call in writing (SOT-01), a day later.
	writes     = 60
	writesIn   = 24 * time.Hour
	schools    = "kent-schools"
	schoolsLog = "https://kent-schools.example/safeguarding-log"
)

const kindAcknowledgement = "encompass-acknowledgement"

// acknowledgements are what schools answer to the incidents of contacts that were received just now.
func acknowledgements(answers []answer) (all []generator.Step) {
	for _, a := range answers {
		m, ok := a.step.Message.(*intakepb.Contact)
		if !ok || a.receipt == nil || m.GetDomesticAbuse() == nil {
			continue
		}
		for i, child := range m.GetChildren() {
			id := fmt.Sprintf("%s|n%d", a.step.ID, i+1)
			if child.GetSchoolUrn() == "" || hashOf(id)%100 >= acknowledges {
				continue
			}
			all = append(all, generator.Step{
				At: a.step.At, Agency: schools, Source: schoolsLog, Kind: kindAcknowledgement, ID: replyID(id),
				Message: &intakepb.EncompassAcknowledgement{Agency: schools, ContactId: a.receipt.GetContactId(), NotificationId: fmt.Sprintf("n%d", i+1)},
			})
		}
	}
	return all
}

// formOf is how the caller's agency puts a conversation in writing; false: nobody does.
func formOf(t generator.Talk, hubReference string) (generator.Step, bool) {
	if t.Contact.GetAgency() == "" || hashOf(t.ID)%100 >= writes {
		return generator.Step{}, false
	}
	form := proto.CloneOf(t.Contact)
	form.Follows, form.Reference = hubReference, form.GetReference()+"-F"
	return generator.Step{
		At: t.At.Add(writesIn), Agency: form.GetAgency(), Source: t.Source, Kind: generator.KindContact, ID: replyID(t.ID), Message: form,
	}, true
}

func replyID(of string) string { return uuid.NewSHA1(requestSpace, []byte("reply|"+of)).String() }

// reply sends what agencies answer, and waits until it is on record. It is not among the steps that the progress counts.
func (p *player) reply(ctx context.Context, steps []generator.Step) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, s := range steps {
		m, err := p.agencies.send(ctx, s)
		if err != nil {
			_ = group.Wait() // what was sent is answered all the same
			return err
		}
		group.Go(func() error {
			a, err := m.answer(ctx)
			if err == nil {
				p.tally.replied(a)
			}
			return err
		})
	}
	return group.Wait()
}
