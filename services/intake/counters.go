package intake

import (
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// counters count settled messages by agency and outcome: recorded, repeated, rejected, given-back.
type counters struct{ settled *prometheus.CounterVec }

func newCounters() counters {
	return counters{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mash_intake_messages_total", Help: "Messages of agencies that intake settled, by outcome.",
	}, []string{"agency", "outcome"})}
}

func (c counters) add(agency, outcome string) { c.settled.WithLabelValues(agency, outcome).Inc() }

// Collectors are the metrics of this package, for the registry of the hub.
func (i *Intake) Collectors() []prometheus.Collector {
	return []prometheus.Collector{i.handled.settled}
}

// panicSite names the function of ours in which a panic began, and its line.
func panicSite() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "openmash") && !strings.Contains(f.Function, "recoverFrom") {
			return f.Function + ":" + strconv.Itoa(f.Line)
		}
		if !more {
			return "unknown"
		}
	}
}
