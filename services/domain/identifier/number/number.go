// Package number knows the numbers that name a child: the NHS number and the
// unique pupil number, their form and their check digits.
//
// It stands below the deciders contact and identifier, and casework asks it for
// the normal form under which a number is looked up, so that "999 123 4567" and
// "9991234567" are one child (KEN-04: matched exactly).
//
// It says whether a number can be one. That it was ever issued, or belongs to
// this child, it cannot know.
package number

import "strings"

// Fault says why something is not such a number, by the rule it breaks; never
// the number itself.
type Fault struct {
	// Rule is an id of the children in need census ("CIN-1510") or "NHS-number".
	Rule string
	// Description is for the sender.
	Description string
}

// NHS gives an NHS number as ten digits. Spaces and hyphens, with which it is
// printed, are left out. The tenth digit is a check by modulus 11 with the
// weights 10 to 2 (NHS Data Dictionary, "NHS NUMBER").
func NHS(text string) (string, *Fault) {
	digits := strings.ReplaceAll(strings.ReplaceAll(text, " ", ""), "-", "")
	if len(digits) != 10 || !allDigits(digits) {
		return "", &Fault{"NHS-number", "is not ten digits"}
	}
	sum := 0
	for i := range 9 {
		sum += int(digits[i]-'0') * (10 - i)
	}
	// A remainder of 0 gives 11, written 0; a remainder of 1 gives 10, which no
	// digit can hold: such a number is never issued.
	if check := (11 - sum%11) % 11; check != int(digits[9]-'0') {
		return "", &Fault{"NHS-number", "has a check digit that does not fit"}
	}
	return digits, nil
}

// The letters of a UPN's check, without I, O and S.
const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

// UPN gives a unique pupil number in capitals: a check letter, then twelve
// digits, of which the last may be a letter in a temporary number. Rules 1510,
// 1540 and 1550 of the census.
//
// Rule 1530, that characters 2 to 4 are the code of a local authority, needs a
// list that changes with boundaries, and is not checked.
func UPN(text string) (string, *Fault) {
	upn := strings.ToUpper(strings.ReplaceAll(text, " ", ""))
	if len(upn) != 13 || !strings.Contains(upnLetters, upn[:1]) || !allDigits(upn[1:4]) {
		return "", &Fault{"CIN-1510", "is not a letter and twelve characters"}
	}
	if !allDigits(upn[4:12]) {
		return "", &Fault{"CIN-1540", "has something other than digits in characters 5 to 12"}
	}
	last, ok := upnValue(upn[12])
	if !ok {
		return "", &Fault{"CIN-1550", "has a last character that is neither a digit nor a letter of the check"}
	}
	sum := last * 13
	for i := 1; i < 12; i++ {
		sum += int(upn[i]-'0') * (i + 1)
	}
	if upnLetters[sum%23] != upn[0] {
		return "", &Fault{"CIN-1510", "has a check letter that does not fit"}
	}
	return upn, nil
}

// upnValue gives what a last character counts for: a digit itself, a letter of
// a temporary number its place among the letters.
func upnValue(c byte) (int, bool) {
	if c >= '0' && c <= '9' {
		return int(c - '0'), true
	}
	place := strings.IndexByte(upnLetters, c)
	return place, place >= 0
}

func allDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
