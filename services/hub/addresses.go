package hub

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Addresses are where a running hub can be reached. They stand in DATA/addresses.json, so that whoever asked for port 0 can find it.
type Addresses struct {
	// NATS is the URL for agencies.
	NATS string `json:"nats"`
	// EventStore is esdb://… or unix:PATH.
	EventStore string `json:"eventstore"`
	// GRPC is host:port.
	GRPC string `json:"grpc"`
	// Metrics is host:port.
	Metrics string `json:"metrics,omitempty"`
}

// addressesFile is where they stand in the data folder.
const addressesFile = "addresses.json"

// writeAddresses replaces the file in one step, so that no reader sees half of it. Where several processes share the folder, each writes what
// it listens on and leaves the rest as it is.
func (h *Hub) writeAddresses() error {
	var before Addresses
	if b, err := os.ReadFile(filepath.Join(h.cfg.Data, addressesFile)); err == nil {
		_ = json.Unmarshal(b, &before) // a broken file is replaced
	}
	for _, f := range []struct{ now, before *string }{
		{&h.addresses.NATS, &before.NATS}, {&h.addresses.EventStore, &before.EventStore}, {&h.addresses.GRPC, &before.GRPC},
		{&h.addresses.Metrics, &before.Metrics},
	} {
		if *f.now == "" {
			*f.now = *f.before
		}
	}
	b, err := json.MarshalIndent(h.addresses, "", "  ")
	if err != nil {
		return fmt.Errorf("addresses: %w", err)
	}
	path := filepath.Join(h.cfg.Data, addressesFile)
	if err := os.WriteFile(path+".new", append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("addresses: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("addresses: %w", err)
	}
	return nil
}
