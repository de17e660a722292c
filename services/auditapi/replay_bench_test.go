package auditapi_test

import (
	"testing"
	"time"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
)

// A decision on a contact of 200 events, over gRPC: read, opened, folded, shown.
func BenchmarkReplayConsentDecision(b *testing.B) {
	d := newDesk(b.Context(), b, newWorld(b))
	d.must(access.SocialWorker, "worker-1", said("p1", "given", d.now, "s1"))
	d.must(access.SocialWorker, "worker-1", ask("s1"))
	for len(d.recorded) < 200 {
		d.now = d.now.Add(time.Minute)
		d.must(access.SocialWorker, "worker-1", contact.DecideNotToShare{Scope: scopeOf("s2"), Reason: "Known since " + d.now.String()})
	}
	client, ctx := auditpb.NewAuditServiceClient(d.w.conn), d.w.as(b, "auditor")
	for b.Loop() {
		if _, err := client.ReplayConsentDecision(ctx, &auditpb.ReplayConsentDecisionRequest{ContactId: d.id, DecisionId: "r1"}); err != nil {
			b.Fatal(err)
		}
	}
}
