package storetest_test

import (
	"os"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/eventstore/storetest"
)

const urlVariable = "MASH_EVENTSTORE_URL"

func TestEmbeddedStoreKeepsTheContract(t *testing.T) {
	t.Parallel() // it ends with tests that wait, which the others need not wait for
	storetest.Run(t, startEmbedded(t, overTCP, embedded.Options{}))
}

// A cluster forgets event ids: this is the mode whose behaviour both share.
func TestEmbeddedStoreKeepsTheContractForgettingEventIDs(t *testing.T) {
	t.Parallel()
	storetest.Run(t, startEmbedded(t, overTCP, embedded.Options{ForgetEventIDs: true}))
}

func TestEmbeddedStoreKeepsTheContractOverTLS(t *testing.T) {
	t.Parallel()
	storetest.Run(t, startEmbedded(t, overTLS, embedded.Options{}))
}

func TestEmbeddedStoreKeepsTheContractOverASocket(t *testing.T) {
	t.Parallel()
	storetest.Run(t, startEmbedded(t, overSocket, embedded.Options{}))
}

func TestRealServerKeepsTheContract(t *testing.T) {
	storetest.Run(t, realServer(t))
}

func TestModelEmbedded(t *testing.T) {
	storetest.RunModel(t, startEmbedded(t, overTCP, embedded.Options{}))
}

func TestModelEmbeddedForgettingEventIDs(t *testing.T) {
	storetest.RunModel(t, startEmbedded(t, overTCP, embedded.Options{ForgetEventIDs: true}))
}

func TestModelRealServer(t *testing.T) {
	storetest.RunModel(t, realServer(t))
}

func realServer(t *testing.T) storetest.Server {
	url := os.Getenv(urlVariable)
	if url == "" {
		t.Skipf("no real server: set %s to a connection string (esdb://…) to run the same tests against one", urlVariable)
	}
	// A real server recognises ids while it remembers them, so neither outcome
	// of a repeated Any may be relied on.
	return storetest.Server{Config: parse(t, url), ForgetsIDs: true}
}

func parse(t testing.TB, url string) esdb.Configuration {
	t.Helper()
	config, err := esdb.ParseConnectionString(url)
	if err != nil {
		t.Fatal(err)
	}
	return *config
}
