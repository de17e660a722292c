package number_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/openmash/mash/services/domain/identifier/number"
)

func anyConsultation(t *rapid.T) string {
	var random [8]byte
	copy(random[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "random"))
	return number.NewConsultation(random)
}

// KEN-12: whatever is typed for a number is that number, or no number.
func TestKEN12_ANumberIsReadHoweverItIsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyConsultation(t)
		plain := strings.ReplaceAll(want, "-", "")
		for _, typed := range []string{want, strings.ToLower(want), plain, plain[3:], strings.ReplaceAll(want, "-", " "), strings.ReplaceAll(want, "1", "l")} {
			if got, fault := number.Consultation(typed); fault != nil || got != want {
				t.Fatalf("%s is read as %q, %v; want %s", typed, got, fault, want)
			}
		}
	})
}

// KEN-12: every slip in one character, and every two that changed places, is found.
func TestKEN12_TheCheckFindsEverySlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		right := strings.ReplaceAll(anyConsultation(t), "-", "")[3:]
		i, j := rapid.IntRange(0, 8).Draw(t, "place"), rapid.IntRange(0, 8).Draw(t, "other")
		slip := []byte(right)
		slip[i] = rapid.SampledFrom([]byte("0123456789ABCDEFGHJKMNOPQRSTUVWXYZ")).Draw(t, "slip")
		swapped := []byte(right)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		for _, wrong := range []string{string(slip), string(swapped)} {
			if _, fault := number.Consultation(wrong); fault == nil && wrong != right {
				t.Fatalf("%s is taken for a number beside %s", wrong, right)
			}
		}
	})
}

func TestKEN12_WhatIsNoNumber(t *testing.T) {
	for _, text := range []string{"", "CON", "CON-7K3M-Q2XD", "CON-7K3M-Q2XD-HH", "MASH-7K3M-Q2XD", "CON-7K3M-Q2X\u00e9-H", "CON-0000-0000-0"} {
		if got, fault := number.Consultation(text); fault == nil {
			t.Errorf("%q is taken for the number %s", text, got)
		}
	}
}
