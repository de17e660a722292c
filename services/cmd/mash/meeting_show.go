package main

import (
	"context"
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

type meetingShowCmd struct {
	clientFlags
	ID        string `arg:"" help:"The meeting's uuid."`
	NotBefore string `help:"Wait until the answer shows this position." placeholder:"POSITION"`
}

// Run prints a meeting from its proposal to its reviews, with what the caller may see of it.
func (c *meetingShowCmd) Run(env *environment) error {
	return c.readMeetings(env, "manager-1", func(ctx context.Context, client querypb.StrategyMeetingServiceClient) error {
		resp, err := client.GetStrategyMeeting(ctx, &querypb.GetStrategyMeetingRequest{MeetingId: c.ID, NotBefore: c.NotBefore})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp})
		}
		w, r, m := env.stdout, resp.GetRow(), resp.GetMeeting()
		fmt.Fprintf(w, "%s  %s  revision %d\n", r.GetHubReference(), r.GetState(), r.GetRevision())
		printArranged(w, r, m)
		printConcluded(w, m)
		for _, v := range m.GetMinutes() {
			fmt.Fprintf(w, "Minutes, version %d: %s\n", v.GetVersion(), text(v.GetMinutes()))
		}
		printFollowed(w, m)
		for _, k := range m.GetClocks() {
			fmt.Fprintf(w, "Clock %s: %s (%s, %s)\n", k.GetKind(), clockTime(k.GetDueAt()), k.GetReckoning(), k.GetRule())
		}
		return nil
	})
}

// text is words about people, or that they were erased.
func text(p *eventpb.NarrativePart) string {
	switch {
	case p.GetErased() != nil:
		return "[erased]"
	case p.GetOpen() != nil:
		return p.GetOpen().GetText()
	}
	return "-"
}

// printArranged writes what there is before a meeting is held.
func printArranged(w io.Writer, r *querypb.StrategyMeetingRow, m *querypb.StrategyMeetingView) {
	if p := m.GetProposed(); p != nil {
		fmt.Fprintf(w, "Proposed by %s for %d children of team %s; significant harm: %s\n  %s\n", p.GetProposedBy(), len(p.GetChildren()), p.GetOwnerTeam(), p.GetSignificantHarm(), text(p.GetThreshold()))
	}
	if d := m.GetDeclined(); d != nil {
		fmt.Fprintf(w, "Declined by %s: %s\n", d.GetDeclinedBy(), text(d.GetReason()))
	}
	if e := m.GetCalled(); e != nil {
		fmt.Fprintf(w, "To be held as a %s on %s: %s\n", orDash(r.GetForm()), clockTime(r.GetAt()), text(e.GetBriefing()))
		if e.GetReasons() != nil {
			fmt.Fprintf(w, "Called by %s; significant harm: %s\n  %s\n", e.GetCalledBy(), e.GetSignificantHarm(), text(e.GetReasons()))
		}
	}
	if mv := m.GetMoved(); mv != nil {
		fmt.Fprintf(w, "Moved %d times\n", mv.GetTimes())
	}
	if m.GetCancelled() != nil {
		fmt.Fprintf(w, "Cancelled: %s\n", text(m.GetCancelled().GetReason()))
	}
	for _, a := range m.GetAnswers() {
		fmt.Fprintf(w, "  %s: %s%s\n", a.GetAgency(), a.GetAnswer(), marks(a))
		for _, n := range a.GetAttendees() {
			fmt.Fprintf(w, "    %s %s, %s\n", n.GetAttendeeId(), orDash(n.GetAttendee().GetOpen().GetName()), orDash(n.GetAttendee().GetOpen().GetPost()))
		}
		for _, s := range a.GetContributions() {
			fmt.Fprintf(w, "    %s: %s\n", s.GetContributionId(), text(s.GetStatement().GetWords()))
		}
	}
}

func marks(a *eventpb.InvitationAnswered) (text string) {
	if a.GetUninvited() {
		text += ", not invited"
	}
	if a.GetAfterEnd() {
		text += ", after the end"
	}
	return text
}

// printConcluded writes who was there and what was considered.
func printConcluded(w io.Writer, m *querypb.StrategyMeetingView) {
	e := m.GetConcluded()
	if e == nil {
		return
	}
	fmt.Fprintf(w, "Held as a %s on %s\n", orDash(e.GetForm()), clockTime(e.GetHeldAt()))
	for _, q := range e.GetQuorum() {
		fmt.Fprintf(w, "  quorum %s: %s\n", q.GetSector(), q.GetAgency())
	}
	for _, a := range e.GetAbsences() {
		fmt.Fprintf(w, "  absent %s\n", a.GetAgency())
	}
	for _, c := range m.GetConsidered() {
		said := c.GetWords()
		if c.GetErased() {
			said = "[erased]"
		}
		fmt.Fprintf(w, "  considered, %s: %s\n", orDash(c.GetReference().GetAgency()), said)
	}
	if m.GetWithheld() > 0 {
		fmt.Fprintf(w, "  %d statements are not for you\n", m.GetWithheld())
	}
	printDecided(w, m)
}

// printDecided writes what was decided, and what has to be done.
func printDecided(w io.Writer, m *querypb.StrategyMeetingView) {
	e := m.GetConcluded()
	for _, o := range e.GetOutcomes() {
		fmt.Fprintf(w, "Outcome for %s: %s %s; conference by %s\n", o.GetChildId(), o.GetOutcome(), o.GetMode(), clockTime(o.GetConference().GetDueAt()))
	}
	for _, d := range e.GetDissents() {
		fmt.Fprintf(w, "Dissent of %s: %s\n", d.GetAgency(), text(d.GetWords()))
	}
	closed := map[string]string{}
	for _, a := range m.GetClosed() {
		closed[a.GetActionId()] = a.GetResult()
	}
	for _, a := range e.GetActions() {
		state := closed[a.GetActionId()]
		if state == "" {
			state = "open"
		}
		fmt.Fprintf(w, "Action %s, %s by %s: %s (%s)\n", a.GetActionId(), a.GetAgency(), clockTime(a.GetDue().GetDueAt()), text(a.GetWords()), state)
	}
	if e.GetRationale() != nil {
		fmt.Fprintf(w, "The family is told: %s\nWhy: %s\n", text(e.GetFamilyTold()), text(e.GetRationale()))
	}
}

// printFollowed writes what came of the enquiries.
func printFollowed(w io.Writer, m *querypb.StrategyMeetingView) {
	for _, f := range m.GetFollowed() {
		fmt.Fprintf(w, "Followed by the %s of %s: %s\n", f.GetForm(), clockTime(f.GetHeldAt()), f.GetBy())
	}
	for _, e := range m.GetEnquiries() {
		fmt.Fprintf(w, "Enquiries about %s ended: %s\n", e.GetChildId(), e.GetOutcome())
	}
	if c := m.GetConference(); c != nil {
		fmt.Fprintf(w, "Conference held %s\n", clockTime(c.GetHeldAt()))
	}
	if c := m.GetCoreGroup(); c != nil {
		fmt.Fprintf(w, "Core group met %s\n", clockTime(c.GetHeldAt()))
	}
	for _, r := range m.GetReviews() {
		fmt.Fprintf(w, "Review %d held %s\n", r.GetNumber(), clockTime(r.GetHeldAt()))
	}
}
