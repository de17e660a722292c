package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// meetingReads are what people look up about strategy meetings. With --as system-AGENCY they are what that agency's system is shown.
type meetingReads struct {
	Show        meetingShowCmd        `cmd:"" help:"Show a meeting, as the caller may see it (HUB-05)."`
	List        meetingListCmd        `cmd:"" help:"List meetings, by when they are held or to be held."`
	Watch       meetingWatchCmd       `cmd:"" help:"Show meetings and then every change, until interrupted."`
	Absences    meetingAbsencesCmd    `cmd:"" help:"Who was invited to meetings of a period and was not there (WT-04)."`
	Actions     meetingActionsCmd     `cmd:"" help:"What agencies have to do, open and overdue (WT-05)."`
	Conferences meetingConferencesCmd `cmd:"" help:"Conferences, core groups and reviews that are due (WT-03, WT-06)."`
}

// readMeetings connects and calls.
func (f clientFlags) readMeetings(env *environment, usual string, call func(context.Context, querypb.StrategyMeetingServiceClient) error) error {
	return f.call(env, usual, func(ctx context.Context, conn *grpc.ClientConn) error {
		return call(ctx, querypb.NewStrategyMeetingServiceClient(conn))
	})
}

// meetingFilterFlags say which meetings.
type meetingFilterFlags struct {
	State   []string `help:"Only these states: proposed, called, concluded, declined, cancelled." placeholder:"STATE"`
	Team    []string `help:"Only meetings of these teams."`
	Agency  []string `help:"Only those that these agencies are invited to."`
	Contact string   `help:"Only those about this contact." placeholder:"UUID"`
	Overdue *bool    `help:"Only what is due and was not held or followed in time, or with --overdue=false only others."`
	Since   day      `help:"Held, or to be held, on or after this day." placeholder:"YYYY-MM-DD"`
	Before  day      `help:"Held, or to be held, before this day." placeholder:"YYYY-MM-DD"`
	Without string   `help:"Only those held without this agency, which had been invited." placeholder:"AGENCY"`
}

func (f meetingFilterFlags) filter() *querypb.StrategyMeetingFilter {
	return &querypb.StrategyMeetingFilter{
		States: f.State, Teams: f.Team, Agencies: f.Agency, ContactId: f.Contact, Overdue: f.Overdue, Since: f.Since.stamp(), Before: f.Before.stamp(),
		WithoutAgency: f.Without,
	}
}

type meetingListCmd struct {
	clientFlags
	meetingFilterFlags
	Limit     int    `help:"At most this many rows; 0 is all." default:"50"`
	NotBefore string `help:"Wait until the list shows this position." placeholder:"POSITION"`
}

// Run lists.
func (c *meetingListCmd) Run(env *environment) error {
	return c.readMeetings(env, "manager-1", func(ctx context.Context, client querypb.StrategyMeetingServiceClient) error {
		rows, err := pages(c.Limit, func(size int32, token string) ([]*querypb.StrategyMeetingRow, string, error) {
			resp, err := client.ListStrategyMeetings(ctx, &querypb.ListStrategyMeetingsRequest{Filter: c.filter(), PageSize: size, PageToken: token, NotBefore: c.NotBefore})
			return resp.GetRows(), resp.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, rows,
			"REFERENCE\tSTATE\tFORM\tAT\tDUE\tTEAM\tCHILDREN\tENQUIRIES\tATTENDING\tMISSING\tACTIONS\tMEETING",
			func(w io.Writer, r *querypb.StrategyMeetingRow) {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d of %d\t%s\t%s\t%s\n", r.GetHubReference(), r.GetState(), orDash(r.GetForm()), clockTime(heldAt(r)), byWhen(r.GetDueAt(), r.GetOverdue()),
					orDash(r.GetOwnerTeam()), r.GetChildren(), r.GetEnquiries(), len(r.GetAttending()), len(r.GetInvited()), orDash(strings.Join(r.GetMissing(), "+")), openOf(r), r.GetMeetingId())
			})
	})
}

// heldAt is when it was held, or else when it is to be.
func heldAt(r *querypb.StrategyMeetingRow) *timestamppb.Timestamp {
	if r.GetHeldAt() != nil {
		return r.GetHeldAt()
	}
	return r.GetAt()
}

func byWhen(at *timestamppb.Timestamp, overdue bool) string {
	if overdue {
		return clockTime(at) + " overdue"
	}
	return clockTime(at)
}

// openOf says how many actions are open, and of these overdue.
func openOf(r *querypb.StrategyMeetingRow) string {
	text := fmt.Sprint(r.GetActionsOpen(), " open")
	if r.GetActionsOverdue() > 0 {
		text += fmt.Sprint(", ", r.GetActionsOverdue(), " overdue")
	}
	return text
}

type meetingWatchCmd struct {
	clientFlags
	meetingFilterFlags
}

// Run watches.
func (c *meetingWatchCmd) Run(env *environment) error {
	return follow(c.clientFlags, env, "manager-1", func(conn *grpc.ClientConn) (grpc.ServerStreamingClient[querypb.WatchStrategyMeetingsResponse], error) {
		return querypb.NewStrategyMeetingServiceClient(conn).WatchStrategyMeetings(env.ctx, &querypb.WatchStrategyMeetingsRequest{Filter: c.filter()})
	}, c.print)
}

func (c *meetingWatchCmd) print(w io.Writer, change *querypb.WatchStrategyMeetingsResponse) error {
	if c.JSON {
		return printJSONLines(w, []proto.Message{change})
	}
	switch e := change.GetEvent().(type) {
	case *querypb.WatchStrategyMeetingsResponse_Row:
		r := e.Row
		fmt.Fprintf(w, "%s  %-9s %-17s due %-25s attending %d of %d  %s\n", r.GetHubReference(), r.GetState(), clockTime(heldAt(r)), byWhen(r.GetDueAt(), r.GetOverdue()),
			len(r.GetAttending()), len(r.GetInvited()), r.GetMeetingId())
	case *querypb.WatchStrategyMeetingsResponse_Removed:
		fmt.Fprintf(w, "%s  left the list\n", e.Removed)
	case *querypb.WatchStrategyMeetingsResponse_CaughtUp:
		fmt.Fprintln(w, "-- these are the meetings; changes follow --")
	}
	return nil
}

type meetingAbsencesCmd struct {
	clientFlags
	Since  day      `required:"" help:"Held on or after this day." placeholder:"YYYY-MM-DD"`
	Before day      `help:"Held before this day; else until now." placeholder:"YYYY-MM-DD"`
	Agency []string `help:"Only these agencies."`
}

// Run reports.
func (c *meetingAbsencesCmd) Run(env *environment) error {
	return c.readMeetings(env, "manager-1", func(ctx context.Context, client querypb.StrategyMeetingServiceClient) error {
		resp, err := client.ReportAbsences(ctx, &querypb.ReportAbsencesRequest{Since: c.Since.stamp(), Before: c.Before.stamp(), Agencies: c.Agency})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp})
		}
		tw := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, "AGENCY\tSECTOR\tINVITED\tATTENDED\tAPOLOGIES\tUNEXPLAINED\tWROTE INSTEAD")
		for _, a := range resp.GetAgencies() {
			fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", a.GetAgency(), a.GetSector(), a.GetInvited(), a.GetAttended(), a.GetApologies(), a.GetUnexplained(), a.GetContributed())
		}
		if err := tw.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%d meetings held\n", resp.GetMeetings())
		return nil
	})
}

type meetingActionsCmd struct {
	clientFlags
	Agency  []string `help:"Only these agencies."`
	State   []string `help:"open (with overdue ones), overdue, completed, not-possible; else open." placeholder:"STATE"`
	Meeting string   `help:"Only of this meeting." placeholder:"UUID"`
	Limit   int      `help:"At most this many rows; 0 is all." default:"50"`
}

// Run lists.
func (c *meetingActionsCmd) Run(env *environment) error {
	return c.readMeetings(env, "manager-1", func(ctx context.Context, client querypb.StrategyMeetingServiceClient) error {
		rows, err := pages(c.Limit, func(size int32, token string) ([]*querypb.MeetingActionRow, string, error) {
			resp, err := client.ListMeetingActions(ctx, &querypb.ListMeetingActionsRequest{
				Agencies: c.Agency, States: c.State, MeetingId: c.Meeting, PageSize: size, PageToken: token,
			})
			return resp.GetRows(), resp.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, rows,
			"REFERENCE\tACTION\tAGENCY\tOWNER\tSTATE\tDUE\tFOLLOWS FROM\tMEETING",
			func(w io.Writer, a *querypb.MeetingActionRow) {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.GetHubReference(), a.GetActionId(), a.GetAgency(), orDash(a.GetOwner()), a.GetState(),
					byWhen(a.GetDueAt(), a.GetOverdue()), orDash(a.GetFollowsFrom()), a.GetMeetingId())
			})
	})
}

type meetingConferencesCmd struct {
	clientFlags
	Kind    []string `help:"conference, core-group, review; else all."`
	Before  day      `help:"Due before this day." placeholder:"YYYY-MM-DD"`
	Overdue *bool    `help:"Only what is overdue, or with --overdue=false only what is not."`
	Limit   int      `help:"At most this many rows; 0 is all." default:"50"`
}

// Run lists.
func (c *meetingConferencesCmd) Run(env *environment) error {
	return c.readMeetings(env, "manager-1", func(ctx context.Context, client querypb.StrategyMeetingServiceClient) error {
		rows, err := pages(c.Limit, func(size int32, token string) ([]*querypb.ConferenceDue, string, error) {
			resp, err := client.ListConferencesDue(ctx, &querypb.ListConferencesDueRequest{
				Kinds: c.Kind, Before: c.Before.stamp(), Overdue: c.Overdue, PageSize: size, PageToken: token,
			})
			return resp.GetRows(), resp.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, rows,
			"REFERENCE\tWHAT\tDUE\tCOUNTED\tCHILDREN\tTEAM\tMEETING",
			func(w io.Writer, r *querypb.ConferenceDue) {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s from %s\t%s\t%s\t%s\n", r.GetHubReference(), r.GetKind(), byWhen(r.GetClock().GetDueAt(), r.GetOverdue()), r.GetClock().GetReckoning(),
					clockTime(r.GetClock().GetStartedAt()), strings.Join(r.GetChildren(), " "), orDash(r.GetOwnerTeam()), r.GetMeetingId())
			})
	})
}
