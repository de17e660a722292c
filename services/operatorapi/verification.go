package operatorapi

import (
	"context"

	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	"github.com/openmash/mash/services/rpc"
)

// mostDifferences bounds those that one answer names.
const mostDifferences = 100

// Difference is a row that is not what a rebuild gives.
type Difference struct{ Table, Key, Kind string }

// Verification is what came of folding the record again.
type Verification struct {
	Name    string
	Version uint32
	// Position is where rows and rebuild were compared, as a token.
	Position string
	Rows     int
	// Differences are all of them.
	Differences []Difference
}

type verification struct {
	operatorpb.UnimplementedVerificationServiceServer
	Config
}

func (s *verification) VerifyProjections(r *operatorpb.VerifyProjectionsRequest, out operatorpb.VerificationService_VerifyProjectionsServer) error {
	found := false
	for _, name := range s.names() {
		if r.GetName() != "" && r.GetName() != name {
			continue
		}
		found = true
		v, err := s.Verify(out.Context(), name)
		if err != nil {
			return translate(out.Context(), err)
		}
		if err := out.Send(showVerification(v)); err != nil {
			return err
		}
	}
	if !found {
		return rpc.NotFound("projection")
	}
	return nil
}

func (s *verification) names() []string {
	if s.Projections == nil {
		return nil
	}
	var names []string
	for _, p := range s.Projections() {
		names = append(names, p.Name)
	}
	return names
}

func showVerification(v Verification) *operatorpb.VerifyProjectionsResponse {
	answer := &operatorpb.VerifyProjectionsResponse{
		Name: v.Name, Version: v.Version, Position: v.Position, Rows: uint64(v.Rows), Different: uint64(len(v.Differences)),
	}
	for _, d := range v.Differences[:min(len(v.Differences), mostDifferences)] {
		answer.Differences = append(answer.Differences, &operatorpb.RowDifference{Table: d.Table, Key: d.Key, Kind: d.Kind})
	}
	return answer
}

// Verifier folds the record again for one projection and compares every row.
type Verifier func(ctx context.Context, name string) (Verification, error)
