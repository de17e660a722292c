package hub

import (
	"context"
	"fmt"
	"net"
	"path/filepath"

	"github.com/openmash/mash/services/auditapi"
	"github.com/openmash/mash/services/commandapi"
	"github.com/openmash/mash/services/operatorapi"
	"github.com/openmash/mash/services/rpc"
)

// startAPI serves gRPC to staff, auditors and operators.
func (h *Hub) startAPI(context.Context) error {
	dir := filepath.Join(h.cfg.Data, "creds", "staff")
	if err := rpc.EnsureTokens(dir, append(firstPeople(), agencySystems(h.parts.registry.All())...)); err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	tokens, err := rpc.LoadTokens(dir)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	s, err := rpc.NewServer(rpc.Config{Tokens: tokens, Logger: h.cfg.Logger, Metrics: h.parts.metrics, TLS: h.parts.tls})
	if err != nil {
		return err
	}
	if err := h.register(s, tokens); err != nil {
		return err
	}
	l, err := net.Listen("tcp", h.cfg.GRPC)
	if err != nil {
		return fmt.Errorf("grpc: %w", err)
	}
	h.addresses.GRPC = l.Addr().String()
	h.running.Go(func() {
		if err := s.Serve(l); err != nil {
			h.fail(fmt.Errorf("grpc: %w", err))
		}
	})
	h.onStop("grpc", s.Stop)
	h.watchHealth(s)
	return nil
}

func (h *Hub) register(s *rpc.Server, staff *rpc.Tokens) error {
	p := h.parts
	var agencies []string
	sectors := map[string]string{}
	for _, a := range p.registry.All() {
		agencies = append(agencies, a.ID)
		sectors[a.ID] = string(a.Sector)
	}
	for _, register := range []func() error{
		func() error {
			return commandapi.Register(s, commandapi.Config{Casework: p.casework, Staff: staff, Agencies: agencies, Partners: p.registry.Partners(), Sectors: sectors})
		},
		func() error { return h.registerQueries(s) },
		func() error { return auditapi.Register(s, p.store) },
		func() error {
			return operatorapi.Register(s, operatorapi.Config{
				Casework: p.casework, Vault: p.keys, Bus: p.bus, Agencies: agencies, Projections: h.projections, Verify: h.verify,
			})
		},
	} {
		if err := register(); err != nil {
			return err
		}
	}
	return nil
}
