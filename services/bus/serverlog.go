package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
)

// serverLog gives the nats-server's log to slog and keeps what was fatal, which is the only way to learn of it.
type serverLog struct {
	to    *slog.Logger
	first atomic.Pointer[string]
	// onFatal is told once, of storage that failed under a server that runs.
	onFatal func(error)
	once    sync.Once
}

func newServerLog(to *slog.Logger, onFatal func(error)) *serverLog {
	return &serverLog{to: orDiscard(to).With("part", "nats-server"), onFatal: onFatal}
}

func (l *serverLog) debug() bool { return l.to.Enabled(context.Background(), slog.LevelDebug) }

// fatal returns the first fatal message, or nothing.
func (l *serverLog) fatal() string {
	if msg := l.first.Load(); msg != nil {
		return *msg
	}
	return ""
}

// Notices are the server's start-up banner and its like: nothing an operator of the hub looks for at info.
func (l *serverLog) Noticef(format string, v ...any) { l.to.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Warnf(format string, v ...any)   { l.to.Warn(fmt.Sprintf(format, v...)) }
func (l *serverLog) Debugf(format string, v ...any)  { l.to.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Tracef(string, ...any)           {}

// Errorf passes an error on, and looks whether it is the one from which a server never recovers: after a failed write, be it for a disk that was
// full for a second, a stream takes nothing more until the server is started anew, and its senders see no answer at all.
func (l *serverLog) Errorf(format string, v ...any) {
	msg := fmt.Sprintf(format, v...)
	l.to.Error(msg)
	if l.onFatal != nil && strings.Contains(strings.ToLower(format), "critical write error") {
		l.once.Do(func() { l.onFatal(errors.New(msg)) })
	}
}

func (l *serverLog) Fatalf(format string, v ...any) {
	msg := fmt.Sprintf(format, v...)
	l.first.CompareAndSwap(nil, &msg)
	l.to.Error(msg)
}

func orDiscard(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
