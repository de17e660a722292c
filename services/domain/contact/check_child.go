package contact

import (
	"fmt"

	"github.com/openmash/mash/services/domain/identifier/number"
	"github.com/openmash/mash/services/domain/worktime"
)

func (f *faults) child(field string, child Child, today worktime.Date) {
	p := child.Person
	f.line(field+".given_name", p.GetGivenName(), 200)
	f.line(field+".family_name", p.GetFamilyName(), 200)
	f.Require(len(p.GetKnownAs()) <= 10, field+".known_as", "list.length", "has more than 10 names")
	for i, name := range p.GetKnownAs() {
		f.line(fmt.Sprintf("%s.known_as[%d]", field, i), name, 200)
	}
	f.Require(oneOf(p.GetSex(), "", "M", "F", "U"), field+".sex", "CIN-4180", "is not M, F or U")
	f.Require(p.GetEthnicity() == "" || ethnicity[p.GetEthnicity()], field+".ethnicity", "CIN-4220", "is not a code of the Department for Education")
	f.token(field+".case_number", p.GetCaseNumber(), caseForm)
	f.line(field+".first_language", p.GetFirstLanguage(), 100)
	f.line(field+".school", p.GetSchool(), 200)
	f.Require(len(p.GetAddress().GetLines()) <= 8, field+".address.lines", "list.length", "has more than 8 lines")
	for i, text := range p.GetAddress().GetLines() {
		f.line(fmt.Sprintf("%s.address.lines[%d]", field, i), text, 200)
	}
	f.line(field+".address.postcode", p.GetAddress().GetPostcode(), 10)
	f.numbers(field, p.GetNhsNumber(), p.GetUpn())
	f.dates(field, child, today)
}

func (f *faults) numbers(field, nhs, upn string) {
	if nhs != "" {
		if _, fault := number.NHS(nhs); fault != nil {
			f.Add(field+".nhs_number", fault.Rule, fault.Description)
		}
	}
	if upn != "" {
		if _, fault := number.UPN(upn); fault != nil {
			f.Add(field+".upn", fault.Rule, fault.Description)
		}
	}
}

// dates keeps rules 8525 and 8750 of the census: a born child has a date of
// birth, an unborn one an expected date and sex U, never the other's.
func (f *faults) dates(field string, child Child, today worktime.Date) {
	p := child.Person
	born, expected := p.GetDateOfBirth().GetValue(), p.GetExpectedDateOfBirth().GetValue()
	if child.Unborn {
		f.Require(born == "", field+".date_of_birth", "CIN-8525", "an unborn child has no date of birth")
		f.Require(oneOf(p.GetSex(), "", "U"), field+".sex", "CIN-8750", "the sex of an unborn child is U")
		f.expected(field+".expected_date_of_birth", expected, today)
		return
	}
	f.Require(expected == "", field+".expected_date_of_birth", "CIN-8525", "a child who is born has no expected date of birth")
	f.birth(field+".date_of_birth", born, today)
}

// ethnicity holds the twenty codes of the Department for Education's list.
var ethnicity = map[string]bool{
	"WBRI": true, "WIRI": true, "WIRT": true, "WOTH": true, "WROM": true, "MWBC": true, "MWBA": true,
	"MWAS": true, "MOTH": true, "AIND": true, "APKN": true, "ABAN": true, "AOTH": true, "BCRB": true,
	"BAFR": true, "BOTH": true, "CHNE": true, "OOTH": true, "REFU": true, "NOBT": true,
}
