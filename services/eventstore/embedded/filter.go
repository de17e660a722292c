package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// filter chooses events of $all by stream name or type, by prefixes or by a
// regular expression. A nil filter lets everything through.
type filter struct {
	byType   bool
	prefixes [][]byte
	regex    *regexp.Regexp
}

// maxFilter bounds the bytes of a filter's prefixes, each with one more, or of its
// expression, which may take some thousand times as much memory. It is compared
// with every event of the log.
const maxFilter = 16 << 10

func newFilter(byType bool, prefixes []string, regex string) (*filter, error) {
	f := &filter{byType: byType}
	size := len(regex) + len(prefixes)
	for _, p := range prefixes {
		size += len(p)
	}
	switch {
	case size > maxFilter:
		return nil, fmt.Errorf("filter: %d bytes are more than %d", size, maxFilter)
	case len(prefixes) > 0:
		for _, p := range prefixes {
			f.prefixes = append(f.prefixes, []byte(p))
		}
	case regex != "":
		// The protocol means .NET expressions; RE2 is the part of them that is
		// safe to run on a stranger's behalf.
		re, err := regexp.Compile(regex)
		if err != nil {
			return nil, fmt.Errorf("filter: expression is not supported: %w", err)
		}
		f.regex = re
	default:
		return nil, errors.New("filter: neither prefixes nor a regular expression")
	}
	return f, nil
}

func (f *filter) match(r *record) bool {
	if f == nil {
		return true
	}
	subject := r.stream
	if f.byType {
		subject = r.typ
	}
	if f.regex != nil {
		return f.regex.Match(subject)
	}
	for _, p := range f.prefixes {
		if bytes.HasPrefix(subject, p) {
			return true
		}
	}
	return false
}

// window decides when a filtered subscription gets a checkpoint: after every
// size events considered, whether they matched or not, so that a filter that
// matches nothing still makes progress that can be resumed from.
type window struct {
	size uint64
	seen uint64
	last uint64 // position of the last checkpoint
	any  bool   // a checkpoint has been sent
}

// considered counts one event and reports whether a checkpoint is due at pos.
func (w *window) considered(pos uint64) bool {
	if w == nil {
		return false
	}
	if w.seen++; w.seen < w.size {
		return false
	}
	return w.due(pos)
}

// due reports whether a checkpoint at pos would be a new one, and notes it.
func (w *window) due(pos uint64) bool {
	if w == nil || (w.any && pos <= w.last) {
		return false
	}
	w.seen, w.last, w.any = 0, pos, true
	return true
}
