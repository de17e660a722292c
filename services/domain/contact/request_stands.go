package contact

import "time"

// Stands reports whether an agency's question waits for an answer and is covered
// at that time by what it may rest on. Who is about to send the question, or to
// send it again, asks this last (HUB-02): between its recording and its sending
// it may have been taken back, or its authority may have come to its end.
func (s State) Stands(request, agency string, at time.Time) bool {
	q, ok := s.question(request, agency)
	return ok && q.Waits() && s.lost(request, q, at) == nil
}
