// Package operatorapi serves mash.operator.v1: what those who run a hub see and do. They see nothing about people.
//
// It stands beside the way of a contact. Messages that intake could not accept are listed from the record (casework), and
// one that is retried goes from the vault back to the start of the way, its agency's inbound stream, where the rules judge
// it again. It also says how far each projection has got.
//
// # What is guaranteed
//
//   - A message's bytes pass through unseen, from vault to bus: no answer, log line or error here holds them.
//   - A retry is on record before the message is put back. The same request again records nothing more and puts the
//     message back again, because the first time may have ended between the two; intake answers a message that is on
//     record with its first receipt, so that nothing comes of a second one.
//   - A message's bytes are there until it is on record (intake deletes them then) or somebody discards them, which is on
//     record before they are deleted. A retry or discard that is sent again after that is answered as done.
//
// What comes of a retry is told to the agency, as a receipt or a rejection, and not to the operator. A list is folded from
// the whole of each agency's quarantine stream, which the design bounds by what an agency gets wrong, not by time.
package operatorapi

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go"

	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/quarantine"
	"github.com/openmash/mash/services/rpc"
)

// Casework reads and writes the record of quarantines; it is a *casework.Service.
type Casework interface {
	ListQuarantine(ctx context.Context, agency string) ([]quarantine.Item, error)
	RetryQuarantined(ctx context.Context, r quarantine.Retry, o casework.Origin) (casework.Result, error)
	DiscardQuarantined(ctx context.Context, d quarantine.Discard, o casework.Origin) (casework.Result, error)
}

// Vault gives the bytes of a quarantined message and its headers, as long as it has them; it is a *keys.Ring.
type Vault interface {
	Held(ctx context.Context, agency string) (ids map[string]bool, err error)
	Discard(ctx context.Context, agency, id string) error
	Fetch(ctx context.Context, agency, id string) (payload []byte, header map[string][]string, err error)
}

// Bus puts a message back on its agency's inbound stream; it is a *bus.Bus.
type Bus interface {
	RepublishIn(ctx context.Context, agency, subject string, header nats.Header, data []byte) error
}

// Projection is how far one projection has got.
type Projection struct {
	Name    string
	Version uint32
	// Position is what it shows, as a token.
	Position string
	CaughtUp bool
	// Stopped says why it stopped, in ids only; empty while it runs.
	Stopped string
}

// Config holds what the services work with.
type Config struct {
	Casework Casework
	Vault    Vault
	Bus      Bus
	// Agencies are the ids of the registry: whose quarantines are listed when none is named.
	Agencies []string
	// Projections says how each projection does; nil: this process runs none.
	Projections func() []Projection
	// Verify folds the record again for one of them.
	Verify Verifier
}

// Register adds both services to the server.
func Register(server *rpc.Server, c Config) error {
	err := server.Register(&operatorpb.QuarantineService_ServiceDesc, &quarantines{Config: c}, map[string]access.Action{
		"ListQuarantine":     access.QuarantineRead,
		"GetQuarantined":     access.QuarantineRead,
		"RetryQuarantined":   access.QuarantineRetry,
		"DiscardQuarantined": access.QuarantineDiscard,
	})
	if err != nil {
		return err
	}
	err = server.Register(&operatorpb.VerificationService_ServiceDesc, &verification{Config: c}, map[string]access.Action{
		"VerifyProjections": access.ProjectionsRead,
	})
	if err != nil {
		return err
	}
	return server.Register(&operatorpb.ProjectionService_ServiceDesc, &projections{list: c.Projections}, map[string]access.Action{
		"ListProjections": access.ProjectionsRead,
	})
}

type projections struct {
	operatorpb.UnimplementedProjectionServiceServer
	list func() []Projection
}

func (s *projections) ListProjections(context.Context, *operatorpb.ListProjectionsRequest) (*operatorpb.ListProjectionsResponse, error) {
	answer := &operatorpb.ListProjectionsResponse{}
	if s.list == nil {
		return answer, nil
	}
	for _, p := range s.list() {
		answer.Projections = append(answer.Projections, &operatorpb.ProjectionStatus{
			Name: p.Name, Version: p.Version, Position: p.Position, CaughtUp: p.CaughtUp, Stopped: p.Stopped,
		})
	}
	return answer, nil
}

// canonical writes a validated UUID in the one form that the record has: validation accepts both cases.
func canonical(uuid string) string { return strings.ToLower(uuid) }
