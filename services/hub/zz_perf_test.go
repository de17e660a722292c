package hub_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"syscall"
	"testing"
	"time"

	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hubtest"
	"github.com/openmash/mash/services/simulation/generator"
)

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func TestZZPerf(t *testing.T) {
	h := hubtest.Start(t)
	gen, err := generator.New(generator.Options{Seed: 3, Start: hubtest.Monday.AddDate(0, 0, -7)})
	if err != nil {
		t.Fatal(err)
	}
	const warm, n = 1000, 6000
	var msgs []publisher.Message
	var ags []string
	pubs := map[string]*publisher.Publisher{}
	for s := range gen.Contacts(warm + n) {
		data, ct, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if pubs[s.Agency] == nil {
			pubs[s.Agency] = h.Publisher(s.Agency)
		}
		ags = append(ags, s.Agency)
		msgs = append(msgs, publisher.Message{Kind: s.Kind, ID: s.ID, Source: s.Source, Type: s.Type(), Time: s.At, ContentType: ct, Data: data})
	}
	run := func(from, to int) {
		slots := make(chan struct{}, 128)
		for i := from; i < to; i++ {
			slots <- struct{}{}
			p, err := pubs[ags[i]].SendAsync(context.Background(), msgs[i])
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				if a, err := p.Answer(context.Background()); err != nil || a.Kind != "receipt" {
					t.Error(err, string(a.Data))
				}
				<-slots
			}()
		}
		for range 128 {
			slots <- struct{}{}
		}
	}
	run(0, warm)
	runtime.GC()
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	if f, err := os.Create("/tmp/lat/perf.cpu"); err == nil {
		_ = pprof.StartCPUProfile(f)
		defer f.Close()
	}
	c0, b := cpu(), time.Now()
	run(warm, warm+n)
	c1, e := cpu(), time.Since(b)
	pprof.StopCPUProfile()
	runtime.ReadMemStats(&m1)
	fmt.Printf("PERF %d contacts %.0f/s cpu %.0fus/contact alloc %.1fKB %.0f objs/contact gc %d\n", n, n/e.Seconds(), float64((c1-c0).Microseconds())/n, float64(m1.TotalAlloc-m0.TotalAlloc)/n/1024, float64(m1.Mallocs-m0.Mallocs)/n, m1.NumGC-m0.NumGC)
}
