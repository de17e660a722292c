package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	"github.com/openmash/mash/services/hubtest"
)

// In every verb that lists strategy meetings --limit means the same: so many rows, 0 for all of them, also where the hub gives fewer at once.
func TestMeetingsAreListedUpToALimit(t *testing.T) {
	const meetings = 51 // one more than the hub gives who names no number
	h := hubtest.Start(t)
	var last string
	for n := range meetings {
		resp, err := commandpb.NewStrategyMeetingCommandServiceClient(h.Conn("worker-1")).ProposeMeeting(h.Context(), &commandpb.ProposeMeetingRequest{
			Context:   &commandpb.CommandContext{RequestId: uuid.NewString()},
			OpenCases: []*commandpb.CaseChild{{GivenName: "Sam", FamilyName: "Example", CaseNumber: fmt.Sprint("K-", n), OpenTo: "district-1"}},
			Threshold: "two bruises that nobody explains", SignificantHarm: "present",
		})
		if err != nil {
			t.Fatal(err)
		}
		last = resp.GetResult().GetPosition()
	}
	for limit, want := range map[int]int{0: meetings, 3: 3} {
		var out, failed bytes.Buffer
		if code := run([]string{"meeting", "list", "--data", h.Config.Data, "--json", "--not-before", last, "--limit", fmt.Sprint(limit)}, &out, &failed); code != 0 {
			t.Fatalf("exit %d: %s", code, failed.String())
		}
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("--limit %d gives %d rows, want %d", limit, got, want)
		}
	}
	for _, verb := range []string{"list", "actions", "conferences"} {
		var out, failed bytes.Buffer
		if code := run([]string{"meeting", verb, "--data", h.Config.Data, "--limit=-1"}, &out, &failed); code != 1 || !strings.Contains(failed.String(), "0 for all") {
			t.Errorf("meeting %s --limit=-1: exit %d, %q", verb, code, failed.String())
		}
	}
}
