package rows

import (
	"database/sql"
	"encoding/json"
	"fmt"
)

// ScanJSON reads a row of one column that holds a T as JSON.
func ScanJSON[T any](r *sql.Rows) (*T, error) {
	var body sql.RawBytes
	if err := r.Scan(&body); err != nil {
		return nil, err
	}
	value := new(T)
	if err := json.Unmarshal(body, value); err != nil {
		return nil, fmt.Errorf("row is not in the form of this version: %w", err)
	}
	return value, nil
}
