package contact

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/domain/practice"
)

func checkPropose(c ProposeOverride, s State) error {
	var f faults
	f.scope("scope", c.Scope, s.Queued, c.Profile.Lists)
	f.one("reason_code", c.ReasonCode, "SOT-08", c.Profile.Lists.OverrideReasons)
	f.words("risk", c.Risk, "SOT-08", true, "say in words why seeking consent may place a child at risk of significant harm")
	f.bases("bases", c.Bases)
	for i, basis := range c.Bases {
		reason, stated := practice.Para18(basis)
		f.Require(!stated || reason == c.ReasonCode, fmt.Sprintf("bases[%d]", i), "SOT-08", "states another reason than the reason code does")
	}
	f.despite(c, s)
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// despite wants every refusal that stands named, so that who proposes has seen
// it and who decides weighs it; and nothing else.
func (f *faults) despite(c ProposeOverride, s State) {
	standing := standing(s, c.Scope, c.Now)
	for i, id := range c.Despite {
		field := fmt.Sprintf("despite[%d]", i)
		f.Require(slices.Contains(standing, id), field, "SOT-08", "is no refusal or withdrawal that stands for one of those children")
		f.Require(!slices.Contains(c.Despite[:i], id), field, "SOT-08", "is there twice")
	}
	missing := slices.ContainsFunc(standing, func(id string) bool { return !slices.Contains(c.Despite, id) })
	f.Require(!missing, "despite", "SOT-08", "leaves out a refusal or withdrawal that stands for one of those children")
}

// standing gives the refusals that stand for any child of a scope.
func standing(s State, scope *eventpb.Scope, at time.Time) []string {
	var all []string
	for _, subject := range scope.GetSubjects() {
		for _, id := range s.Authority.Standing(subject, at) {
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
	}
	return all
}

// allowed is what a manager decided: nothing where they declined.
type allowed struct {
	scope       *eventpb.Scope
	end, review time.Time
}

// checkDecision gives what the decision allows. An error that is no refusal
// means that the profile's limits could not be reckoned; to decline needs none.
func checkDecision(c DecideOverride, asked *eventpb.Scope) (allowed, error) {
	var f faults
	f.reason(c.Reason, "SOT-08")
	if c.Outcome == authority.Declined {
		f.Require(c.Scope == nil && c.ExpiresAt.IsZero() && c.ReviewAt.IsZero(), "scope", "SOT-08", "what is declined has no scope, end or review")
		return allowed{}, f.refusal(ReasonInvalidCommand, invalidCommand)
	}
	lastEnd, lastReview, err := c.Profile.OverrideLimits(c.Now)
	if err != nil {
		return allowed{}, fmt.Errorf("contact: %w", err)
	}
	a := allowed{scope: asked, end: c.ExpiresAt, review: c.ReviewAt}
	switch c.Outcome {
	case authority.Approved:
		f.Require(c.Scope == nil || proto.Equal(c.Scope, asked), "scope", "SOT-08", "approved is what was asked for: narrow it to allow less, and have more proposed anew")
	case authority.Narrowed:
		a.scope = c.Scope
		f.narrowed(c, asked)
	default:
		f.Add("outcome", "SOT-08", "is not approved, narrowed or declined")
	}
	f.Require(a.end.After(c.Now) && !a.end.After(lastEnd), "expires_at", "SOT-08", "is not in the future, or later than the practice profile allows")
	if a.review.IsZero() {
		a.review = earlier(lastReview, a.end)
	}
	f.Require(a.review.After(c.Now) && !a.review.After(lastReview) && !a.review.After(a.end), "review_at", "SOT-08",
		"is not in the future, after the override's end, or later than the practice profile allows")
	return a, f.refusal(ReasonInvalidCommand, invalidCommand)
}

// narrowed wants less than was asked for, and something: a scope with an empty
// list would be a way to decline without saying so.
func (f *faults) narrowed(c DecideOverride, asked *eventpb.Scope) {
	f.Require(authority.Within(c.Scope, asked), "scope", "SOT-08", "allows what was not asked for: have it proposed")
	f.Require(!authority.Within(asked, c.Scope), "scope", "SOT-08", "is all that was asked for: approve it")
	for field, list := range map[string][]string{
		"scope.subjects": c.Scope.GetSubjects(), "scope.purposes": c.Scope.GetPurposes(),
		"scope.agencies": c.Scope.GetAgencies(), "scope.categories": c.Scope.GetCategories(),
	} {
		f.Require(len(list) > 0, field, "SOT-08", "is empty: decline it to allow nothing")
		f.Require(len(slices.Compact(slices.Sorted(slices.Values(list)))) == len(list), field, "SOT-08", "names something twice")
	}
}

// checkReview gives by when it is looked at next; zero where it ends.
func checkReview(c ReviewOverride, end time.Time) (time.Time, error) {
	var f faults
	f.reason(c.Reason, "SOT-08")
	f.Require(oneOf(c.Outcome, authority.Continues, authority.Ended), "outcome", "SOT-08", "is not continues or ended")
	if c.Outcome != authority.Continues {
		f.Require(c.ReviewAt.IsZero(), "review_at", "SOT-08", "what is ended is not looked at again")
		return time.Time{}, f.refusal(ReasonInvalidCommand, invalidCommand)
	}
	_, last, err := c.Profile.OverrideLimits(c.Now)
	if err != nil {
		return time.Time{}, fmt.Errorf("contact: %w", err)
	}
	next := c.ReviewAt
	if next.IsZero() {
		next = earlier(last, end)
	}
	f.Require(next.After(c.Now) && !next.After(last) && !next.After(end), "review_at", "SOT-08",
		"is not in the future, after the override's end, or later than the practice profile allows")
	return next, f.refusal(ReasonInvalidCommand, invalidCommand)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
