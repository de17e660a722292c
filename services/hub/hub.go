package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// stopTimeout bounds each step of stopping. A step that takes longer is cut off; nothing that was acknowledged is lost by that.
const stopTimeout = 10 * time.Second

// A Hub is a running hub.
type Hub struct {
	cfg       Config
	parts     parts
	addresses Addresses

	closers []closer // in start order
	failure chan error
	running sync.WaitGroup
}

type closer struct {
	name  string
	close func(context.Context) error
}

// Run starts a hub, runs it until ctx ends or a part fails, stops it, and returns when every goroutine of it has ended. The end of ctx is
// not an error.
func Run(ctx context.Context, cfg Config) error {
	h, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(h.Wait(ctx), h.Stop())
}

// Start starts a hub and returns when it takes messages and calls. A setting that cannot work is an error of one line that names it.
func Start(ctx context.Context, cfg Config) (*Hub, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &Hub{cfg: cfg, failure: make(chan error, 1)}
	for _, step := range h.steps() {
		if !step.wanted {
			continue
		}
		begun := time.Now()
		if err := step.start(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("start %s: %w", step.name, err), h.Stop())
		}
		cfg.Logger.Info("started", "part", step.name, "took", time.Since(begun).Round(time.Millisecond).String())
	}
	return h, nil
}

// Wait returns when ctx ends, with nil, or when a part fails, with what failed.
func (h *Hub) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-h.failure:
		return err
	}
}

// Stop stops all parts, the last one started first, and waits for their goroutines. It may be called once.
func (h *Hub) Stop() error {
	var errs []error
	for i := len(h.closers) - 1; i >= 0; i-- {
		c := h.closers[i]
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		if err := c.close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", c.name, err))
		}
		cancel()
		h.cfg.Logger.Info("stopped", "part", c.name)
	}
	h.running.Wait()
	return errors.Join(errs...)
}

// Addresses tells where the hub listens.
func (h *Hub) Addresses() Addresses { return h.addresses }

// onStop registers what undoes a start.
func (h *Hub) onStop(name string, close func(context.Context) error) {
	h.closers = append(h.closers, closer{name, close})
}

// background runs a part until its context ends. One that ends by itself with an error makes the hub fail: a hub that has lost a part and
// goes on looks healthy to those who wait for it.
func (h *Hub) background(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	h.running.Go(func() {
		defer close(done)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			h.fail(fmt.Errorf("%s: %w", name, err))
		}
	})
	h.onStop(name, func(stop context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-stop.Done():
			return stop.Err()
		}
	})
}

// fail reports the first failure of a part; later ones follow from it.
func (h *Hub) fail(err error) {
	select {
	case h.failure <- err:
	default:
	}
}
