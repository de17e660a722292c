package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// ImportTo is [Import] to the server that address names: a connection string
// (esdb://…), or unix:PATH for the socket of an embedded store.
func ImportTo(ctx context.Context, address string, r io.Reader) (done Imported, err error) {
	c, err := dial(address)
	if err != nil {
		return done, err
	}
	done, err = Import(ctx, c, r)
	// No call runs any more, which is when the client can be closed.
	return done, errors.Join(err, c.Close())
}

func dial(address string) (*esdb.Client, error) {
	path, socket := strings.CutPrefix(address, "unix:")
	if socket {
		address = "esdb://localhost?tls=false"
	}
	config, err := esdb.ParseConnectionString(address)
	if err != nil {
		// The parser of URLs quotes the whole string, which may hold a password.
		var quoting *url.Error
		if errors.As(err, &quoting) {
			err = quoting.Err
		}
		return nil, fmt.Errorf("event store connection string: %w", err)
	}
	if socket {
		if path, err = filepath.Abs(strings.TrimPrefix(path, "//")); err != nil {
			return nil, fmt.Errorf("event store socket: %w", err)
		}
		config.Address = "unix://" + path
	}
	config.Logger = esdb.NoopLogging() // its own writes to standard output
	c, err := esdb.NewClient(config)
	if err != nil {
		return nil, fmt.Errorf("event store client: %w", err)
	}
	return c, nil
}
