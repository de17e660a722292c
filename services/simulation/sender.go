package simulation

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/simulation/generator"
)

// senders are the agencies, each with a connection of its own, made when it first has something to say.
type senders struct {
	o    Options
	byID map[string]*publisher.Publisher
}

func newSenders(o Options) *senders { return &senders{o: o, byID: map[string]*publisher.Publisher{}} }

func (s *senders) close() {
	for _, p := range s.byID {
		p.Close()
	}
}

// of gives the agency's connection. Those who never send need no credentials.
func (s *senders) of(agency string) (*publisher.Publisher, error) {
	if p, ok := s.byID[agency]; ok {
		return p, nil
	}
	p, err := publisher.Dial(publisher.Options{
		URL: s.o.NATSURL, Agency: agency, SeedFile: filepath.Join(s.o.SeedDir, agency+".nk"), Logger: s.o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("connect as %s: %w", agency, err)
	}
	s.byID[agency] = p
	return p, nil
}

// sent is a message that waits for its answer. The publisher keeps it and sends it again until then.
type sent struct {
	step    generator.Step
	pending *publisher.Pending
	at      time.Time // on the machine's clock
}

// send publishes a step as it is and does not wait for the answer, but for a place among those in flight.
func (s *senders) send(ctx context.Context, step generator.Step) (sent, error) {
	p, err := s.of(step.Agency)
	if err != nil {
		return sent{}, err
	}
	data, contentType, err := step.Encode()
	if err != nil {
		return sent{}, err
	}
	at := time.Now()
	pending, err := p.SendAsync(ctx, publisher.Message{
		Kind: step.Kind, ID: step.ID, Source: step.Source, Type: step.Type(), Time: step.At, ContentType: contentType, Data: data,
	})
	if err != nil {
		return sent{}, fmt.Errorf("publish as %s: %w", step.Agency, err)
	}
	return sent{step: step, pending: pending, at: at}, nil
}

// answer is what the hub said to a step: a receipt or a rejection.
type answer struct {
	step      generator.Step
	receipt   *intakepb.Receipt
	rejection *intakepb.Rejection
	took      time.Duration // on the machine's clock
}

// answer waits for the hub's word.
func (m sent) answer(ctx context.Context) (answer, error) {
	said, err := m.pending.Answer(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("answer to %s: %w", m.step.Agency, err)
	}
	a := answer{step: m.step, took: time.Since(m.at)}
	switch said.Kind {
	case publisher.KindReceipt:
		a.receipt = &intakepb.Receipt{}
		err = decode(said, a.receipt)
	case publisher.KindRejection:
		a.rejection = &intakepb.Rejection{}
		err = decode(said, a.rejection)
	default:
		err = fmt.Errorf("answer to %s: is of the unknown kind %q", m.step.Agency, said.Kind)
	}
	if err != nil {
		return answer{}, err
	}
	return a, nil
}

// decode reads an answer in the form its header names.
func decode(a publisher.Answer, into proto.Message) error {
	media, _, err := mime.ParseMediaType(a.Header.Get("content-type"))
	switch {
	case err != nil:
	case media == "application/json":
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(a.Data, into)
	case media == "application/protobuf" || media == "application/x-protobuf":
		err = proto.Unmarshal(a.Data, into)
	default:
		err = errors.New("unknown content type " + media)
	}
	if err != nil {
		return fmt.Errorf("read a %s: %w", a.Kind, err)
	}
	return nil
}
