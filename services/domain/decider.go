// Package domain is the root of the rules: what the packages below it share.
//
// On the way of a contact the rules stand between intake (or a worker's
// command) and the event store: casework folds a stream into a state and asks
// a decider what a command adds to it. Everything below this folder is pure.
// Time, ids and the practice profile arrive as arguments, so that a decision
// taken today gives the same events when it is replayed in ten years.
//
// The package promises a shape, nothing more: [Decider] for a rule set,
// [Refusal] for a rule's "no". It does not run deciders, store events or map
// refusals to gRPC codes; casework and rpc do.
package domain

// Decider is a pure decision process. A stream's events are folded with Evolve,
// beginning with Initial, and Decide says which events a command of type C adds
// to that state.
//
// Decide returns a *[Refusal] as its error when a rule says no; any other error
// means that the decision could not be taken at all (an event type unknown to
// this build, a year without bank holidays). No events and no error means that
// the state already is what the command asks for.
type Decider[C, E, S any] struct {
	// Initial gives the state of an empty stream. It is a function so that a
	// state may hold maps without two streams sharing them.
	Initial func() S
	// Evolve folds one event. It may change and return the state it was given.
	Evolve func(S, E) (S, error)
	// Decide never changes the state.
	Decide func(C, S) ([]E, error)
}

// Fold gives the state after the events, in order, from the empty stream on.
// It stops at the first event that Evolve cannot fold.
func (d Decider[C, E, S]) Fold(events ...E) (S, error) {
	state := d.Initial()
	for _, event := range events {
		next, err := d.Evolve(state, event)
		if err != nil {
			return state, err
		}
		state = next
	}
	return state, nil
}
