package bus

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
)

// serverLog gives the nats-server's log to slog and keeps what was fatal, which is the only way to learn of it.
type serverLog struct {
	to    *slog.Logger
	first atomic.Pointer[string]
}

func newServerLog(to *slog.Logger) *serverLog {
	return &serverLog{to: orDiscard(to).With("part", "nats-server")}
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
func (l *serverLog) Errorf(format string, v ...any)  { l.to.Error(fmt.Sprintf(format, v...)) }
func (l *serverLog) Debugf(format string, v ...any)  { l.to.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Tracef(string, ...any)           {}

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
