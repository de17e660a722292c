package keys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// Algorithm names how Seal seals: AES-256-GCM, the ciphertext led by its 12-byte random nonce and ended by its 16-byte
// tag. It is stored with what was sealed, so that another one can follow it.
const Algorithm = "tink-aead-v1"

// Errors that a caller can tell apart.
var (
	// ErrMasterKey means that the database holds keys and the master keyset is missing or another one.
	ErrMasterKey = errors.New("master keyset does not fit the key database")
	// ErrUnknownKey means that a key id is not in the database: it is not the database of this record.
	ErrUnknownKey = errors.New("unknown key")
	// ErrOtherRecord means that the keys are not those of the record beside them.
	ErrOtherRecord = errors.New("the key database does not belong to this record")
	// ErrTampered means that sealed bytes do not open with their key and associated data.
	ErrTampered = errors.New("sealed bytes do not open")
	// ErrNotKept means that the vault does not hold a message.
	ErrNotKept = errors.New("message is not in the vault")
	// ErrClosed means that the ring was closed.
	ErrClosed = errors.New("key ring is closed")
)

// Config says where the keys live. DSN and MasterKeyFile are required.
type Config struct {
	// DSN names the database: "sqlite:PATH", made if it is not there (0600), or "postgres://…".
	DSN string
	// MasterKeyFile is the Tink keyset that wraps every key; made at the first start, mode 0600.
	MasterKeyFile string
	// Now stamps keys and vault entries; nil means time.Now.
	Now func() time.Time
	// Logger gets what an operator should know; nil means slog.Default.
	Logger *slog.Logger

	// CacheKeys bounds how many unwrapped keys are held in memory; 0 means 20,000 (about 1 KiB each).
	CacheKeys int
	// CacheFor bounds how long an unwrapped key is used before the database is asked again; 0 means 5 minutes.
	CacheFor time.Duration
	// VaultMessages bounds the messages kept for one agency; 0 means 1,000.
	VaultMessages int
	// VaultBytes bounds the sealed bytes kept for one agency; 0 means 64 MiB.
	VaultBytes int64
}

// A Ring seals and opens. It is safe for concurrent use.
type Ring struct {
	config Config
	db     *database
	master tink.AEAD
	maker  *maker
	// byID holds keys by key id, inUse the key id that seals for an owner and a set of people.
	byID      *lru[string, *dataKey]
	inUse     *lru[purpose, string]
	pseudonym []byte
}

// A Request asks for Plaintext to be sealed for the people it speaks of.
type Request struct {
	// Owner is the stream the plaintext belongs to.
	Owner string
	// About are the ids, local to the owner, of whom it speaks. Order and repetition do not matter.
	About []string
	// AAD is what the sealed bytes are bound to.
	AAD, Plaintext []byte
}

// Sealed is the answer to a Request.
type Sealed struct {
	KeyID, Algorithm string
	Ciphertext       []byte
}

// An OpenRequest asks for sealed bytes to be opened.
type OpenRequest struct {
	KeyID, Algorithm string
	AAD, Ciphertext  []byte
}

// Opened is the answer to an OpenRequest: the plaintext, or what is left of a destroyed key.
type Opened struct {
	Plaintext []byte
	Erased    *Erasure
}

// An Erasure says what became of a key that was destroyed.
type Erasure struct {
	// At is when; zero where that is not known.
	At time.Time
	// Authority is the opaque id of who decided it, Reason the published code of why.
	Authority, Reason string
}

// Open opens the key database, making it and the master keyset where there is neither. It fails with ErrMasterKey when
// the two do not belong together.
func Open(ctx context.Context, c Config) (*Ring, error) {
	c = c.withDefaults()
	db, err := openDatabase(ctx, c.DSN)
	if err != nil {
		return nil, fmt.Errorf("open key database: %w", err)
	}
	master, err := openMaster(ctx, db, c)
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	r := &Ring{
		config: c,
		db:     db,
		master: master,
		byID:   newLRU[string, *dataKey](c.CacheKeys, c.CacheFor),
		inUse:  newLRU[purpose, string](c.CacheKeys, c.CacheFor),
	}
	if r.pseudonym, err = pseudonymKey(ctx, db, master); err != nil {
		return nil, errors.Join(err, db.close())
	}
	if r.maker, err = startMaker(db, c.Now); err != nil {
		return nil, errors.Join(fmt.Errorf("open key database: %w", err), db.close())
	}
	return r, nil
}

// Ping says whether the key database answers.
func (r *Ring) Ping(ctx context.Context) error { return r.db.read.PingContext(ctx) }

// Close waits for the transaction that is running and closes the database. Calls that wait for a key fail with ErrClosed.
func (r *Ring) Close() error {
	r.maker.stop()
	return r.db.close()
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.CacheKeys <= 0 {
		c.CacheKeys = 20_000
	}
	if c.CacheFor <= 0 {
		c.CacheFor = 5 * time.Minute
	}
	if c.VaultMessages <= 0 {
		c.VaultMessages = 1_000
	}
	if c.VaultBytes <= 0 {
		c.VaultBytes = 64 << 20
	}
	return c
}
