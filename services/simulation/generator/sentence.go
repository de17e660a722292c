package generator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentence is a line of the seed, taken apart once so that putting a reason together is cheap.
type sentence []piece

// piece is words, a slot, or a choice among sentences.
type piece struct {
	words  string
	slot   slot
	choice []sentence
}

type slot int

const (
	noSlot slot = iota
	slotChild
	slotThey
	slotThem
	slotTheir
	slotAge
	slotSchool
	slotChildren
	slotKids
	slotAre
	slotWere
	slotParent
	slotShe
	slotHer
	slotPartner
	slotHim
	slotTown
	slotDay
	slotWeekday
	slotTime
	slotNumber
	slotCount
)

var slots = map[string]slot{
	"child": slotChild, "they": slotThey, "them": slotThem, "their": slotTheir, "age": slotAge, "school": slotSchool,
	"children": slotChildren, "kids": slotKids, "are": slotAre, "were": slotWere, "parent": slotParent, "she": slotShe,
	"her": slotHer, "partner": slotPartner, "him": slotHim, "town": slotTown, "day": slotDay, "weekday": slotWeekday, "time": slotTime, "number": slotNumber,
}

// scene is what the slots of one reason stand for. Day, time and number are drawn anew each time.
type scene struct {
	words          [slotCount]string
	days, weekdays []string
}

// parseSentence takes words, {slots} and [a|b] apart. Slots may stand inside choices; choices do not nest.
func parseSentence(text string) (sentence, error) {
	var s sentence
	for text != "" {
		at := strings.IndexAny(text, "{[")
		if at < 0 {
			return append(s, piece{words: text}), nil
		}
		if at > 0 {
			s = append(s, piece{words: text[:at]})
		}
		end := strings.IndexByte(text[at:], map[byte]byte{'{': '}', '[': ']'}[text[at]])
		if end < 0 {
			return nil, fmt.Errorf("%q is not closed", text[at])
		}
		p, err := parsePiece(text[at], text[at+1:at+end])
		if err != nil {
			return nil, err
		}
		s = append(s, p)
		text = text[at+end+1:]
	}
	return s, nil
}

func parsePiece(open byte, inner string) (piece, error) {
	if open == '{' {
		which, ok := slots[inner]
		if !ok {
			return piece{}, fmt.Errorf("unknown slot %q", inner)
		}
		return piece{slot: which}, nil
	}
	var p piece
	for _, alternative := range strings.Split(inner, "|") {
		s, err := parseSentence(alternative)
		if err != nil {
			return piece{}, err
		}
		p.choice = append(p.choice, s)
	}
	return p, nil
}

// write appends the sentence to text, its first letter a capital.
func (s sentence) write(text []byte, scene *scene, r *rand.Rand) []byte {
	start := len(text)
	text = s.append(text, scene, r)
	first, size := utf8.DecodeRune(text[start:])
	if upper := unicode.ToUpper(first); upper != first {
		text = slices.Replace(text, start, start+size, utf8.AppendRune(nil, upper)...)
	}
	return text
}

func (s sentence) append(text []byte, scene *scene, r *rand.Rand) []byte {
	for i := range s {
		switch p := &s[i]; {
		case p.slot != noSlot:
			text = scene.append(text, p.slot, r)
		case p.choice != nil:
			text = one(r, p.choice).append(text, scene, r)
		default:
			text = append(text, p.words...)
		}
	}
	return text
}

// append writes what a slot stands for.
func (c *scene) append(text []byte, which slot, r *rand.Rand) []byte {
	switch which {
	case slotDay:
		return append(text, one(r, c.days)...)
	case slotWeekday:
		return append(text, one(r, c.weekdays)...)
	case slotTime:
		hour, minute := r.IntN(24), 5*r.IntN(12)
		return append(text, byte('0'+hour/10), byte('0'+hour%10), ':', byte('0'+minute/10), byte('0'+minute%10))
	case slotNumber:
		return append(text, one(r, []string{"two", "three", "four", "five", "six", "seven", "nine"})...)
	default:
		return append(text, c.words[which]...)
	}
}
