package rpc

// Domain is the domain of every ErrorInfo the hub answers with.
const Domain = "mash"

// The published reasons of this package. Further ones are those of the rules (the Reason of a domain.Refusal), which come
// with the code FAILED_PRECONDITION, INVALID_ARGUMENT when they name fields, or PERMISSION_DENIED when they refuse a role:
// those that end in NOT_PERMITTED, ONLY_OUT_OF_HOURS and ONLY_IN_HOURS.
const (
	// ReasonNoCredentials: the call brought no bearer token. UNAUTHENTICATED.
	ReasonNoCredentials = "CREDENTIALS_MISSING"
	// ReasonBadCredentials: the token is nobody's. UNAUTHENTICATED.
	ReasonBadCredentials = "CREDENTIALS_INVALID"
	// ReasonRoleMayNot: the caller's role may not call this, by the access table (metadata "action" and "role") or by the
	// practice profile. PERMISSION_DENIED.
	ReasonRoleMayNot = "ROLE_NOT_PERMITTED"
	// ReasonInvalidFields: fields break the rules of their proto; metadata "rules" names the rules. INVALID_ARGUMENT.
	ReasonInvalidFields = "INVALID_FIELDS"
	// ReasonBadPageToken: the page token was not given for this request. INVALID_ARGUMENT.
	ReasonBadPageToken = "INVALID_PAGE_TOKEN"
	// ReasonBadPosition: a position is not one of the hub's. INVALID_ARGUMENT.
	ReasonBadPosition = "INVALID_POSITION"
	// ReasonOtherStore: a position belongs to another event store, or lies beyond this one's end. FAILED_PRECONDITION.
	ReasonOtherStore = "POSITION_OF_OTHER_STORE"
	// ReasonNotFound: what was asked for is not there; metadata "resource". NOT_FOUND.
	ReasonNotFound = "NOT_FOUND"
	// ReasonRevisionChanged: it has moved on since the caller looked; metadata "expected_revision", "actual_revision". ABORTED.
	ReasonRevisionChanged = "REVISION_CHANGED"
	// ReasonRequestReused: the request id belongs to another request. ALREADY_EXISTS.
	ReasonRequestReused = "REQUEST_ID_REUSED"
	// ReasonDeadline: the call's time ran out; whether it was done is not known, ask again with the same request id.
	// DEADLINE_EXCEEDED.
	ReasonDeadline = "DEADLINE_EXCEEDED"
	// ReasonCancelled: the caller gave up. CANCELLED.
	ReasonCancelled = "CANCELLED"
	// ReasonSlowReader: a watch was read too slowly; resume from its last position. RESOURCE_EXHAUSTED.
	ReasonSlowReader = "SLOW_READER"
	// ReasonUnavailable: a part the hub needs does not answer; try again. UNAVAILABLE.
	ReasonUnavailable = "UNAVAILABLE"
	// ReasonStopping: the server is shutting down; resume elsewhere or later. UNAVAILABLE.
	ReasonStopping = "SERVER_STOPPING"
	// ReasonInternal: a defect of the hub; metadata "incident" is in its log. INTERNAL.
	ReasonInternal = "INTERNAL"
	// ReasonTransport: gRPC itself refused the call, for example a message above the size limit; the code says what.
	ReasonTransport = "TRANSPORT"
)
