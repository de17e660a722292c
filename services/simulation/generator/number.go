package generator

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// upnLetters are the check letters of unique pupil numbers: no I, O or S.
const upnLetters = "ABCDEFGHJKLMNPQRTUVWXYZ"

// numbers hands out identifiers that nobody has. Each kind walks once through its range from a place of the seed's, so
// none comes twice within 900,000 NHS numbers and a million pupil numbers of a year: ten years of Kent.
type numbers struct {
	nhs, upn, cases, messages int
	salt                      string
	year                      int
}

func newNumbers(r *rand.Rand, year int) numbers {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	salt := make([]byte, 4)
	for i := range salt {
		salt[i] = crockford[r.IntN(len(crockford))]
	}
	return numbers{nhs: r.IntN(1e6), upn: r.IntN(1e6), cases: r.IntN(1e6), salt: string(salt), year: year}
}

// nextNHS is an NHS number in the test range 999, with its check digit: eleven less the sum of the digits, weighted ten
// down to two, modulo eleven. A number that would need the check digit ten does not exist.
func (n *numbers) nextNHS() string {
	for {
		n.nhs = (n.nhs + 387_119) % 1e6 // prime to a million: every number comes once
		digits := fmt.Appendf(make([]byte, 0, 10), "999%06d", n.nhs)
		if check := nhsCheck(digits); check < 10 {
			return string(append(digits, byte('0'+check)))
		}
	}
}

func nhsCheck(nine []byte) int {
	sum := 0
	for i, d := range nine[:9] {
		sum += int(d-'0') * (10 - i)
	}
	return (11 - sum%11) % 11
}

// nextUPN is a unique pupil number of Kent (886) with an establishment number below 1000, which no school has, given out
// in the year in which the child was about four.
func (n *numbers) nextUPN(born int) string {
	n.upn = (n.upn + 387_119) % 1e6
	digits := fmt.Appendf(make([]byte, 0, 12), "8860%03d%02d%03d", n.upn/1000, (born+4)%100, n.upn%1000)
	return string(upnLetter(digits)) + string(digits)
}

// upnLetter weights the digits two to thirteen and takes the sum modulo 23.
func upnLetter(twelve []byte) byte {
	sum := 0
	for i, d := range twelve {
		sum += int(d-'0') * (i + 2)
	}
	return upnLetters[sum%23]
}

// nextCase is a case number as Kent's case-management system is imagined to give them.
func (n *numbers) nextCase() string {
	n.cases = (n.cases + 1) % 1e6
	return "KC" + strconv.Itoa(3_000_000+n.cases)
}

// nextReference is a sender's own reference. The salt keeps apart what two seeds send to one hub.
func (n *numbers) nextReference(prefix string) string {
	n.messages++
	return fmt.Sprintf("%s-%02d-%s-%06d", prefix, n.year%100, n.salt, n.messages)
}

// phone is in one of the ranges that Ofcom keeps for drama: a mobile, or a number of no area.
func phone(r *rand.Rand) string {
	if chance(r, 700) {
		return "07700 900" + threeDigits(r.IntN(1000))
	}
	return "01632 960" + threeDigits(r.IntN(1000))
}

func threeDigits(n int) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

// postcode is in ZZ99, the area that stands for no place. ZZ99 3VZ is the published one for no fixed abode.
func postcode(r *rand.Rand) string {
	const letters = "ABDEFGHJLNPQRSTUWXYZ"
	return "ZZ99 " + string([]byte{byte('4' + r.IntN(6)), letters[r.IntN(len(letters))], letters[r.IntN(len(letters))]})
}

const noFixedAbode = "ZZ99 3VZ"
