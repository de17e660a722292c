package hub

import (
	"context"

	"github.com/openmash/mash/services/outbox"
	"github.com/openmash/mash/services/process"
)

// startOutbox runs what tells agencies what they are to be told.
func (h *Hub) startOutbox(context.Context) error {
	p := h.parts
	o := outbox.New(outbox.Config{Store: p.store, Bus: p.bus, Registry: p.registry, Now: h.cfg.Now, Logger: h.cfg.Logger})
	p.metrics.MustRegister(o.Collectors()...)
	h.background("outbox", o.Run)
	return nil
}

// startProcess runs what keeps the clocks.
func (h *Hub) startProcess(context.Context) error {
	p := process.New(process.Config{Store: h.parts.store, Casework: h.parts.casework, Now: h.cfg.Now, Logger: h.cfg.Logger})
	h.background("process", p.Run)
	return nil
}
