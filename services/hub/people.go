package hub

import (
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// agencySystems are the systems of partners for whom the first start makes tokens: over gRPC they read the strategy meetings that they have
// to do with, and nothing else. What they have to say they publish on their NATS accounts.
func agencySystems(all []agencies.Agency) (systems []access.Person) {
	for _, a := range all {
		systems = append(systems, access.Person{ID: "system-" + a.ID, Role: access.AgencySystem, Agency: a.ID})
	}
	return systems
}

// firstPeople are those for whom the first start makes tokens, so that a hub can be tried at once. An authority replaces them by its own
// (its identity provider takes the place of the tokens: rpc.Authenticator). The front door's day team is that of KEN-26.
func firstPeople() []access.Person {
	return []access.Person{
		{ID: "manager-1", Role: access.TeamManager, Team: practice.TeamFrontDoor},
		{ID: "manager-2", Role: access.TeamManager, Team: practice.TeamFrontDoor},
		{ID: "senior-1", Role: access.SeniorPractitioner, Team: practice.TeamFrontDoor},
		{ID: "senior-2", Role: access.SeniorPractitioner, Team: practice.TeamFrontDoor},
		{ID: "oncall-1", Role: access.OnCallSeniorManager, Team: practice.TeamOutOfHours},
		{ID: "worker-1", Role: access.SocialWorker, Team: practice.TeamFrontDoor},
		{ID: "worker-2", Role: access.SocialWorker, Team: practice.TeamFrontDoor},
		{ID: "worker-3", Role: access.SocialWorker, Team: practice.TeamUnaccompaniedChild},
		{ID: "worker-4", Role: access.SocialWorker, Team: practice.TeamOutOfHours},
		{ID: "officer-1", Role: access.FrontDoorOfficer, Team: practice.TeamFrontDoor},
		{ID: "analyst-1", Role: access.Analyst, Team: practice.TeamFrontDoor},
		{ID: "auditor-1", Role: access.Auditor},
		{ID: "operator-1", Role: access.Operator},
	}
}
