package generator

import (
	"bufio"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// words is what deploy/seed holds, ready to draw from.
type words struct {
	communities []*community
	share       weights               // of the communities among families
	arrivals    weights               // of the communities among children who arrive alone
	sentences   map[string][]sentence // by "theme/event", "voice.opening", "history", …
	lists       map[string][]string   // "town", "post.police", …
}

// community is what families of one language have in common.
type community struct {
	language          string
	interpreter       int // percent
	ethnicity         table[string]
	girl, boy         []name
	woman, man        []name
	family, familyFem []name
}

// name is a name in Latin letters and, where the community writes it otherwise, in its own script.
type name struct{ latin, native string }

// field is one line of a file.
type field struct {
	key, value string
	line       int
}

func loadWords(files fs.FS) (*words, error) {
	w := &words{sentences: map[string][]sentence{}, lists: map[string][]string{}}
	names, err := fs.Glob(files, "names/*.txt")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		if err := w.loadCommunity(files, file); err != nil {
			return nil, err
		}
	}
	reasons, err := fs.Glob(files, "reasons/*.txt")
	if err != nil {
		return nil, err
	}
	for _, file := range reasons {
		if err := w.loadSentences(files, file, strings.TrimSuffix(path.Base(file), ".txt")+"/"); err != nil {
			return nil, err
		}
	}
	for _, file := range []string{"voices.txt", "common.txt"} {
		if err := w.loadSentences(files, file, ""); err != nil {
			return nil, err
		}
	}
	if err := w.loadLists(files, "places.txt"); err != nil {
		return nil, err
	}
	return w, w.check()
}

// fields reads the lines "key: value" of a file.
func fields(files fs.FS, file string) ([]field, error) {
	f, err := files.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []field
	scan := bufio.NewScanner(f)
	for line := 1; scan.Scan(); line++ {
		text := strings.TrimSpace(scan.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(text, ": ")
		if !ok || strings.TrimSpace(value) == "" {
			return nil, fmt.Errorf("%s:%d: is not \"key: value\"", file, line)
		}
		all = append(all, field{key, strings.TrimSpace(value), line})
	}
	return all, scan.Err()
}

// loadSentences reads lines of sentences; some keys of the same files are plain lists.
func (w *words) loadSentences(files fs.FS, file, prefix string) error {
	all, err := fields(files, file)
	if err != nil {
		return err
	}
	for _, f := range all {
		if isList(f.key) {
			w.lists[f.key] = append(w.lists[f.key], parts(f.value)...)
			continue
		}
		s, err := parseSentence(f.value)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file, f.line, err)
		}
		w.sentences[prefix+f.key] = append(w.sentences[prefix+f.key], s)
	}
	return nil
}

func isList(key string) bool {
	return key == "day" || key == "weekday" || strings.HasPrefix(key, "post.")
}

func (w *words) loadLists(files fs.FS, file string) error {
	all, err := fields(files, file)
	if err != nil {
		return err
	}
	for _, f := range all {
		w.lists[f.key] = append(w.lists[f.key], parts(f.value)...)
	}
	return nil
}

// loadCommunity reads one file of names and refuses one from which no family could be made.
func (w *words) loadCommunity(files fs.FS, file string) error {
	all, err := fields(files, file)
	if err != nil {
		return err
	}
	c := &community{}
	numbers := map[string]int{}
	for _, f := range all {
		if err := c.set(f, numbers); err != nil {
			return fmt.Errorf("%s:%d: %w", file, f.line, err)
		}
	}
	if c.language == "" || numbers["share"] == 0 || len(c.ethnicity.values) == 0 {
		return fmt.Errorf("%s: language, share or ethnicity is missing", file)
	}
	for _, list := range [][]name{c.girl, c.boy, c.woman, c.man, c.family} {
		if len(list) == 0 {
			return fmt.Errorf("%s: girl, boy, woman, man or family is missing", file)
		}
	}
	c.interpreter = numbers["interpreter"]
	w.communities = append(w.communities, c)
	w.share = w.share.add(numbers["share"])
	w.arrivals = w.arrivals.add(numbers["arrivals"])
	return nil
}

// set takes in one line. Numbers are collected apart, as the shares belong to all communities together.
func (c *community) set(f field, numbers map[string]int) error {
	switch f.key {
	case "language":
		c.language = f.value
	case "share", "interpreter", "arrivals":
		n, err := strconv.Atoi(f.value)
		if err != nil || n < 0 {
			return fmt.Errorf("%s is not a number", f.key)
		}
		numbers[f.key] = n
	case "ethnicity":
		for _, part := range parts(f.value) {
			code, weight, _ := strings.Cut(part, " ")
			n, err := strconv.Atoi(weight)
			if err != nil || n <= 0 {
				return fmt.Errorf("ethnicity %q has no weight", code)
			}
			c.ethnicity.values = append(c.ethnicity.values, code)
			c.ethnicity.weights = c.ethnicity.weights.add(n)
		}
	case "girl":
		c.girl = append(c.girl, namesOf(f.value)...)
	case "boy":
		c.boy = append(c.boy, namesOf(f.value)...)
	case "woman":
		c.woman = append(c.woman, namesOf(f.value)...)
	case "man":
		c.man = append(c.man, namesOf(f.value)...)
	case "family":
		c.addFamilies(f.value)
	default:
		return fmt.Errorf("unknown key %q", f.key)
	}
	return nil
}

// addFamilies reads family names, each with the form that women have where it differs.
func (c *community) addFamilies(value string) {
	for _, part := range parts(value) {
		man, woman, differs := strings.Cut(part, "/")
		if !differs {
			woman = man
		}
		c.family = append(c.family, nameOf(man))
		c.familyFem = append(c.familyFem, nameOf(woman))
	}
}

func namesOf(value string) []name {
	var all []name
	for _, part := range parts(value) {
		all = append(all, nameOf(part))
	}
	return all
}

func nameOf(s string) name {
	latin, native, _ := strings.Cut(s, "=")
	return name{strings.TrimSpace(latin), strings.TrimSpace(native)}
}

func parts(value string) []string {
	all := strings.Split(value, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}
