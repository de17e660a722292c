package bus

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/openmash/mash/services/agencies"
)

// Sizes of an account. A contact is a few KiB and Kent's largest week has 1,942 of all agencies (KEN-21), so the default
// IN holds months of a busy agency while the hub is away; what is full refuses, and the agency keeps its messages.
const (
	// MaxMessage is the largest message on IN, headers included.
	MaxMessage = 256 << 10
	// maxPayload is what the server takes at all. It is above MaxMessage so that a message that is somewhat too large is
	// answered with an error: over this limit the server ends the connection.
	maxPayload = 1 << 20
	// maxConnections bounds what one agency can take of the server's; its systems and its operators share it.
	maxConnections = 64
	// maxConsumers is the two durable ones of an agency and the hub's one, and room for a release that needs another.
	maxConsumers = 8
	// maxAccountBytes is what the streams of one agency may reserve together.
	maxAccountBytes = 512 << 20
)

// An account is one agency's account as the nats-server is to know it.
type account struct {
	name  string
	users []user
}

// A user may publish and subscribe to what is listed and to nothing else.
type user struct {
	role      string
	key       string
	publish   []string
	subscribe []string
}

// accountsOf is the one place that says who may do what on NATS; embedded and external servers get the same.
func accountsOf(reg *agencies.Registry, creds Creds) ([]account, error) {
	var accounts []account
	for _, a := range reg.All() {
		if creds.AgencyKey(a.ID) == "" || creds.HubKey(a.ID) == "" {
			return nil, fmt.Errorf("no credentials for agency %s", a.ID)
		}
		accounts = append(accounts, account{name: a.ID, users: []user{agencyUser(a.ID, creds), hubUser(a.ID, creds)}})
	}
	return accounts, nil
}

// agencyUser may send, and may read its two outbound streams through the consumers the hub made for it. The wildcard in
// the first subject lets a kind that the hub does not know reach it, to be answered with a rejection and not with silence.
func agencyUser(agency string, creds Creds) user {
	publish := []string{InSubject(agency, "*")}
	for _, c := range [][2]string{{StreamReceipt, ConsumerReceipts}, {StreamOut, ConsumerOut}} {
		stream, consumer := c[0], c[1]
		publish = append(publish,
			"$JS.API.CONSUMER.INFO."+stream+"."+consumer,
			"$JS.API.CONSUMER.MSG.NEXT."+stream+"."+consumer,
			"$JS.ACK."+stream+"."+consumer+".>")
	}
	return user{role: "agency", key: creds.AgencyKey(agency), publish: publish, subscribe: []string{inboxOf(agency) + ".>"}}
}

// hubUser may do what the hub does in the account: make streams, receive, publish, put a message back on IN.
func hubUser(agency string, creds Creds) user {
	return user{
		role:      "hub",
		key:       creds.HubKey(agency),
		publish:   []string{InSubject(agency, "*"), OutSubject(agency, "*"), "$JS.API.>", "$JS.ACK.>"},
		subscribe: []string{hubInbox + ".>"},
	}
}

// ServerConfig writes the accounts as the configuration of a nats-server of its own. It holds public keys only. Address
// and port are defaults that the server's flags -a and -p replace, the streams' folder is relative to the folder the
// server is started in; beyond loopback, add TLS.
func ServerConfig(reg *agencies.Registry, creds Creds) ([]byte, error) {
	accounts, err := accountsOf(reg, creds)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("# Accounts of the MASH hub for a nats-server 2.12 or newer, written by the hub from its registry of agencies and its\n" +
		"# credentials. Write it again when an agency joins or leaves, and reload the server. Beyond loopback, add a tls block.\n" +
		"# It is a whole configuration. Included in another, what stands later goes before what stood earlier, block by block: include it\n" +
		"# first and give your own listen and jetstream { store_dir, sync_interval: always } below. This store_dir is relative to where the\n" +
		"# server is started.\n" +
		"listen: \"127.0.0.1:4222\"\n\n")
	b.Write(renderConfig(accounts, "jetstream"))
	return b.Bytes(), nil
}

// renderConfig writes accounts in the server's configuration language, with the settings that the promises of this
// package rest on: sync_interval always, or an acknowledged message could be lost for two minutes after a power failure.
func renderConfig(accounts []account, storeDir string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "max_payload: %d\n", maxPayload)
	fmt.Fprintf(&b, "jetstream {\n  store_dir: %s\n  sync_interval: always\n", quote(storeDir))
	// The accounts' shares and no more. Left to itself the server takes a part of the free disk, and then does not start
	// when the disk has filled for other reasons.
	fmt.Fprintf(&b, "  max_file_store: %d\n}\n\naccounts {\n", int64(len(accounts))*maxAccountBytes)
	for _, a := range accounts {
		fmt.Fprintf(&b, "  %s {\n", quote(a.name))
		fmt.Fprintf(&b, "    jetstream { max_memory: 0, max_file: %d, max_streams: 3, max_consumers: %d, max_bytes_required: true }\n",
			maxAccountBytes, maxConsumers)
		fmt.Fprintf(&b, "    limits { max_connections: %d }\n    users [\n", maxConnections)
		for _, u := range a.users {
			fmt.Fprintf(&b, "      # %s\n      { nkey: %s, permissions {\n        publish { allow: %s }\n        subscribe { allow: %s }\n      } }\n",
				u.role, quote(u.key), quoteAll(u.publish), quoteAll(u.subscribe))
		}
		b.WriteString("    ]\n  }\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// quote is enough for what is written here: ids and keys of a small alphabet, and a folder.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func quoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// Limits are the sizes of an agency's streams in bytes; a zero is the default. Together they may not pass 512 MiB, which
// is what the server reserves for an account.
type Limits struct {
	In, Receipt, Out int64
}

func (l Limits) orDefaults() (Limits, error) {
	for _, d := range []struct {
		size *int64
		def  int64
	}{{&l.In, 256 << 20}, {&l.Receipt, 64 << 20}, {&l.Out, 128 << 20}} {
		if *d.size == 0 {
			*d.size = d.def
		}
		if *d.size < 0 {
			return Limits{}, errors.New("a stream's size is negative")
		}
	}
	if sum := l.In + l.Receipt + l.Out; sum > maxAccountBytes {
		return Limits{}, fmt.Errorf("an agency's streams want %d bytes together, more than its account's %d", sum, maxAccountBytes)
	}
	return l, nil
}
