package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// startMetrics serves what Prometheus reads. Labels hold agencies, methods and outcomes, never people.
func (h *Hub) startMetrics(context.Context) error {
	l, err := net.Listen("tcp", h.cfg.Metrics)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.parts.metrics, promhttp.HandlerOpts{}))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	h.running.Go(func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			h.fail(fmt.Errorf("metrics: %w", err))
		}
	})
	h.addresses.Metrics = l.Addr().String()
	h.onStop("metrics", s.Shutdown)
	return nil
}
