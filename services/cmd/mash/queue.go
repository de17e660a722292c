package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// queueCmd shows the triage queue, or follows it.
type queueCmd struct {
	clientFlags
	State     []string `help:"Only these states: unrated, triaged, allocated, passed-across, duplicate." placeholder:"STATE"`
	Rating    []string `help:"Only these ratings: red, amber, green, unrated."`
	Team      []string `help:"Only these teams."`
	Worker    []string `help:"Only these workers."`
	Agency    []string `help:"Only these agencies."`
	WorkType  []string `help:"Only these work types."`
	Overdue   *bool    `help:"Only what is overdue, or with --overdue=false only what is not."`
	Waits     *bool    `name:"waits-for-meeting" help:"Only what waits for a strategy meeting before its decision (KEN-23), or with =false only what does not."`
	Limit     int      `help:"At most this many rows; 0 is all." default:"50"`
	NotBefore string   `help:"Wait until the queue shows this position." placeholder:"POSITION"`
	Watch     bool     `help:"Show the queue and then every change, until interrupted."`
}

// Run lists or watches.
func (c *queueCmd) Run(env *environment) error {
	if c.Watch {
		return c.watch(env)
	}
	return c.call(env, "analyst-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		rows, now, err := c.list(ctx, querypb.NewTriageQueueServiceClient(conn))
		if err != nil {
			return err
		}
		if err := printRows(env.stdout, c.JSON, rows, queueHeading, printQueueRow); err != nil || c.JSON {
			return err
		}
		fmt.Fprintf(env.stdout, "%d rows, as of %s\n", len(rows), now.Format("Mon 2 Jan 2006 15:04"))
		return nil
	})
}

func (c *queueCmd) filter() *querypb.TriageQueueFilter {
	return &querypb.TriageQueueFilter{
		States: c.State, Ratings: c.Rating, Teams: c.Team, Workers: c.Worker, Agencies: c.Agency, WorkTypes: c.WorkType, Overdue: c.Overdue,
		WaitsForMeeting: c.Waits,
	}
}

func (c *queueCmd) list(ctx context.Context, client querypb.TriageQueueServiceClient) (rows []*querypb.TriageQueueRow, now time.Time, err error) {
	rows, err = pages(c.Limit, func(size int32, token string) ([]*querypb.TriageQueueRow, string, error) {
		resp, err := client.ListTriageQueue(ctx, &querypb.ListTriageQueueRequest{Filter: c.filter(), NotBefore: c.NotBefore, PageSize: size, PageToken: token})
		now = resp.GetNow().AsTime()
		return resp.GetRows(), resp.GetNextPageToken(), err
	})
	return rows, now, err
}

func (c *queueCmd) watch(env *environment) error {
	return follow(c.clientFlags, env, "analyst-1", func(conn *grpc.ClientConn) (grpc.ServerStreamingClient[querypb.WatchTriageQueueResponse], error) {
		return querypb.NewTriageQueueServiceClient(conn).WatchTriageQueue(env.ctx, &querypb.WatchTriageQueueRequest{Filter: c.filter()})
	}, c.printChange)
}

func (c *queueCmd) printChange(w io.Writer, change *querypb.WatchTriageQueueResponse) error {
	if c.JSON {
		return printJSONLines(w, []*querypb.WatchTriageQueueResponse{change})
	}
	switch e := change.GetEvent().(type) {
	case *querypb.WatchTriageQueueResponse_Row:
		r := e.Row
		fmt.Fprintf(w, "%s  %-12s %-9s %-8s %-24s %s\n", r.GetHubReference(), r.GetState(), orDash(r.GetRating()), due(r), r.GetAgency(), r.GetContactId())
	case *querypb.WatchTriageQueueResponse_Removed:
		fmt.Fprintf(w, "%s  left the queue\n", e.Removed)
	case *querypb.WatchTriageQueueResponse_CaughtUp:
		fmt.Fprintln(w, "-- that is the queue; changes follow --")
	}
	return nil
}

const queueHeading = "REFERENCE\tRATING\tSTATE\tNEXT DUE\tCLOCK\tMEETING\tAGENCY\tBEGUN BY\tWORK TYPE\tTEAM\tWORKER\tCHILDREN\tCONTACT"

// printQueueRow writes a line of the table. Bands are words, never colour alone.
func printQueueRow(w io.Writer, r *querypb.TriageQueueRow) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r.GetHubReference(), band(r), r.GetState(), due(r), orDash(r.GetNextClock()), meeting(r),
		orDash(r.GetAgency()), begun(r), r.GetWorkType(), orDash(r.GetTeam()), orDash(r.GetWorker()), r.GetChildren(), r.GetContactId())
}

func band(r *querypb.TriageQueueRow) string {
	switch {
	case r.GetRating() != "":
		return r.GetRating()
	case r.GetUrgent():
		return "URGENT"
	default:
		return "unrated"
	}
}

func due(r *querypb.TriageQueueRow) string {
	if r.GetNextDueAt() == nil {
		return "-"
	}
	text := r.GetNextDueAt().AsTime().In(london()).Format("Mon 2 Jan 15:04")
	if r.GetOverdue() {
		text += " overdue"
	}
	return text
}

// meeting says which strategy meeting is to be held by when, and whether the contact waits for it (KEN-23).
func meeting(r *querypb.TriageQueueRow) string {
	if len(r.GetMeetings()) == 0 {
		return "-"
	}
	m := r.GetMeetings()[0]
	text := m.GetStage()
	if m.GetClock() != nil {
		text += " by " + m.GetClock().GetDueAt().AsTime().In(london()).Format("Mon 2 Jan 15:04")
	}
	if m.GetOverdue() {
		text += " overdue"
	}
	if r.GetWaitsForMeeting() {
		text = "waits: " + text
	}
	return text
}

// begun says how it began: as a message, or by which channel, and whether that is still to be put in writing.
func begun(r *querypb.TriageQueueRow) string {
	switch {
	case r.GetChannel() == "":
		return "message"
	case r.GetWrittenFormOverdue() && r.GetWrittenFormLapsed():
		return r.GetChannel() + ", form overdue, reminded"
	case r.GetWrittenFormOverdue():
		return r.GetChannel() + ", form overdue"
	case r.GetWrittenFormDueAt() != nil:
		return r.GetChannel() + ", form awaited"
	}
	return r.GetChannel()
}

// london is the zone people work in; the binary carries the zone's data.
func london() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return time.UTC
	}
	return zone
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
