package hub_test

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest"
	"github.com/openmash/mash/services/hubtest/selfsigned"
)

// A hub with a certificate that no authority of this machine knows, for a name that is not this machine's: agencies and staff who trust it
// are served, others are not.
func TestTheHubServesWithItsOwnCertificate(t *testing.T) {
	certificate := selfsigned.New(t, "hub.example")
	h := hubtest.Start(t, func(c *hub.Config) { c.TLSCert, c.TLSKey = certificate.CertFile, certificate.KeyFile })
	seed := filepath.Join(h.Config.Data, "creds", "agencies", "kent-police.nk")
	trust := &tls.Config{RootCAs: certificate.Pool, ServerName: "hub.example", MinVersion: tls.VersionTLS12}
	p, err := publisher.Dial(publisher.Options{URL: h.Addresses().NATS, Agency: "kent-police", SeedFile: seed, TLS: trust})
	if err != nil {
		t.Fatalf("connect with trust: %v", err)
	}
	defer p.Close()
	receipt := accepted(t, send(t, p, "contact", "m-1", contact("kent-police")))

	conn, err := grpc.NewClient(h.Addresses().GRPC, grpc.WithTransportCredentials(credentials.NewTLS(trust)), grpc.WithPerRPCCredentials(secure(h.Token("analyst-1"))))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	resp, err := querypb.NewTriageQueueServiceClient(conn).ListTriageQueue(h.Context(), &querypb.ListTriageQueueRequest{NotBefore: receipt.GetPosition()})
	if err != nil || len(resp.GetRows()) != 1 {
		t.Errorf("queue over TLS: %v, %v", resp.GetRows(), err)
	}
	if _, err := publisher.Dial(publisher.Options{URL: h.Addresses().NATS, Agency: "kent-police", SeedFile: seed}); err == nil {
		t.Error("a publisher that does not trust the certificate was served")
	}
}

type secure string

func (s secure) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(s)}, nil
}

func (secure) RequireTransportSecurity() bool { return true }

// Two hubs on one data folder would overwrite each other's messages: the second is refused, and says why.
func TestTheDataFolderBelongsToOneHub(t *testing.T) {
	h := hubtest.Start(t)
	for _, roles := range [][]hub.Role{nil, {hub.RoleBus}, {hub.RoleStore}} {
		c := h.Config
		c.Roles = roles
		second, err := hub.Start(t.Context(), c)
		if err == nil {
			second.Stop()
			t.Errorf("a second hub with roles %v started on the same data", roles)
			continue
		}
		if want := "data: another hub is using " + h.Config.Data; !strings.Contains(err.Error(), want) {
			t.Errorf("error = %q, want %q", err, want)
		}
	}
	h.Restart() // the lock goes with its hub
}
