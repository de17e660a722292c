package bus

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A request whose answer is lost is asked again; one that is refused is not, and none after its caller has gone.
func TestWhatIsNotAnsweredIsAskedAgain(t *testing.T) {
	asked := 0
	err := untilAnswered(t.Context(), func(ctx context.Context) error {
		if asked++; asked < 3 {
			return context.DeadlineExceeded // as the client says it when its time is up
		}
		if end, ok := ctx.Deadline(); !ok || time.Until(end) > answerTime {
			t.Errorf("an attempt may take until %v, %t", end, ok)
		}
		return nil
	})
	if err != nil || asked != 3 {
		t.Errorf("asked %d times, %v; want 3 and the answer", asked, err)
	}
	refused := errors.New("refused")
	asked = 0
	err = untilAnswered(t.Context(), func(context.Context) error { asked++; return refused })
	if !errors.Is(err, refused) || asked != 1 {
		t.Errorf("refused: asked %d times, %v", asked, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	asked = 0
	err = untilAnswered(gone, func(ctx context.Context) error { asked++; return context.DeadlineExceeded })
	if err == nil || asked != 1 {
		t.Errorf("with the caller gone: asked %d times, %v", asked, err)
	}
}
