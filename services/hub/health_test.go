package hub_test

import (
	"io"
	"net"
	"net/url"
	"os"
	"sync"
	"testing"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest"
)

// A hub whose PostgreSQL has gone can answer nothing about people and record nothing, and says so to whoever sends it calls; when the database is
// back, it says that, too.
func TestHealthTellsWhenTheDatabaseIsAway(t *testing.T) {
	dsn := os.Getenv("MASH_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("MASH_TEST_POSTGRES names no PostgreSQL")
	}
	w := newWire(t, hubtest.Database(t, dsn))
	h := hubtest.Start(t, func(c *hub.Config) { c.ReadModel, c.Keys = w.dsn, w.dsn })
	all := []string{
		commandpb.ContactCommandService_ServiceDesc.ServiceName, commandpb.AuthorityCommandService_ServiceDesc.ServiceName,
		commandpb.InformationCommandService_ServiceDesc.ServiceName, auditpb.AuditService_ServiceDesc.ServiceName,
		querypb.TriageQueueService_ServiceDesc.ServiceName, querypb.ContactService_ServiceDesc.ServiceName,
	}
	are := func(want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		for _, service := range all {
			stream, err := healthpb.NewHealthClient(h.Conn("analyst-1")).Watch(h.Context(), &healthpb.HealthCheckRequest{Service: service})
			got := &healthpb.HealthCheckResponse{}
			for err == nil && got.GetStatus() != want {
				got, err = stream.Recv()
			}
			if err != nil {
				t.Fatalf("%s does not come to say %v: %v", service, want, err)
			}
		}
	}
	are(healthpb.HealthCheckResponse_SERVING)
	w.cut(true)
	are(healthpb.HealthCheckResponse_NOT_SERVING)
	w.cut(false)
	are(healthpb.HealthCheckResponse_SERVING)
}

// A wire stands between a hub and its database, and can be cut.
type wire struct {
	dsn, to string

	mu    sync.Mutex
	isCut bool
	ends  map[net.Conn]bool
}

func newWire(t *testing.T, dsn string) *wire {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: u.Host, ends: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	w.dsn = u.String()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.carry(near) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.cut(true)
		running.Wait()
	})
	return w
}

func (w *wire) carry(near net.Conn) {
	far, err := net.Dial("tcp", w.to)
	if err != nil || !w.holds(near, far) {
		_ = near.Close()
		return
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].Close()
		})
	}
	both.Wait()
}

// holds keeps the ends of a connection for the cut; false where it is cut.
func (w *wire) holds(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		if w.isCut {
			_ = end.Close()
		}
		w.ends[end] = true
	}
	return !w.isCut
}

func (w *wire) cut(isCut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = isCut
	for end := range w.ends {
		if isCut {
			_ = end.Close()
		}
	}
}
