package rpc_test

import (
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hubtest/selfsigned"
	"github.com/openmash/mash/services/rpc"
)

func TestEveryUnaryCallHasADeadline(t *testing.T) {
	var left time.Duration
	r := start(t, services{get: func(ctx context.Context) error {
		deadline, ok := ctx.Deadline()
		if !ok {
			return errors.New("no deadline")
		}
		left = time.Until(deadline)
		return nil
	}}, func(c *rpc.Config) { c.MaxCallTime = time.Minute })
	for name, ctx := range map[string]context.Context{
		"none of its own": context.WithoutCancel(r.as(t, "manager-1")), "a longer one": r.as(t, "manager-1"),
	} {
		if err := getContact(ctx, r); err != nil || left <= 0 || left > time.Minute {
			t.Errorf("%s: got %v with %s left, want at most a minute", name, err, left)
		}
	}
}

func TestACallThatRunsOutOfTime(t *testing.T) {
	r := start(t, services{get: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		func(c *rpc.Config) { c.MaxCallTime = time.Millisecond })
	wantError(t, getContact(r.as(t, "manager-1"), r), codes.DeadlineExceeded, rpc.ReasonDeadline)
}

func TestARequestThatIsTooLarge(t *testing.T) {
	r := start(t, services{}, func(c *rpc.Config) { c.MaxRequestBytes = 1000 })
	_, err := querypb.NewContactServiceClient(r.conn).GetContact(r.as(t, "manager-1"), &querypb.GetContactRequest{NotBefore: strings.Repeat("x", 2000)})
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v, want RESOURCE_EXHAUSTED", err)
	}
	if err := getContact(r.as(t, "manager-1"), r); err != nil {
		t.Errorf("the next good request: %v", err)
	}
}

func check(t *testing.T, r *running, service string) healthpb.HealthCheckResponse_ServingStatus {
	t.Helper()
	answer, err := healthpb.NewHealthClient(r.conn).Check(anonymous(t), &healthpb.HealthCheckRequest{Service: service})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status
}

func TestHealthPerService(t *testing.T) {
	r := start(t, services{}, nil)
	const contact, queue = "mash.query.v1.ContactService", "mash.query.v1.TriageQueueService"
	want := func(service string, want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		if got := check(t, r, service); got != want {
			t.Errorf("%q is %s, want %s", service, got, want)
		}
	}
	want("", healthpb.HealthCheckResponse_SERVING)
	want(queue, healthpb.HealthCheckResponse_SERVING)
	r.SetServing(queue, false)
	want(queue, healthpb.HealthCheckResponse_NOT_SERVING)
	want(contact, healthpb.HealthCheckResponse_SERVING)
	want("", healthpb.HealthCheckResponse_NOT_SERVING)
	r.SetServing(queue, true)
	want("", healthpb.HealthCheckResponse_SERVING)
}

func TestTheHealthOfAnUnknownServiceIsNotFound(t *testing.T) {
	r := start(t, services{}, nil)
	_, err := healthpb.NewHealthClient(r.conn).Check(anonymous(t), &healthpb.HealthCheckRequest{Service: "mash.query.v1.NoSuchService"})
	if e, _ := wantError(t, err, codes.NotFound, rpc.ReasonNotFound); e.GetMetadata()["resource"] != "service" {
		t.Errorf("metadata = %v, want it to say what is not found", e.GetMetadata())
	}
	// A watch waits for the service to come instead.
	watch, err := healthpb.NewHealthClient(r.conn).Watch(anonymous(t), &healthpb.HealthCheckRequest{Service: "mash.query.v1.NoSuchService"})
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := watch.Recv(); err != nil || answer.Status != healthpb.HealthCheckResponse_SERVICE_UNKNOWN {
		t.Errorf("watch: %v, %v, want SERVICE_UNKNOWN", answer, err)
	}
}

// One watch, one reflection stream and one call are under way when the server stops: the watch and the reflection stream
// are ended, the call is let end.
func TestStopEndsWatchesAndLetsCallsEnd(t *testing.T) {
	entered, finish := make(chan struct{}), make(chan struct{})
	r := start(t, services{
		get: func(context.Context) error { close(entered); <-finish; return nil },
		watch: func(s grpc.ServerStreamingServer[querypb.WatchTriageQueueResponse]) error {
			if err := s.Send(&querypb.WatchTriageQueueResponse{}); err != nil {
				return err
			}
			<-s.Context().Done()
			return nil // a handler that ends quietly must not look like the end of the list
		},
	}, nil)
	watch, err := querypb.NewTriageQueueServiceClient(r.conn).WatchTriageQueue(r.as(t, "manager-1"), &querypb.WatchTriageQueueRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	reflect, err := reflectionpb.NewServerReflectionClient(r.conn).ServerReflectionInfo(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan error, 1)
	ctx := r.as(t, "manager-1")
	go func() { called <- getContact(ctx, r) }()
	<-entered

	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(anonymous(t)) }()
	_, err = watch.Recv()
	wantError(t, err, codes.Unavailable, rpc.ReasonStopping)
	if _, err := reflect.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the reflection stream ended with %v, want UNAVAILABLE", err)
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped with %v while a call was under way", err)
	default:
	}
	close(finish)
	if err := <-called; err != nil {
		t.Errorf("the call under way ended with %v, want its answer", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
	if err := getContact(ctx, r); status.Code(err) != codes.Unavailable {
		t.Errorf("a call after the stop: got %v, want UNAVAILABLE", err)
	}
}

func TestStopCutsOffWhatDoesNotEnd(t *testing.T) {
	entered := make(chan struct{})
	r := start(t, services{get: func(ctx context.Context) error { close(entered); <-ctx.Done(); return ctx.Err() }}, nil)
	called := make(chan error, 1)
	ctx := r.as(t, "manager-1")
	go func() { called <- getContact(ctx, r) }()
	<-entered
	given, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Stop(given); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an error that says calls were cut off", err)
	}
	if err := <-called; status.Code(err) != codes.Unavailable {
		t.Errorf("the call that was cut off: got %v, want UNAVAILABLE", err)
	}
}

func TestMetricsPerMethod(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := start(t, services{}, func(c *rpc.Config) { c.Metrics = registry })
	if err := getContact(r.as(t, "manager-1"), r); err != nil {
		t.Fatal(err)
	}
	if err := getContact(anonymous(t), r); err == nil {
		t.Fatal("the anonymous got through")
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	requests, durations := map[string]float64{}, uint64(0)
	for _, f := range families {
		for _, m := range f.Metric {
			switch f.GetName() {
			case "mash_rpc_requests_total":
				requests[m.Label[0].GetValue()] += m.GetCounter().GetValue()
			case "mash_rpc_duration_seconds":
				durations += m.GetHistogram().GetSampleCount()
			case "mash_rpc_in_flight":
				if m.GetGauge().GetValue() != 0 {
					t.Errorf("in flight: %v, want 0", m.GetGauge().GetValue())
				}
			}
		}
	}
	if requests["OK"] != 1 || requests["Unauthenticated"] != 1 || durations != 2 {
		t.Errorf("got %v and %d durations, want one OK, one Unauthenticated and two durations", requests, durations)
	}
	if _, err := rpc.NewServer(rpc.Config{Tokens: tokens(t, t.TempDir()), Metrics: registry}); err == nil {
		t.Error("two servers share a registry without an error")
	}
}

func TestTheRequestLog(t *testing.T) {
	r := start(t, services{}, nil)
	if _, err := querypb.NewContactServiceClient(r.conn).GetContact(r.as(t, "manager-1"), &querypb.GetContactRequest{ContactId: canary}); err == nil {
		t.Fatal("no error")
	}
	log := r.log.String()
	for _, want := range []string{"method=/mash.query.v1.ContactService/GetContact", "code=InvalidArgument", "took=", "person=manager-1", "role=team-manager", "reason=INVALID_FIELDS"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, canary) || strings.Contains(log, "mash_") {
		t.Errorf("the log has a payload or a token:\n%s", log)
	}
}

func TestTLS(t *testing.T) {
	certificate := selfsigned.New(t)
	r := start(t, services{}, func(c *rpc.Config) { c.TLS = &tls.Config{Certificates: []tls.Certificate{certificate.TLS}} })
	conn, err := grpc.NewClient(r.address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: certificate.Pool})))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := healthpb.NewHealthClient(conn).Check(anonymous(t), &healthpb.HealthCheckRequest{}); err != nil {
		t.Errorf("with TLS: %v", err)
	}
	if _, err := healthpb.NewHealthClient(r.conn).Check(anonymous(t), &healthpb.HealthCheckRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("without TLS: got %v, want UNAVAILABLE", err)
	}
}
