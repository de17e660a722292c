package casework_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
)

func TestTmpRate(t *testing.T) {
	p := &parts{t: t, dir: t.TempDir(), clock: &clock{now: monday}}
	p.start()
	t.Cleanup(p.stop)
	s := p.hub()
	run := func(name string, call func(i int)) {
		var n atomic.Int64
		end := time.Now().Add(3 * time.Second)
		var wg sync.WaitGroup
		for range 128 {
			wg.Go(func() {
				for time.Now().Before(end) {
					call(int(n.Add(1)))
				}
			})
		}
		wg.Wait()
		fmt.Println(name, n.Load()/3, "/s")
	}
	for round := range 2 {
		run("receive", func(i int) {
			m := message(fmt.Sprint("x-", round, i))
			m.Children[0].Person.NhsNumber = nhsCache[i%100]
			if _, err := s.ReceiveContact(t.Context(), m, from(m, "first")); err != nil {
				t.Error(err)
			}
		})
		run("receive without numbers", func(i int) {
			m := message(fmt.Sprint("y-", round, i))
			m.Children[0].Person.NhsNumber = ""
			if _, err := s.ReceiveContact(t.Context(), m, from(m, "first")); err != nil {
				t.Error(err)
			}
		})
		m := message("z")
		ev, _ := contact.Decide(contact.Under(m, contact.Setting{Now: monday, Profile: prof(t)}), contact.Initial())
		run("append alone", func(i int) {
			id := uuid.New()
			if _, err := p.store.Append(t.Context(), "contact-"+id.String(), eventstore.NoStream(), eventstore.Metadata{RequestID: "a", RecordedAt: monday}, eventstore.Event{ID: id, Message: ev[0]}); err != nil {
				t.Error(err)
			}
		})
	}
}

var nhsCache = func() (all []string) {
	for i := range 100 {
		all = append(all, nhsNumber(i))
	}
	return
}()

func prof(t *testing.T) practice.Profile {
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}
