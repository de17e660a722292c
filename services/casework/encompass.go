package casework

import (
	"slices"

	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
)

// settings finds for each child of an incident of domestic abuse who is told of it
// (KEN-20), as the registry stands at this moment. A child who is educated at home and
// has a school's number too is at that school.
func (s *Service) settings(cmd contact.Receive) []contact.Child {
	if cmd.DomesticAbuse == nil {
		return cmd.Children
	}
	children := slices.Clone(cmd.Children)
	for i := range children {
		urn, home := children[i].Person.GetSchoolUrn(), children[i].Person.GetHomeEducated()
		kind := practice.SettingSchool
		if urn == "" && home {
			kind = practice.SettingHomeEducation
		}
		if agency := s.setting(urn, home); agency != "" {
			children[i].School = contact.SchoolSetting{Kind: kind, Agency: agency}
		}
	}
	return children
}
