package projections

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/openmash/mash/services/eventstore"
)

// ScanRecorded reads an event that a read model keeps as it was on record: a row of its revision, type, data and metadata. Its parts stay
// sealed.
func ScanRecorded(r *sql.Rows, stream string) (eventstore.Recorded, error) {
	e := eventstore.Recorded{Stream: stream}
	if err := r.Scan(&e.Revision, &e.Type, &e.Raw, &e.RawMetadata); err != nil {
		return e, err
	}
	var err error
	if e.Message, err = eventstore.UnmarshalEvent(e.Type, e.Raw); err != nil {
		return e, err
	}
	if err := json.Unmarshal(e.RawMetadata, &e.Metadata); err != nil {
		return e, fmt.Errorf("decode metadata of %s: %w", e.Type, err)
	}
	return e, nil
}
