package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// A Store is what can be copied while it is open; *embedded.Store is one.
type Store interface {
	// Backup copies the store to a folder that does not exist.
	Backup(dir string) error
	// Export writes every event up to now as JSON lines, and says how many.
	Export(ctx context.Context, w io.Writer) (uint64, error)
}

// A Server answers on the control socket of one store.
type Server struct {
	http    http.Server
	socket  string
	stop    context.CancelFunc // ends exports
	serving sync.WaitGroup
	copies  sync.WaitGroup
	err     error // of serving; read after serving is done
}

// drainTimeout is how long Close lets a copy that is being made go on.
const drainTimeout = 5 * time.Second

// Start listens on the control socket in the store's folder, and answers until Close, which must come before the store's own: a copy
// that is being made needs it open. The caller must have opened the store in that folder.
func Start(dir string, store Store) (*Server, error) {
	l, err := listen(dir)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{socket: filepath.Join(dir, socketName), stop: stop}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", s.copying(func(w http.ResponseWriter, r *http.Request) { backup(store, w, r) }))
	mux.HandleFunc("GET /export", s.copying(func(w http.ResponseWriter, r *http.Request) { export(store, w, r) }))
	s.http.Handler = mux
	s.http.ReadHeaderTimeout = 10 * time.Second
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	s.serving.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.err = fmt.Errorf("event store: control socket: %w", err)
		}
	})
	return s, nil
}

// copying counts calls, so that Close can wait for them also when it has had to cut off their connections.
func (s *Server) copying(do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.copies.Add(1)
		defer s.copies.Done()
		do(w, r)
	}
}

// Close ends exports, waits for a backup that is being made, and removes the socket.
func (s *Server) Close() error {
	s.stop()
	err := os.Remove(s.socket)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		err = errors.Join(err, s.http.Close()) // somebody does not read what was asked for
	}
	s.serving.Wait()
	s.copies.Wait()
	return errors.Join(err, s.err)
}

func backup(store Store, w http.ResponseWriter, r *http.Request) {
	to := r.FormValue("to")
	if !filepath.IsAbs(to) {
		http.Error(w, "to: want an absolute path", http.StatusBadRequest)
		return
	}
	if err := store.Backup(to); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// Trailers of an export: it has been under way for long when its fate is known.
const (
	eventsTrailer = "Mash-Events"
	errorTrailer  = "Mash-Error"
)

func export(store Store, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Trailer", eventsTrailer+", "+errorTrailer)
	n, err := store.Export(r.Context(), w)
	if err != nil {
		w.Header().Set(errorTrailer, strconv.Quote(err.Error()))
		return
	}
	w.Header().Set(eventsTrailer, strconv.FormatUint(n, 10))
}
