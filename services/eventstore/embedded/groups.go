package embedded

import (
	"context"
	"errors"
	"sort"
	"sync"

	"google.golang.org/grpc/codes"
)

// groups are the persistent subscriptions of a store. The lock is held while
// their configuration is changed and written, so changes happen one at a time.
type groups struct {
	s  *Store
	mu sync.Mutex
	m  map[string]*group
}

// startGroups brings back every group where it left off.
func (s *Store) startGroups() error {
	s.groups = &groups{s: s, m: map[string]*group{}}
	return s.groups.restart()
}

func (gs *groups) restart() error {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for id, g := range gs.m {
		g.close()
		delete(gs.m, id)
	}
	list, err := gs.s.loadGroups()
	if err != nil {
		return err
	}
	for _, cfg := range list {
		if gs.m[cfg.id()], err = newGroup(gs.s, cfg); err != nil {
			delete(gs.m, cfg.id())
			return err
		}
	}
	return nil
}

func (gs *groups) stop() {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	for _, g := range gs.m {
		g.close()
	}
	gs.m = nil
}

func (gs *groups) get(k groupKey) (*group, error) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	return gs.find(k)
}

func (gs *groups) find(k groupKey) (*group, error) {
	if g := gs.m[k.id()]; g != nil && g.cfg.groupKey == k {
		return g, nil
	}
	return nil, groupFailure(k, codes.NotFound, "persistent-subscription-does-not-exist", "there is no such persistent subscription")
}

// list is every group, or those of one source, by id.
func (gs *groups) list(want func(groupKey) bool) []*group {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	var out []*group
	for _, g := range gs.m {
		if want(g.cfg.groupKey) {
			out = append(out, g)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].cfg.id() < out[j].cfg.id() })
	return out
}

// save writes the configuration of all groups, one of them changed or left out.
func (gs *groups) save(ctx context.Context, without string, with *groupConfig) error {
	list := []groupConfig{}
	for id, g := range gs.m {
		if id != without {
			list = append(list, g.cfg)
		}
	}
	if with != nil {
		list = append(list, *with)
	}
	return gs.s.saveGroups(ctx, list)
}

func (gs *groups) create(ctx context.Context, cfg groupConfig) error {
	if err := cfg.validate(); err != nil {
		return err
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if gs.m[cfg.id()] != nil {
		return groupFailure(cfg.groupKey, codes.AlreadyExists, "persistent-subscription-exists", "the persistent subscription exists already")
	}
	if err := gs.save(ctx, "", &cfg); err != nil {
		return err
	}
	return gs.start(cfg)
}

func (gs *groups) start(cfg groupConfig) error {
	g, err := newGroup(gs.s, cfg)
	if err == nil {
		gs.m[cfg.id()] = g
	}
	return err
}

// update drops the consumers and goes on from the checkpoint with new settings.
// The filter stays: the protocol cannot change it.
func (gs *groups) update(ctx context.Context, cfg groupConfig) error {
	if err := cfg.validate(); err != nil {
		return err
	}
	gs.mu.Lock()
	defer gs.mu.Unlock()
	old, err := gs.find(cfg.groupKey)
	if err != nil {
		return err
	}
	cfg.Filter = old.cfg.Filter
	if err := gs.save(ctx, cfg.id(), &cfg); err != nil {
		return err
	}
	old.close()
	delete(gs.m, cfg.id())
	return gs.start(cfg)
}

// remove ends a group and forgets its place and what it parked.
func (gs *groups) remove(ctx context.Context, k groupKey) error {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g, err := gs.find(k)
	if err != nil {
		return err
	}
	if err := gs.save(ctx, k.id(), nil); err != nil {
		return err
	}
	g.close()
	delete(gs.m, k.id())
	svc := streamsService{s: gs.s}
	for _, stream := range []string{k.checkpointStream(), k.parkedStream()} {
		// A stream that was never written cannot be deleted, and need not be.
		_, err := svc.remove(ctx, cmdDelete, []byte(stream), expected{})
		var refused *failure
		if err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	return nil
}
