package practice

import (
	"fmt"

	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/worktime"
)

// The built-in profile's teams.
const (
	TeamFrontDoor          = "front-door"
	TeamUnaccompaniedChild = "unaccompanied-children-duty"
	TeamOutOfHours         = "out-of-hours"
)

// Builtin gives the profile that is in force until an authority adopts its own;
// the package comment names its sources. Its error can only mean that this
// build is broken. Every call gives a profile of its own.
func Builtin() (Profile, error) {
	p := Profile{
		Authority: "built-in",
		Zone:      worktime.LondonZone,
		Hours:     worktime.MondayToFriday(worktime.At(9, 0), worktime.At(17, 0)),
		Beginning: BeginsWithConversation,
		// Ours: no source names an hour, and no authority's term dates are built in.
		SchoolDays: SchoolDays{Starts: worktime.At(8, 30)},
		Clocks:     builtinClocks(),
		Duties:     builtinDuties(),
		WorkTypes:  builtinWorkTypes(),
		Teams: CodeList{
			{TeamFrontDoor, "Front door", ""},
			{TeamUnaccompaniedChild, "Duty team for unaccompanied asylum-seeking children", "KEN-05"},
			{TeamOutOfHours, "Out of hours", "KEN-19"},
		},
		DefaultTeam: TeamFrontDoor,
		// Ours: no source gives figures. An override is rare and for what is
		// pressing, so it ends within two weeks and is looked at the next day.
		Overrides: OverrideLimits{
			Validity: Reckoning{Basis: WorkingDays, Amount: 10},
			Review:   Reckoning{Basis: WorkingDays, Amount: 1},
		},
		// WT-04 names the least; no source of the built-in profile adds to it.
		Meetings: Meetings{},
		Lists: Lists{
			Ratings:         Ratings(),
			ReferralSources: ReferralSources(),
			Sectors:         Sectors(),
			ConsentStances:  ConsentStances(),
			TriageActions:   TriageActions(),
			Destinations:    Destinations(),
			Purposes:        Purposes(),
			Categories:      Categories(),
			Means:           Means(),
			Evidence:        Evidence(),
			HolderBases:     HolderBases(),
			OverrideReasons: OverrideReasons(),
		},
	}
	if err := p.Validate(); err != nil {
		return Profile{}, fmt.Errorf("built-in practice profile: %w", err)
	}
	return p, nil
}

func builtinClocks() []ClockRule {
	return []ClockRule{
		{Clock{Triage, Unrated}, Reckoning{Basis: WorkingDays, Amount: 1}, "Oxfordshire: rated within one working day"},
		{Clock{Partners, Red}, Reckoning{Basis: ElapsedHours, Amount: 2}, "Merton: partners, red"},
		{Clock{Partners, Amber}, Reckoning{Basis: WorkingHours, Amount: 6}, "Merton: partners, amber"},
		{Clock{Partners, Green}, Reckoning{Basis: WorkingHours, Amount: 24}, "Merton: partners, green"},
		{Clock{Decision, Red}, Reckoning{Basis: ElapsedHours, Amount: 4}, "Oxfordshire: outcome, red"},
		{Clock{Decision, Amber}, Reckoning{Basis: WorkingDays, Amount: 1}, "Oxfordshire: outcome, amber"},
		{Clock{Decision, Green}, Reckoning{Basis: WorkingDays, Amount: 3}, "Oxfordshire: outcome, green"},
		{Clock{AimDecision, Unrated}, Reckoning{Basis: ElapsedHours, Amount: 48}, "KEN-08"},
		{Clock{AimTriage, Unrated}, Reckoning{Basis: CutOff, InBy: worktime.At(17, 0)}, "KEN-09"},
		{Clock{Chase, Red}, Reckoning{Basis: ElapsedHours, Amount: 1}, "ours: half of the partners' time, red"},
		{Clock{Chase, Amber}, Reckoning{Basis: WorkingHours, Amount: 3}, "ours: half of the partners' time, amber"},
		{Clock{Chase, Green}, Reckoning{Basis: WorkingHours, Amount: 12}, "ours: half of the partners' time, green"},
		{Clock{Kind: Response}, Reckoning{Basis: WorkingDays, Amount: 1}, "WT-01"},
		{Clock{Kind: WrittenForm}, Reckoning{Basis: ElapsedHours, Amount: 48}, "Portsmouth: a call is put in writing within 48 hours"},
		{Clock{Kind: Meeting}, Reckoning{Basis: WorkingDays, Amount: 3}, "Bexley: held within three days"},
		{Clock{Kind: FollowUp}, Reckoning{Basis: WorkingDays, Amount: 5}, "Lewisham: a discussion is followed by a meeting"},
		{Clock{Kind: ChildSeen}, Reckoning{Basis: ElapsedHours, Amount: 24}, "Sefton, Slough: the child is seen"},
		{Clock{Kind: LADO}, Reckoning{Basis: WorkingDays, Amount: 1}, "Sheffield: the LADO is told"},
		{Clock{Kind: Minutes}, Reckoning{Basis: WorkingDays, Amount: 5}, "ours: minutes of a strategy meeting"},
		{Clock{Kind: Conference}, Reckoning{Basis: WorkingDays, Amount: 15}, "WT-03"},
		{Clock{Kind: CoreGroup}, Reckoning{Basis: WorkingDays, Amount: 10}, "WT-06"},
		{Clock{Kind: FirstReview}, Reckoning{Basis: CalendarMonths, Amount: 3}, "WT-06"},
		{Clock{Kind: Review}, Reckoning{Basis: CalendarMonths, Amount: 6}, "WT-06"},
	}
}

// A team manager at work after closing time still triages: to refuse would
// leave a child waiting for a form of words. The on-call senior manager acts
// while the front door is closed, for that is when one is on call.
func builtinDuties() []Duty {
	managers := func() []access.Role { return []access.Role{access.TeamManager, access.SeniorPractitioner} }
	onCall := func() []access.Role { return []access.Role{access.OnCallSeniorManager} }
	return []Duty{
		{Action: access.ContactTriage, Roles: managers(), OutOfHours: onCall()},
		{Action: access.ContactRate, Roles: managers(), OutOfHours: onCall()},
		{Action: access.ContactAllocate, Roles: managers(), OutOfHours: onCall()},
		{Action: access.ContactLink, Roles: append(managers(), access.SocialWorker), OutOfHours: onCall()},
		// SOT-08, SOT-32: an override has one who answers for it at every hour.
		{Action: access.OverrideDecide, InHours: []access.Role{access.TeamManager}, OutOfHours: onCall()},
		{Action: access.OverrideReview, InHours: []access.Role{access.TeamManager}, OutOfHours: onCall()},
		{Action: access.DecisionSignOff, Roles: []access.Role{access.TeamManager}, OutOfHours: onCall()},
		{Action: access.ContactReopen, Roles: managers(), OutOfHours: onCall()},
		// SOT-35: a section 47 meeting is possible out of hours too.
		{Action: access.MeetingCall, Roles: []access.Role{access.TeamManager}, OutOfHours: onCall()},
		{Action: access.MeetingConclude, Roles: []access.Role{access.TeamManager}, OutOfHours: onCall()},
	}
}

func builtinWorkTypes() []WorkType {
	teams := map[string]string{
		UnaccompaniedChild:                  TeamUnaccompaniedChild,
		"juvenile-detention-certificate":    TeamOutOfHours,
		"adult-protection-or-mental-health": TeamOutOfHours,
	}
	var types []WorkType
	for _, code := range WorkTypes() {
		types = append(types, WorkType{Code: code.Code, Name: code.Name, Team: teams[code.Code]})
	}
	return types
}
