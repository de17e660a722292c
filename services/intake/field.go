package intake

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// fieldsOf gives the fields that a violation is about. Rules on one field have it from the validator (path); those that compare fields
// stand on the whole message, and the validator names the message only. A form shows its message beside a field, so each of them has one
// here. Path is the message's own ("children[0]"), empty for the payload.
func fieldsOf(rule, path string, payload proto.Message) []string {
	c, _ := payload.(*intakepb.Contact)
	switch rule {
	case "KEN-02.contact_numbers":
		return []string{"referrer.phones"}
	case "KEN-02.date_of_birth":
		return children(c, ".date_of_birth", func(k *intakepb.Child) bool { return k.GetDateOfBirth() == "" && k.GetExpectedDateOfBirth() == "" })
	case "KEN-02.who":
		return children(c, "", func(k *intakepb.Child) bool {
			return !k.GetUnborn() && k.GetGivenName() == "" && k.GetFamilyName() == ""
		})
	case "KEN-02.agrees_to_engage":
		return []string{"consent.agrees_to_engage"}
	case "KEN-02.family_knows":
		return []string{"consent.family_knows"}
	case "KEN-02.referrer":
		return []string{"referrer"}
	case "KEN-04.team":
		return []string{"team"}
	case "HUB-03.contact":
		return []string{"contact_id", "contact"}
	case "SOT-09.contact":
		return []string{"contact_id", "reference"}
	case "answer.reason":
		return []string{"reason"}
	case "answer.attendees":
		return []string{"attendees"}
	case "answer.statements":
		return []string{"statements"}
	case "police_code.conditions":
		return []string{path + ".conditions"}
	case "SOT-02":
		return []string{path + ".why_not_sought"}
	case "unborn.date_of_birth":
		if child := childAt(c, path); child.GetUnborn() {
			return []string{path + ".date_of_birth"}
		}
		return []string{path + ".expected_date_of_birth"}
	case "CIN-8750":
		return []string{path + ".sex"}
	}
	return []string{path}
}

func children(c *intakepb.Contact, field string, broke func(*intakepb.Child) bool) []string {
	var all []string
	for i, child := range c.GetChildren() {
		if broke(child) {
			all = append(all, childPath(i)+field)
		}
	}
	return all
}

func childAt(c *intakepb.Contact, path string) *intakepb.Child {
	for i, child := range c.GetChildren() {
		if childPath(i) == path {
			return child
		}
	}
	return nil
}

func childPath(i int) string { return fmt.Sprintf("children[%d]", i) }
