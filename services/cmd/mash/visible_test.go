package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

// What a sender puts into a name does nothing to the terminal of who reads it, and in JSON it is what it was.
func TestNoTextMovesTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"Amina\tSample\n":                     "Amina\tSample\n",
		"red\x1b[31m":                         `red\u001b[31m`,
		"over\rwritten\b":                     `over\u000dwritten\u0008`,
		"\u009b2J":                            `\u009b2J`,
		"Sam \u202eelpmaxE\u202c":             `Sam \u202eelpmaxE\u202c`,
		"\u2066x\u2069\u200f\u061c\u2028\x7f": `\u2066x\u2069\u200f\u061c\u2028\u007f`,
		"not\xffutf-8":                        "not\ufffdutf-8",
		"न\u200d आमिना Łukasz 李 👩\u200d👧": "न\u200d आमिना Łukasz 李 👩\u200d👧",
	} {
		var at bytes.Buffer
		if n, err := (&visible{w: &at}).Write([]byte(text)); err != nil || n != len(text) {
			t.Errorf("%q: wrote %d of %d, %v", text, n, len(text), err)
		}
		if at.String() != want {
			t.Errorf("%q is shown as %q, want %q", text, at.String(), want)
		}
	}
	// However a character is cut up.
	var whole, bytewise bytes.Buffer
	v := &visible{w: &bytewise}
	for _, b := range []byte("Zoë \u202e 李\n") {
		if _, err := v.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (&visible{w: &whole}).Write([]byte("Zoë \u202e 李\n")); err != nil || whole.String() != bytewise.String() {
		t.Errorf("byte by byte it is %q, at once %q (%v)", bytewise.String(), whole.String(), err)
	}
	// JSON that went through it says the same.
	var line bytes.Buffer
	name := "Sam \u202eelpmaxE \u0085\u007f"
	if err := json.NewEncoder(&visible{w: &line}).Encode(name); err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal(line.Bytes(), &back); err != nil || back != name {
		t.Errorf("read back: %q, %v; want %q", back, err, name)
	}
}

// A limit is the same in every list: so many rows, or 0 for all.
func TestPagesReadAsManyRowsAsAreAskedFor(t *testing.T) {
	rows := make([]int, 1203)
	for i := range rows {
		rows[i] = i
	}
	for limit, want := range map[int]int{0: 1203, 1: 1, 50: 50, 500: 500, 501: 501, 1203: 1203, 2000: 1203} {
		begin := 0
		got, err := pages(limit, func(size int32, token string) ([]int, string, error) {
			if size < 1 || size > largestPage || (token == "") != (begin == 0) {
				t.Errorf("limit %d: a page of %d from %q", limit, size, token)
			}
			page := rows[begin:min(begin+int(size), len(rows))]
			begin += len(page)
			if begin == len(rows) {
				return page, "", nil
			}
			return page, "more", nil
		})
		if err != nil || !slices.Equal(got, rows[:want]) {
			t.Errorf("limit %d: %d rows, %v; want %d", limit, len(got), err, want)
		}
	}
	broken := errors.New("broken")
	if _, err := pages(0, func(int32, string) ([]int, string, error) { return nil, "", broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want the page's error", err)
	}
	if _, err := pages(-1, func(int32, string) ([]int, string, error) { return nil, "", nil }); err == nil {
		t.Error("a negative limit was accepted")
	}
}
