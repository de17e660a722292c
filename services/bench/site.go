package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/keys"
)

// A site is a hub, or some parts of one, and what its users reach it with.
type site struct {
	*hub.Hub
	data    string
	keys    *keys.Ring // with openStore
	closers []func() error
}

// withHub runs do with a hub in the data folder, which is kept. The context that do gets ends when the hub fails, with its error.
// No roles means a whole hub; a baseline takes the one role that it measures, so that it runs just as it does in a hub.
func withHub(ctx context.Context, data, label string, roles []hub.Role, do func(context.Context, *site) error) error {
	return labelled(ctx, label, func(ctx context.Context) (err error) {
		clock := hub.NewDrivenClock(monday)
		clock.Release()
		h, err := hub.Start(ctx, hub.Config{
			Data: data, Roles: roles, NATSListen: "127.0.0.1:0", GRPC: "127.0.0.1:0", Metrics: "off", Now: clock.Now,
		})
		if err != nil {
			return fmt.Errorf("start a hub: %w", err)
		}
		ctx, cancel := context.WithCancelCause(ctx)
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			if err := h.Wait(ctx); err != nil {
				cancel(fmt.Errorf("the hub failed: %w", err))
			}
		}()
		s := &site{Hub: h, data: data}
		defer func() {
			cancel(nil)
			<-watched
			err = errors.Join(err, s.close(), h.Stop())
		}()
		if err := do(ctx, s); err != nil {
			if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
				err = errors.Join(err, cause)
			}
			return err
		}
		return nil
	})
}

// withFreshHub is withHub in a new folder that is deleted afterwards.
func (r *run) withFreshHub(ctx context.Context, label string, roles []hub.Role, do func(context.Context, *site) error) error {
	data, err := os.MkdirTemp(r.dir, "hub-")
	if err != nil {
		return err
	}
	return errors.Join(withHub(ctx, data, label, roles, do), os.RemoveAll(data))
}

func (s *site) close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}

func (s *site) seedFile(agency string) string {
	return filepath.Join(s.data, "creds", "agencies", agency+".nk")
}

// publishers connects as each of the agencies. Each of them may have so many messages in flight.
func (s *site) publishers(agencies []string, inFlight int) (map[string]*publisher.Publisher, error) {
	all := map[string]*publisher.Publisher{}
	for _, agency := range agencies {
		p, err := publisher.Dial(publisher.Options{URL: s.Addresses().NATS, Agency: agency, SeedFile: s.seedFile(agency), MaxInFlight: inFlight})
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, func() error { p.Close(); return nil })
		all[agency] = p
	}
	return all, nil
}

// conn connects over gRPC as a member of staff.
func (s *site) conn(person string) (*grpc.ClientConn, error) {
	text, err := os.ReadFile(filepath.Join(s.data, "creds", "staff", person+".token"))
	if err != nil {
		return nil, err
	}
	c, err := grpc.NewClient(s.Addresses().GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(bearer(strings.TrimSpace(string(text)))))
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, c.Close)
	return c, nil
}

type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// client is the official client of the event store, on the socket that the hub itself uses.
func (s *site) client() (*esdb.Client, error) {
	config, err := esdb.ParseConnectionString("esdb://localhost?tls=false")
	if err != nil {
		return nil, err
	}
	config.Address, config.Logger = s.Addresses().EventStore, esdb.NoopLogging()
	c, err := esdb.NewClient(config)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, c.Close)
	return c, nil
}
