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
		Clocks:    builtinClocks(),
		Duties:    builtinDuties(),
		WorkTypes: builtinWorkTypes(),
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
