package parts

import (
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/bus"
)

// A Partner reads its OUT stream as an agency does, with the agency's own credentials.
type Partner struct {
	p        *Parts
	agency   string
	consumer jetstream.Consumer
}

// Partner connects as an agency.
func (p *Parts) Partner(agency string) *Partner {
	p.t.Helper()
	key, err := nats.NkeyOptionFromSeed(p.Creds.AgencyFile(agency))
	p.must(err)
	nc, err := nats.Connect(p.Server.ClientURL(), key, nats.CustomInboxPrefix("_INBOX."+agency))
	p.must(err)
	p.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	p.must(err)
	consumer, err := js.Consumer(p.Context(), bus.StreamOut, bus.ConsumerOut)
	p.must(err)
	return &Partner{p: p, agency: agency, consumer: consumer}
}

// Next waits for the next message and takes it.
func (a *Partner) Next() bus.Sent {
	a.p.t.Helper()
	msg, err := a.consumer.Next(jetstream.FetchMaxWait(Patience))
	if err != nil {
		a.p.t.Fatalf("%s waits for a message of its OUT: %v", a.agency, err)
	}
	meta, err := msg.Metadata()
	a.p.must(err)
	a.p.must(msg.Ack())
	return bus.Sent{Sequence: meta.Sequence.Stream, Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()}
}

// Take waits for the next n messages.
func (a *Partner) Take(n int) []bus.Sent {
	a.p.t.Helper()
	var all []bus.Sent
	for range n {
		all = append(all, a.Next())
	}
	return all
}

// Publisher connects as an agency that sends; once, as all connections of an agency share its receipts, and one that gets another's gives it
// back.
func (p *Parts) Publisher(agency string) *publisher.Publisher {
	p.t.Helper()
	if pub, ok := p.publishers[agency]; ok {
		return pub
	}
	pub, err := publisher.Dial(publisher.Options{URL: p.Server.ClientURL(), Agency: agency, SeedFile: p.Creds.AgencyFile(agency), Logger: p.Log()})
	p.must(err)
	p.t.Cleanup(pub.Close)
	p.publishers[agency] = pub
	return pub
}
