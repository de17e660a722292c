package main

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// visible writes text to what may be a terminal. Names and reasons come from outside: a control character in one could move the cursor,
// paint over what stands there, or (the bidirectional ones) show words in another order than they are on record. Each is written as \u and
// its number, which JSON reads as the character itself; what is no UTF-8 is written as U+FFFD. Line ends and tabs are the output's own.
type visible struct {
	w    io.Writer
	rest []byte // the beginning of a character whose end is still to come
}

// Write gives the number of bytes taken, not of those written.
func (v *visible) Write(p []byte) (int, error) {
	if len(v.rest) == 0 && !bytes.ContainsFunc(p, func(r rune) bool { return r > '~' || hidden(r) }) {
		return v.w.Write(p) // nearly all there is, and all of a long export
	}
	text := append(v.rest, p...)
	v.rest = nil
	var out bytes.Buffer
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			v.rest = bytes.Clone(text)
			break
		}
		r, size := utf8.DecodeRune(text)
		if hidden(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r) // U+FFFD for what is no UTF-8
		}
		text = text[size:]
	}
	if _, err := v.w.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// hidden tells characters that act instead of being seen. Joiners are not among them: scripts need them.
func hidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
