package number

import (
	"encoding/binary"
	"strings"
)

// The 31 symbols of a consultation's number: digits and capitals without 0, I, L, O
// and U, so that what is read out on the telephone is written down as it was meant
// and spells nothing. Their count is a prime, which is what the check rests on.
const consultationSymbols = "123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	consultationPrefix = "CON"
	consultationLength = 8 // without the check: 31^8, 853,000 million
)

// NewConsultation gives the number that eight random bytes make: "CON-7K3M-Q2XD-H".
// It is derived from nothing else.
func NewConsultation(random [8]byte) string {
	n := binary.BigEndian.Uint64(random[:])
	var symbols [consultationLength]byte
	for i := range symbols {
		symbols[i] = consultationSymbols[n%uint64(len(consultationSymbols))]
		n /= uint64(len(consultationSymbols))
	}
	return written(symbols[:])
}

// asTyped takes out what stands between the symbols, and puts 1 for what looks like
// it. It is made once: its table takes 6 KiB, more than a whole contact.
var asTyped = strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1")

// Consultation gives a consultation's number as it is written, from how it was typed:
// in capitals or not, with hyphens and spaces or without, with or without CON before
// it, and with I or L for 1.
func Consultation(text string) (string, *Fault) {
	plain := asTyped.Replace(strings.ToUpper(text))
	// CON holds an O, which no number has: it cannot be the number's own beginning.
	plain = strings.TrimPrefix(plain, consultationPrefix)
	if len(plain) != consultationLength+1 || strings.Trim(plain, consultationSymbols) != "" {
		return "", &Fault{"KEN-12", "is not a consultation's number"}
	}
	number := written([]byte(plain[:consultationLength]))
	if number[len(number)-1] != plain[consultationLength] {
		return "", &Fault{"KEN-12", "has a check character that does not fit"}
	}
	return number, nil
}

// written puts the check behind the symbols: their places in the alphabet, weighted 2
// to 9, modulus 31. Weights that differ and a prime modulus find every wrong symbol
// and any two that changed places.
func written(symbols []byte) string {
	sum := 0
	for i, c := range symbols {
		sum += strings.IndexByte(consultationSymbols, c) * (i + 2)
	}
	check := consultationSymbols[sum%len(consultationSymbols)]
	return consultationPrefix + "-" + string(symbols[:4]) + "-" + string(symbols[4:]) + "-" + string(check)
}
