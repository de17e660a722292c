package hub

import "github.com/openmash/mash/services/domain/access"

// firstPeople are those for whom the first start makes tokens, so that a hub can be tried at once. An authority replaces them by its own
// (its identity provider takes the place of the tokens: rpc.Authenticator). The front door's day team is that of KEN-26.
func firstPeople() []access.Person {
	return []access.Person{
		{ID: "manager-1", Role: access.TeamManager, Team: "front-door"},
		{ID: "manager-2", Role: access.TeamManager, Team: "front-door"},
		{ID: "senior-1", Role: access.SeniorPractitioner, Team: "front-door"},
		{ID: "senior-2", Role: access.SeniorPractitioner, Team: "front-door"},
		{ID: "oncall-1", Role: access.OnCallSeniorManager, Team: "out-of-hours"},
		{ID: "worker-1", Role: access.SocialWorker, Team: "front-door"},
		{ID: "worker-2", Role: access.SocialWorker, Team: "front-door"},
		{ID: "officer-1", Role: access.FrontDoorOfficer, Team: "front-door"},
		{ID: "analyst-1", Role: access.Analyst, Team: "front-door"},
		{ID: "auditor-1", Role: access.Auditor},
		{ID: "operator-1", Role: access.Operator},
	}
}
