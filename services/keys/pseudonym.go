package keys

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// pseudonymKey reads the key of Pseudonym, making it at the first start. It is never rotated: names of streams depend
// on it.
func pseudonymKey(ctx context.Context, db *database, master tink.AEAD) ([]byte, error) {
	wrapped, err := ringValue(ctx, db, pseudonymName)
	if err == nil && wrapped == nil {
		key := make([]byte, sha256.Size)
		rand.Read(key)
		wrapped, err = makeRingValue(ctx, db, master, pseudonymName, key)
	}
	if err != nil {
		return nil, fmt.Errorf("read pseudonym key: %w", err)
	}
	key, err := master.Decrypt(wrapped, []byte(pseudonymName))
	if err != nil {
		return nil, fmt.Errorf("%w: the pseudonym key does not open", ErrMasterKey)
	}
	return key, nil
}

// Pseudonym is HMAC-SHA256 of kind and value under a key of this ring, as 64 lower-case hex digits. It names the
// identifier- streams: the same value always finds its stream, and the name alone tells nobody the value. The kind is
// led by its length, so that no two pairs of kind and value are ever the same bytes.
func (r *Ring) Pseudonym(kind, value string) string {
	mac := hmac.New(sha256.New, r.pseudonym)
	mac.Write(binary.AppendUvarint(nil, uint64(len(kind))))
	mac.Write([]byte(kind))
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil))
}
