// Package strategymeeting decides about one strategy meeting or discussion under
// section 47 of the Children Act 1989, from its proposal to the conference and the
// reviews that follow from it.
package strategymeeting
