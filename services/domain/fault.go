package domain

// Faults gathers all that is wrong with a command, so that a sender corrects it once. It names fields and rules and never repeats what
// was sent.
type Faults []FieldViolation

// Add notes a fault.
func (f *Faults) Add(field, rule, description string) {
	*f = append(*f, FieldViolation{Field: field, Rule: rule, Description: description})
}

// Require notes a fault unless something is so.
func (f *Faults) Require(ok bool, field, rule, description string) {
	if !ok {
		f.Add(field, rule, description)
	}
}
