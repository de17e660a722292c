// Package agencies is the registry of the organisations that work with the hub: who they are, which sector they belong
// to, which of their systems speak, and which kinds of message each of them may publish.
//
// It is the first thing a contact meets and the smallest: bus makes an account, credentials and streams for every agency
// in it, and intake asks it whether the agency may publish the kind of message that arrived. The registry is data, one
// JSON file per agency (deploy/agencies), read once at start; there is no way to change it while the hub runs.
//
// It guarantees that what it returns is complete and valid: every id is safe as a NATS subject token and as a file name,
// every sector, kind and source code is a known one. It holds no secrets (credentials are bus's) and no people.
package agencies
