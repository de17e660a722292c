package contact_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/openmash/mash/services/domain/contact"
)

// usualWork is what a step of asking, telling and deciding says without words
// about it; as with consent, a scenario shows what differs.
var usualWork = map[string]map[string]string{
	"request information": {"mode": "targeted", "ask": "kent-police | s1 | police-and-offending", "purposes": "safeguarding-assessment",
		"words": "What is known of this household?", "status": "triaged"},
	"cancel request": {"request": "r1", "reason": "not-needed"},
	"chase":          {"request": "r1", "agency": "kent-police"},
	"share": {"agency": "kent-police", "answer": "shared", "about": "s1", "category": "police-and-offending", "kind": "fact", "source": "record",
		"says": "Officers came to the address twice in January."},
	"analyse":         {"subjects": "s1", "words": "What is known is worrying but does not amount to harm.", "harm": "none-found"},
	"decide":          {"outcome": "s1 | referral | 4 | childrens-social-work", "rationale": "Two incidents in a month, and a mother who asks for help."},
	"sign off":        {"decision": "d1"},
	"return":          {"decision": "d1", "reason": "The school was not asked."},
	"answer referrer": {"decision": "d1", "level": "outcome", "response": "The family's social worker will be in touch with you."},
	"acknowledge":     {"decision": "d1", "agency": "kent-police"},
	"reopen":          {"subjects": "s1", "reason": "A second report came in."},
}

// workCommand makes the commands of asking, telling and deciding; nil: the verb
// is none of them.
func workCommand(verb string, fields map[string]string) (contact.Command, error) {
	f := maps.Clone(usualWork[verb])
	if f == nil {
		return nil, nil
	}
	maps.Copy(f, fields)
	t := &times{fields: f}
	var c contact.Command
	var err error
	switch verb {
	case "request information":
		c = contact.RequestInformation{Mode: f["mode"], Questions: asks(f["ask"]), Purposes: list(f["purposes"]), Words: f["words"], Status: f["status"]}
	case "cancel request":
		c = contact.CancelRequest{RequestID: f["request"], Agencies: list(f["agencies"]), Reason: f["reason"]}
	case "chase":
		c = contact.ChaseRequest{RequestID: f["request"], Agency: f["agency"], DueAt: t.at("due")}
	case "share":
		c = share(f, t)
	case "analyse":
		c = contact.RecordAnalysis{Agency: f["agency"], Subjects: list(f["subjects"]), Shares: list(f["shares"]), Words: f["words"], Harm: f["harm"]}
	case "decide":
		c, err = decision(f)
	default:
		c = afterwards(verb, f)
	}
	if err == nil {
		err = t.err
	}
	return c, err
}

func afterwards(verb string, f map[string]string) contact.Command {
	switch verb {
	case "sign off":
		return contact.SignOff{DecisionID: f["decision"]}
	case "return":
		return contact.ReturnDecision{DecisionID: f["decision"], Reason: f["reason"]}
	case "answer referrer":
		return contact.AnswerReferrer{DecisionID: f["decision"], Level: f["level"], Response: f["response"]}
	case "acknowledge":
		return contact.AcknowledgeOutcome{DecisionID: f["decision"], Agency: f["agency"]}
	}
	return contact.Reopen{Subjects: list(f["subjects"]), Reason: f["reason"]}
}

// asks reads "kent-police | s1, s2 | police-and-offending; kent-health | s1 | physical-health".
func asks(text string) []contact.Ask {
	var all []contact.Ask
	for one := range strings.SplitSeq(text, ";") {
		parts := append(strings.Split(one, "|"), "", "")
		if strings.TrimSpace(one) != "" {
			all = append(all, contact.Ask{Agency: strings.TrimSpace(parts[0]), Subjects: list(parts[1]), Categories: list(parts[2])})
		}
	}
	return all
}

// share makes one statement of the step's own fields, and a second one, in all
// else the same, of "also says" with its "also about" and "also category".
func share(f map[string]string, t *times) contact.ShareInformation {
	c := contact.ShareInformation{Agency: f["agency"], RequestID: f["request"], Answer: f["answer"], Reason: f["reason"], Corrects: f["corrects"]}
	if c.Answer == contact.AnswerNothingKnown || c.Answer == contact.AnswerWillNotShare {
		return c
	}
	one := contact.Statement{Subjects: list(f["about"]), Category: f["category"], Kind: f["kind"], Source: f["source"], Words: f["says"], Known: t.occurrence("known"),
		Handling: handling(f["handling"], f["conditions"])}
	if one.Words != "" {
		c.Statements = append(c.Statements, one)
	}
	if words, ok := f["also says"]; ok {
		one.Words = words
		if about, ok := f["also about"]; ok {
			one.Subjects = list(about)
		}
		if category, ok := f["also category"]; ok {
			one.Category = category
		}
		c.Statements = append(c.Statements, one)
	}
	return c
}

// handling reads "not-family, not-agencies, protect-source, C".
func handling(text, conditions string) contact.Handling {
	h := contact.Handling{Conditions: conditions}
	for _, word := range list(text) {
		switch word {
		case "not-family":
			h.NotToFamily = true
		case "not-agencies":
			h.NotToAgencies = true
		case "protect-source":
			h.ProtectSource = true
		default:
			h.PoliceCode = word
		}
	}
	return h
}

// decision reads "outcome: s1 | referral | 4 | childrens-social-work" and, for
// more children, the same after a semicolon; steps are for all of them.
func decision(f map[string]string) (contact.Command, error) {
	c := contact.DecideContact{Rationale: f["rationale"], Shares: list(f["shares"])}
	for one := range strings.SplitSeq(f["outcome"], ";") {
		parts := append(strings.Split(one, "|"), "", "", "")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		if parts[0] == "" {
			continue
		}
		level, err := strconv.ParseUint(parts[2], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("support level: %w", err)
		}
		c.Outcomes = append(c.Outcomes, contact.Outcome{Subject: parts[0], Outcome: parts[1], Level: uint32(level), Destination: parts[3], Steps: f["steps"]})
	}
	return c, nil
}
