package rpc

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// healthState is what grpc.health.v1 answers per service; the name "" stands for all of them together.
type healthState struct {
	server *health.Server

	mu      sync.Mutex
	serving map[string]bool
	begun   bool
}

func newHealthState() *healthState {
	return &healthState{server: health.NewServer(), serving: map[string]bool{}}
}

// healthService answers as grpc's own does, in the errors of this package.
type healthService struct{ *health.Server }

// Check is NOT_FOUND for a service that is not the server's, as grpc.health.v1 says.
func (h healthService) Check(ctx context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	answer, err := h.Server.Check(ctx, r)
	if status.Code(err) == codes.NotFound {
		return nil, NotFound("service")
	}
	return answer, err
}

// SetServing says whether a service (its full name, "mash.query.v1.TriageQueueService") is fit for calls, for example
// because its read model keeps up. Calls are answered either way; it is for those who send them. A service that nobody
// speaks for serves from Serve on. After Stop it changes nothing.
func (s *Server) SetServing(service string, serving bool) { s.health.set(service, serving) }

// adopt lets a service serve until somebody says otherwise.
func (h *healthState) adopt(service string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, spoken := h.serving[service]; !spoken {
		h.serving[service] = true
	}
}

func (h *healthState) set(service string, serving bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serving[service] = serving
	if h.begun {
		h.publish()
	}
}

// begin publishes for the first time; until then grpc's own answer for "" would say SERVING on behalf of a server that
// has not begun, but nobody can ask it.
func (h *healthState) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun = true
	h.publish()
}

func (h *healthState) publish() {
	all := true
	for service, serving := range h.serving {
		h.server.SetServingStatus(service, wire(serving))
		all = all && serving
	}
	h.server.SetServingStatus("", wire(all))
}

func wire(serving bool) healthpb.HealthCheckResponse_ServingStatus {
	if serving {
		return healthpb.HealthCheckResponse_SERVING
	}
	return healthpb.HealthCheckResponse_NOT_SERVING
}
