package agencies

// Partners lists the agencies that can be asked what they know: those that may answer. "All partners" (SOT-07) means these, as the registry
// stands at that moment.
func (r *Registry) Partners() []string {
	var ids []string
	for _, a := range r.All() {
		if a.MayPublish(KindInformation) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}
