package embedded

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

// openToAll names the calls that the client makes before it knows whether it may
// log in: it sends no credentials with them.
func openToAll(method string) bool {
	return method == "/event_store.client.server_features.ServerFeatures/GetSupportedMethods" ||
		method == "/event_store.client.gossip.Gossip/Read"
}

// authenticate checks HTTP Basic credentials. The answer takes the same time for
// a wrong name as for a wrong password.
func authenticate(ctx context.Context, users map[string]string) error {
	refused := &failure{code: codes.Unauthenticated, text: "the credentials are missing or wrong"}
	md, _ := metadata.FromIncomingContext(ctx)
	for _, header := range md.Get("authorization") {
		scheme, encoded, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "basic") {
			continue
		}
		plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil {
			continue
		}
		name, password, _ := strings.Cut(string(plain), ":")
		want, known := users[name]
		a, b := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(want))
		if subtle.ConstantTimeCompare(a[:], b[:]) == 1 && known {
			return nil
		}
	}
	return refused
}
