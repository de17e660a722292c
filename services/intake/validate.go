package intake

import (
	"errors"
	"fmt"

	"buf.build/go/protovalidate"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// newValidator compiles the rules of every payload at once: doing so when the first message comes would cost that message its time.
func newValidator() (protovalidate.Validator, error) {
	return protovalidate.New(protovalidate.WithMessages(&intakepb.Contact{}, &intakepb.OpenCase{}, &intakepb.Information{},
		&intakepb.Analysis{}, &intakepb.OutcomeAcknowledgement{}, &intakepb.EncompassAcknowledgement{}, &intakepb.StrategyAttendance{}, &intakepb.StrategyActionResult{},
		&intakepb.StrategyMinutesReceipt{}), protovalidate.WithDisableLazy())
}

// validate keeps the rules that are written into the published schema (KEN-02, SOT-02 and the shape of every field). Those that need a clock
// or arithmetic are kept by the decider.
func (i *Intake) validate(msg message) error {
	err := i.validator.Validate(msg.payload)
	if err == nil {
		return nil
	}
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return fmt.Errorf("validate %s: %w", msg.kind, err)
	}
	var fields []Violation
	for _, v := range broken.Violations {
		rule := v.Proto.GetRuleId()
		for _, field := range fieldsOf(rule, protovalidate.FieldPathString(v.Proto.GetField()), msg.payload) {
			fields = append(fields, violation(field, rule, v.Proto.GetMessage()))
		}
	}
	return &Rejected{Reason: ReasonInvalidPayload, Description: "the payload breaks rules of the published schema",
		Advice: "correct the fields that are named and send it with a new id", Violations: fields}
}
