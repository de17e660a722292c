package embedded

import (
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
)

// createConfig turns a request into a configuration.
func (svc *persistentService) createConfig(o *persistent.CreateReq_Options) (groupConfig, error) {
	var cfg groupConfig
	st := o.GetSettings()
	if st == nil {
		return cfg, invalid("the group has no settings")
	}
	_, all := o.GetStreamOption().(*persistent.CreateReq_Options_All)
	var err error
	if cfg.groupKey, err = keyOf(all, o.GetStream().GetStreamIdentifier(), o.GetGroupName()); err != nil {
		return cfg, err
	}
	cfg.settings(st)
	if cfg.Strategy = st.GetConsumerStrategy(); cfg.Strategy == "" {
		//lint:ignore SA1019 what clients older than the field that took its place still send
		cfg.Strategy = st.GetNamedConsumerStrategy().String()
	}
	if ms, ok := st.GetMessageTimeout().(*persistent.CreateReq_Settings_MessageTimeoutTicks); ok {
		cfg.MessageTimeout = fromTicks(ms.MessageTimeoutTicks)
	}
	if ms, ok := st.GetCheckpointAfter().(*persistent.CreateReq_Settings_CheckpointAfterTicks); ok {
		cfg.CheckpointAfter = fromTicks(ms.CheckpointAfterTicks)
	}
	if all {
		return cfg, svc.startOfAll(&cfg, o.GetAll())
	}
	switch from := o.GetStream().GetRevisionOption().(type) {
	case *persistent.CreateReq_StreamOptions_Revision:
		cfg.Start = min(from.Revision, math.MaxInt64-1)
	case *persistent.CreateReq_StreamOptions_Start:
	default:
		return cfg, svc.atEnd(&cfg)
	}
	return cfg, nil
}

func (svc *persistentService) startOfAll(cfg *groupConfig, o *persistent.CreateReq_AllOptions) error {
	switch from := o.GetAllOption().(type) {
	case *persistent.CreateReq_AllOptions_Position:
		cfg.Start = from.Position.GetCommitPosition()
	case *persistent.CreateReq_AllOptions_Start:
	default:
		if err := svc.atEnd(cfg); err != nil {
			return err
		}
	}
	if cfg.Start > svc.s.committed.Load()+1 {
		return invalid("the start position is beyond the end of the log")
	}
	f := o.GetFilter()
	if f == nil {
		return nil
	}
	spec := &filterSpec{}
	switch by := f.GetFilter().(type) {
	case *persistent.CreateReq_AllOptions_FilterOptions_EventType:
		spec.ByType, spec.Prefixes, spec.Regex = true, by.EventType.GetPrefix(), by.EventType.GetRegex()
	case *persistent.CreateReq_AllOptions_FilterOptions_StreamIdentifier:
		spec.Prefixes, spec.Regex = by.StreamIdentifier.GetPrefix(), by.StreamIdentifier.GetRegex()
	default:
		return invalid("the filter says neither type nor stream")
	}
	cfg.Filter = spec
	return nil
}

// atEnd makes a group begin with what is written from now on.
func (svc *persistentService) atEnd(cfg *groupConfig) error {
	cfg.End = true
	if cfg.Stream == "" {
		cfg.Start = svc.s.committed.Load() + 1
		return nil
	}
	next, err := svc.s.afterLast(cfg.Stream)
	cfg.Start = uint64(next)
	return err
}

// groupSettings are what create and update requests have in common.
type groupSettings interface {
	GetResolveLinks() bool
	GetExtraStatistics() bool
	GetMaxRetryCount() int32
	GetMinCheckpointCount() int32
	GetMaxCheckpointCount() int32
	GetMaxSubscriberCount() int32
	GetLiveBufferSize() int32
	GetReadBatchSize() int32
	GetHistoryBufferSize() int32
	GetMessageTimeoutMs() int32
	GetCheckpointAfterMs() int32
}

func (c *groupConfig) settings(st groupSettings) {
	c.ResolveLinks, c.ExtraStatistics = st.GetResolveLinks(), st.GetExtraStatistics()
	c.MaxRetries, c.MaxSubscribers = st.GetMaxRetryCount(), st.GetMaxSubscriberCount()
	c.MinCheckpoint, c.MaxCheckpoint = st.GetMinCheckpointCount(), st.GetMaxCheckpointCount()
	c.LiveBuffer, c.ReadBatch, c.HistoryBuffer = st.GetLiveBufferSize(), st.GetReadBatchSize(), st.GetHistoryBufferSize()
	c.MessageTimeout, c.CheckpointAfter = st.GetMessageTimeoutMs(), st.GetCheckpointAfterMs()
}

// fromTicks turns 100 ns ticks into milliseconds.
func fromTicks(ticks int64) int32 {
	return int32(min(max(ticks/10_000, 0), math.MaxInt32))
}

func (svc *persistentService) updateConfig(o *persistent.UpdateReq_Options) (groupConfig, error) {
	var cfg groupConfig
	st := o.GetSettings()
	if st == nil {
		return cfg, invalid("the group has no settings")
	}
	_, all := o.GetStreamOption().(*persistent.UpdateReq_Options_All)
	var err error
	if cfg.groupKey, err = keyOf(all, o.GetStream().GetStreamIdentifier(), o.GetGroupName()); err != nil {
		return cfg, err
	}
	cfg.settings(st)
	cfg.Strategy = st.GetNamedConsumerStrategy().String()
	if ms, ok := st.GetMessageTimeout().(*persistent.UpdateReq_Settings_MessageTimeoutTicks); ok {
		cfg.MessageTimeout = fromTicks(ms.MessageTimeoutTicks)
	}
	if ms, ok := st.GetCheckpointAfter().(*persistent.UpdateReq_Settings_CheckpointAfterTicks); ok {
		cfg.CheckpointAfter = fromTicks(ms.CheckpointAfterTicks)
	}
	if all {
		switch from := o.GetAll().GetAllOption().(type) {
		case *persistent.UpdateReq_AllOptions_Position:
			if cfg.Start = from.Position.GetCommitPosition(); cfg.Start > svc.s.committed.Load()+1 {
				return cfg, invalid("the start position is beyond the end of the log")
			}
		case *persistent.UpdateReq_AllOptions_Start:
		default:
			return cfg, svc.atEnd(&cfg)
		}
		return cfg, nil
	}
	switch from := o.GetStream().GetRevisionOption().(type) {
	case *persistent.UpdateReq_StreamOptions_Revision:
		cfg.Start = min(from.Revision, math.MaxInt64-1)
	case *persistent.UpdateReq_StreamOptions_Start:
	default:
		return cfg, svc.atEnd(&cfg)
	}
	return cfg, nil
}
