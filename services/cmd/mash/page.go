package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// largestPage is the most rows that the hub gives at once.
const largestPage = 500

// pages reads a list page by page, up to so many rows; 0 is all of them, in every verb that lists.
func pages[R any](limit int, page func(size int32, token string) (rows []R, next string, err error)) ([]R, error) {
	if limit < 0 {
		return nil, errors.New("limit: want a number of rows, or 0 for all")
	}
	var all []R
	for token := ""; ; {
		size := largestPage
		if limit > 0 {
			size = min(size, limit-len(all))
		}
		rows, next, err := page(int32(size), token)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if next == "" || limit > 0 && len(all) >= limit {
			return all, nil
		}
		token = next
	}
}

// printRows writes rows as JSON, one a line, or as a table: the heading, and what line writes of each row, cells parted by tabs.
func printRows[R proto.Message](w io.Writer, asJSON bool, rows []R, heading string, line func(io.Writer, R)) error {
	if asJSON {
		return printJSONLines(w, rows)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, heading)
	for _, r := range rows {
		line(table, r)
	}
	return table.Flush()
}

func printJSONLines[M proto.Message](w io.Writer, messages []M) error {
	for _, m := range messages {
		b, err := protojson.Marshal(m)
		if err != nil {
			return fmt.Errorf("print JSON: %w", err)
		}
		fmt.Fprintln(w, strings.TrimSpace(string(b)))
	}
	return nil
}
