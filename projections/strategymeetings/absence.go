package strategymeetings

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/rows"
)

// Absence is how often an agency was at the meetings that it was invited to.
type Absence struct {
	Agency, Sector string
	// Invited is Attended and Apologies and Unexplained; Contributed is of those that were not attended.
	Invited, Attended, Apologies, Contributed, Unexplained uint32
	// Meetings are those it was not at, the newest first, the first hundred of them.
	Meetings []string
}

// mostNamed bounds the meetings that a report names for each agency.
const mostNamed = 100

// Report is who was not there, in meetings that were held in a period.
type Report struct {
	// Agencies are those that were invited, the most often absent first.
	Agencies []Absence
	// Meetings is how many were held.
	Meetings uint32
	Live     projections.Live
}

// Absences reads the report over meetings held at or after since and before a time; no agencies: all. It reads a row for each invitation
// of the period.
func Absences(ctx context.Context, db *rows.DB, since, before time.Time, agencies []string) (report Report, err error) {
	of := map[string]*Absence{}
	report.Live, err = view(ctx, db, func(tx *rows.Tx, t tables) error {
		period := []any{since.UnixMicro(), before.UnixMicro()}
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+t.meetings.Name+" WHERE state = ? AND stands >= ? AND stands < ?",
			append([]any{Concluded}, period...)...).Scan(&report.Meetings)
		if err != nil {
			return err
		}
		var where rows.Where
		where.And("held >= ? AND held < ?", period...)
		where.AnyOf("agency", agencies)
		return tx.Each(ctx, func(r *sql.Rows) error {
			var meeting, agency, sector string
			var present, apologies, wrote int64
			if err := r.Scan(&meeting, &agency, &sector, &present, &apologies, &wrote); err != nil {
				return err
			}
			if of[agency] == nil { // the newest first: its sector is the latest
				of[agency] = &Absence{Agency: agency, Sector: sector}
			}
			of[agency].count(meeting, present == 1, apologies == 1, wrote == 1)
			return nil
		}, "SELECT meeting, agency, sector, present, apologies, wrote FROM "+t.parties.Name+where.Clause()+" ORDER BY held DESC, meeting", where.Args()...)
	})
	for _, a := range of {
		report.Agencies = append(report.Agencies, *a)
	}
	slices.SortFunc(report.Agencies, func(a, b Absence) int {
		return cmp.Or(cmp.Compare(b.Invited-b.Attended, a.Invited-a.Attended), cmp.Compare(a.Agency, b.Agency))
	})
	return report, err
}

func (a *Absence) count(meeting string, present, sentApologies, wrote bool) {
	a.Invited++
	if present {
		a.Attended++
		return
	}
	if sentApologies {
		a.Apologies++
	} else {
		a.Unexplained++
	}
	if wrote {
		a.Contributed++
	}
	if len(a.Meetings) < mostNamed {
		a.Meetings = append(a.Meetings, meeting)
	}
}
