package domain

import "strings"

// Refusal is a rule's "no". It is a value a caller can act on: the reason is
// published and stable, the advice says what would be accepted. None of its
// parts repeats what was sent, so it may be logged and answered as it is.
type Refusal struct {
	// Reason is the published code, UPPER_SNAKE ("TRIAGE_NOT_PERMITTED").
	Reason string
	// Rule is the id of the rule that refused ("KEN-03"), empty where the
	// reason is none of the practice rules.
	Rule string
	// Message says what is wrong, without personal data.
	Message string
	// Advice says what the caller can do.
	Advice string
	// Fields names the parts of the command that broke a rule, where it is
	// about parts.
	Fields []FieldViolation
}

// FieldViolation names one field and the rule it broke, never its content.
type FieldViolation struct {
	// Field is the path ("subjects[0].date_of_birth").
	Field string
	// Rule is an id ("KEN-02") or the name of a constraint.
	Rule string
	// Description says what is wrong, without the value.
	Description string
}

// Error gives the refusal on one line: reason, rule, message, fields, advice.
func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString(r.Reason)
	if r.Rule != "" {
		b.WriteString(" (" + r.Rule + ")")
	}
	if r.Message != "" {
		b.WriteString(": " + r.Message)
	}
	for i, f := range r.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(f.Field + ": " + f.Description)
		if f.Rule != "" {
			b.WriteString(" (" + f.Rule + ")")
		}
	}
	if r.Advice != "" {
		b.WriteString("; " + r.Advice)
	}
	return b.String()
}
