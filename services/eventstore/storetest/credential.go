package storetest

import "github.com/EventStore/EventStore-Client-Go/v4/esdb"

var credentialTests = []contractTest{
	{"WrongCredentialsAreRefused", func(f *fixture) {
		if f.Config.DisableTLS || f.Config.Username == "" {
			f.Skip("the connection has no TLS or no credentials: none are checked")
		}
		s := f.stream()
		wrongPassword, unknown := f.Config, f.Config
		wrongPassword.Password += "x"
		unknown.Username += "x"
		for _, config := range []esdb.Configuration{wrongPassword, unknown} {
			_, err := f.client(config).AppendToStream(f.ctx, s, expecting(esdb.Any{}), events(1)...)
			f.wantCode(err, esdb.ErrorCodeUnauthenticated)
			rs, err := f.client(config).ReadStream(f.ctx, s, esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
			if err == nil {
				_, err = collect(rs)
			}
			f.wantCode(err, esdb.ErrorCodeUnauthenticated)
		}
		f.wantNotFound(s)
	}},
	{"CredentialsOfACallCountBeforeTheConnections", func(f *fixture) {
		if f.Config.DisableTLS || f.Config.Username == "" {
			f.Skip("the connection has no TLS or no credentials: none are checked")
		}
		s, o := f.stream(), expecting(esdb.Any{})
		o.Authenticated = &esdb.Credentials{Login: f.Config.Username, Password: f.Config.Password + "x"}
		_, err := f.c.AppendToStream(f.ctx, s, o, events(1)...)
		f.wantCode(err, esdb.ErrorCodeUnauthenticated)
		o.Authenticated.Password = f.Config.Password
		config := f.Config
		config.Password += "x"
		if _, err := f.client(config).AppendToStream(f.ctx, s, o, events(1)...); err != nil {
			f.Fatal(err)
		}
	}},
	{"CredentialsWithoutTLSAreNotLookedAt", func(f *fixture) {
		if !f.Config.DisableTLS {
			f.Skip("the connection has TLS")
		}
		config := f.Config
		config.Username, config.Password = "bad", "credentials"
		if _, err := f.client(config).AppendToStream(f.ctx, f.stream(), expecting(esdb.Any{}), events(1)...); err != nil {
			f.Fatal(err)
		}
	}},
}
