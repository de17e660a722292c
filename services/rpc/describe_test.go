package rpc

import (
	"errors"
	"fmt"
	"testing"
)

type coded struct{ code int }

func (coded) Error() string { return "row of Zebedee is malformed" }
func (c coded) Code() int   { return c.code }

type stated string

func (stated) Error() string      { return "key (Zebedee) is there already" }
func (s stated) SQLState() string { return string(s) }

// A database's words may hold a value and stay out of the log; its code says whether a file is damaged, a disk full or a table locked.
func TestTheLogTellsADatabasesCodeAndNotItsWords(t *testing.T) {
	for want, err := range map[string]error{
		"list the queue: rpc.coded, code 11":      fmt.Errorf("list the queue: %w", coded{11}),
		"note a name: rpc.stated, SQLSTATE 23505": fmt.Errorf("note a name: %w", stated("23505")),
		"read case file: *errors.errorString":     fmt.Errorf("read case file: %w", errors.New("Zebedee is malformed")),
	} {
		if got := describe(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
