package generator

import "fmt"

// check finds what the seed lacks before anything is made of it: an empty list would only show when chance comes by it.
func (w *words) check() error {
	if len(w.communities) == 0 || w.arrivals[len(w.arrivals)-1] == 0 {
		return fmt.Errorf("names: no community, or none with arrivals")
	}
	for _, list := range []string{"town", "street", "house", "nursery", "primary", "secondary", "college", "day", "weekday"} {
		if len(w.lists[list]) == 0 {
			return fmt.Errorf("list %q is missing", list)
		}
	}
	for _, t := range allThemes {
		for _, kind := range []string{"event", "detail", "child", "why"} {
			if len(w.sentences[t.name+"/"+kind]) == 0 {
				return fmt.Errorf("reasons/%s.txt: no %q", t.name, kind)
			}
		}
	}
	for _, kind := range []string{"context", "history", "good", "why", "language", "infant"} {
		if len(w.sentences[kind]) == 0 {
			return fmt.Errorf("common.txt: no %q", kind)
		}
	}
	for _, c := range allChannels() {
		if len(w.sentences[c.voice+".opening"]) == 0 || len(w.sentences[c.voice+".closing"]) == 0 {
			return fmt.Errorf("voices.txt: %q has no opening or no closing", c.voice)
		}
		if !c.anonymous && len(w.lists[c.post()]) == 0 {
			return fmt.Errorf("common.txt: no %q", c.post())
		}
	}
	return nil
}
