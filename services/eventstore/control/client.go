package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// Backup has the process that serves the store in dir copy it to the folder to, which must not exist. It is ErrNotServed when there is
// no such process.
func Backup(ctx context.Context, dir, to string) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return fmt.Errorf("event store: back up: %w", err)
	}
	return call(ctx, dir, http.MethodPost, "/backup?to="+url.QueryEscape(to), func(*http.Response) error { return nil })
}

// Export has the process that serves the store in dir write its record to w as JSON lines, and says how many. What was written before an
// error is not a whole export. It is ErrNotServed, with nothing written, when there is no such process.
func Export(ctx context.Context, dir string, w io.Writer) (n uint64, err error) {
	err = call(ctx, dir, http.MethodGet, "/export", func(answer *http.Response) error {
		if _, err := io.Copy(w, answer.Body); err != nil {
			return fmt.Errorf("event store: export was cut off: %w", err)
		}
		if text := answer.Trailer.Get(errorTrailer); text != "" {
			if plain, err := strconv.Unquote(text); err == nil {
				text = plain
			}
			return errors.New(text)
		}
		n, err = strconv.ParseUint(answer.Trailer.Get(eventsTrailer), 10, 64)
		if err != nil {
			return errors.New("event store: export was cut off")
		}
		return nil
	})
	return n, err
}

// call asks once, over a connection of its own. Only a connection that could not be made is ErrNotServed.
func call(ctx context.Context, dir, method, path string, take func(*http.Response) error) error {
	conn, err := dial(ctx, dir)
	if err != nil {
		return err
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}
	defer conn.Close()
	request, err := http.NewRequestWithContext(ctx, method, "http://store"+path, nil)
	if err != nil {
		return fmt.Errorf("event store: ask its process: %w", err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("event store: ask its process: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
		if err != nil {
			return fmt.Errorf("event store: ask its process: %w", err)
		}
		return errors.New(strings.TrimSpace(string(text)))
	}
	return take(answer)
}
