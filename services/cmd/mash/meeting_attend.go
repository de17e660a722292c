package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
)

type meetingAttendCmd struct {
	meetingFlags
	Agency        string   `required:"" help:"The agency that answered."`
	Apologies     bool     `help:"Nobody comes."`
	Reason        string   `help:"Why nobody comes."`
	Name          string   `help:"Who comes, where it is one person."`
	Post          string   `help:"Their post."`
	Phone         string   `help:"Their telephone number."`
	SubstituteFor string   `help:"Whom they stand in for, by attendee id." placeholder:"ID"`
	Person        []string `sep:"none" help:"One of several who come, as 'name=DS Example; post=sergeant', with phone, email and for (an attendee id) where known; can be repeated." placeholder:"WHO"`
	File          string   `help:"JSON file with contributions, and attendees, as of mash.command.v1.RecordAttendanceRequest; the flags go before it." placeholder:"FILE"`
}

// Run records. What an agency contributes has its handling, and comes in a file.
func (c *meetingAttendCmd) Run(env *environment) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	return c.meeting(env, "officer-1", func(ctx context.Context, client commandpb.StrategyMeetingCommandServiceClient) (answered, string, error) {
		resp, err := client.RecordAttendance(ctx, req)
		return resp, strings.Join(slices.Concat(resp.GetAttendeeIds(), resp.GetContributionIds()), " "), err
	})
}

func (c *meetingAttendCmd) request() (*commandpb.RecordAttendanceRequest, error) {
	req := &commandpb.RecordAttendanceRequest{}
	if c.File != "" {
		if err := readRequest(c.File, req); err != nil {
			return nil, err
		}
	}
	req.Context, req.MeetingId, req.Agency = c.context(), c.ID, c.Agency
	if c.Apologies {
		req.Answer = "apologies"
	} else if req.GetAnswer() == "" {
		req.Answer = "attending"
	}
	if c.Reason != "" {
		req.Reason = c.Reason
	}
	if c.Name != "" {
		one := &commandpb.MeetingPerson{Name: c.Name, Post: c.Post, SubstituteFor: c.SubstituteFor}
		if c.Phone != "" {
			one.Phones = []string{c.Phone}
		}
		req.Attendees = append(req.Attendees, one)
	}
	for i, text := range c.Person {
		one, err := attendee(text)
		if err != nil {
			return nil, fmt.Errorf("person %d: %w", i+1, err)
		}
		req.Attendees = append(req.Attendees, one)
	}
	return req, nil
}

// attendee reads who comes. What it says of a fault repeats nothing that is said of a person.
func attendee(text string) (*commandpb.MeetingPerson, error) {
	one := &commandpb.MeetingPerson{}
	for field := range strings.SplitSeq(text, ";") {
		key, value, found := strings.Cut(field, "=")
		value = strings.TrimSpace(value)
		if !found || value == "" {
			return nil, errors.New("a field is not of the form key=value")
		}
		switch strings.TrimSpace(key) {
		case "name":
			one.Name = value
		case "post":
			one.Post = value
		case "phone":
			one.Phones = append(one.Phones, value)
		case "email":
			one.Email = value
		case "for":
			one.SubstituteFor = value
		default:
			return nil, errors.New("a field is none of name, post, phone, email and for")
		}
	}
	return one, nil
}
