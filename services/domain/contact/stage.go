package contact

// The stages of a contact, published: how far it has got, as queue, case file and
// replay show it.
const (
	StageUnrated      = "unrated"
	StageTriaged      = "triaged"
	StageAllocated    = "allocated"
	StageDecided      = "decided"
	StagePassedAcross = "passed-across"
	StageDuplicate    = "duplicate"
)

// Stage gives how far a contact about so many children has got. What takes it out
// of the queue comes before how far it had got in it. Their number is an argument
// because read models keep that and not who they are.
func (s State) Stage(children int) string {
	switch {
	case s.DuplicateOf != "":
		return StageDuplicate
	case s.Decided():
		return StageDecided
	case children > 0 && len(s.Queued) == 0:
		return StagePassedAcross
	case s.Worker != "":
		return StageAllocated
	case s.Rating != "":
		return StageTriaged
	}
	return StageUnrated
}
