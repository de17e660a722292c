package main

import "errors"

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
