package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"example.com/aye/portal/locales"
	"example.com/aye/portal/page"
)

func drawn(t *testing.T, one story, locale string) *html.Node {
	t.Helper()
	renderer, err := page.New(clock)
	if err != nil {
		t.Fatal(err)
	}
	return draw(t, renderer, one, locale)
}

func draw(t *testing.T, renderer *page.Renderer, one story, locale string) *html.Node {
	t.Helper()
	frame := one.frame
	frame.Locale = locale
	var out bytes.Buffer
	if err := renderer.Render(&out, frame, one.view); err != nil {
		t.Fatalf("%s in %s: %v", one.name, locale, err)
	}
	if strings.Contains(out.String(), "no value") || strings.Contains(out.String(), "ZgotmplZ") {
		t.Errorf("%s in %s: something is missing", one.name, locale)
	}
	root, err := html.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func elements(root *html.Node) []*html.Node {
	var all []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			all = append(all, node)
		}
	}
	return all
}

func attribute(node *html.Node, name string) (string, bool) {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func words(node *html.Node) string {
	var all strings.Builder
	for part := range node.Descendants() {
		if part.Type == html.TextNode {
			all.WriteString(part.Data + " ")
		}
	}
	return strings.Join(strings.Fields(all.String()), " ")
}

// Every page can be drawn in every state and language, and keeps to the rules that the content
// security policy and screen readers need.
func TestStories(t *testing.T) {
	t.Parallel()
	renderer, err := page.New(clock)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, one := range stories() {
		if names[one.name] {
			t.Errorf("two stories are called %s", one.name)
		}
		names[one.name] = true
		for _, locale := range locales.All {
			root := draw(t, renderer, one, locale)
			for _, wrong := range slices.Concat(unsafe(root), unclear(root)) {
				t.Errorf("%s in %s: %s", one.name, locale, wrong)
			}
		}
	}
}

// unsafe finds what the policy forbids, and what leads away from us without a word.
func unsafe(root *html.Node) (wrong []string) {
	for _, node := range elements(root) {
		if _, styled := attribute(node, "style"); styled || node.Data == "style" {
			wrong = append(wrong, "a style of its own on <"+node.Data+">")
		}
		if _, ok := attribute(node, "src"); node.Data == "script" && !ok {
			wrong = append(wrong, "a script of its own")
		}
		for _, a := range node.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
				wrong = append(wrong, a.Key+" on <"+node.Data+">")
			}
		}
		if address, ok := attribute(node, "action"); node.Data == "form" {
			method, _ := attribute(node, "method")
			if ok && (!strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//")) {
				wrong = append(wrong, "a form to "+address)
			}
			if method != "post" && method != "get" {
				wrong = append(wrong, "a form without a method: what is typed would stand in the address")
			}
			if method == "get" && hasPassword(node) {
				wrong = append(wrong, "a password that would stand in the address")
			}
		}
	}
	return wrong
}

func hasPassword(form *html.Node) bool {
	return slices.ContainsFunc(elements(form), func(node *html.Node) bool {
		kind, _ := attribute(node, "type")
		return kind == "password"
	})
}

// unclear finds what would be hard to use with a screen reader.
func unclear(root *html.Node) (wrong []string) {
	headings, ids, labels := 0, map[string]int{}, map[string]bool{}
	all := elements(root)
	for _, node := range all {
		if id, ok := attribute(node, "id"); ok {
			ids[id]++
		}
		if name, ok := attribute(node, "for"); ok {
			labels[name] = true
		}
	}
	for _, node := range all {
		switch node.Data {
		case "h1":
			headings++
		case "title":
			if name, _, _ := strings.Cut(words(node), "–"); strings.TrimSpace(name) == "" {
				wrong = append(wrong, "no title")
			}
		case "input", "select", "textarea":
			id, _ := attribute(node, "id")
			_, named := attribute(node, "aria-label")
			_, hidden := attribute(node, "hidden")
			if kind, _ := attribute(node, "type"); kind != "hidden" && !hidden && !labels[id] && !named {
				wrong = append(wrong, "a field without a label")
			}
		case "button", "a", "summary":
			if _, named := attribute(node, "aria-label"); words(node) == "" && !named {
				wrong = append(wrong, "a <"+node.Data+"> without words")
			}
		}
		described, _ := attribute(node, "aria-describedby")
		for id := range strings.FieldsSeq(described) {
			if ids[id] == 0 {
				wrong = append(wrong, "described by #"+id+", which is not there")
			}
		}
	}
	if headings != 1 {
		wrong = append(wrong, "not one heading")
	}
	for id, count := range ids {
		if count > 1 {
			wrong = append(wrong, "two elements are #"+id)
		}
	}
	return wrong
}

// Every page has a story: one that nobody sees is one that nobody mends.
func TestEveryPageHasAStory(t *testing.T) {
	t.Parallel()
	names, err := page.Names()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, one := range stories() {
		told[one.view.Page()] = true
	}
	for _, name := range names {
		if !told[name] {
			t.Errorf("no story shows %s.html", name)
		}
	}
}

// What the person reads is in the language of the page.
func TestStoriesSpeakBothLanguages(t *testing.T) {
	t.Parallel()
	one := loginStories()[0]
	for locale, want := range map[string]string{"en": "Log in", "nl": "Inloggen"} {
		root := drawn(t, one, locale)
		for _, node := range elements(root) {
			if lang, _ := attribute(node, "lang"); node.Data == "html" && lang != locale {
				t.Errorf("the page says that it is in %q", lang)
			}
			if node.Data == "h1" && words(node) != want {
				t.Errorf("%s: the heading is %q", locale, words(node))
			}
		}
	}
}

// rule finds the classes in the style sheet.
var rule = regexp.MustCompile(`\.([a-z][a-z-]*)`)

// Every class that a page uses has a rule, and every rule a page that uses it.
func TestEveryClassHasARule(t *testing.T) {
	t.Parallel()
	renderer, err := page.New(clock)
	if err != nil {
		t.Fatal(err)
	}
	ruled, used := map[string]bool{}, map[string]string{}
	for address, content := range page.Assets() {
		if strings.HasPrefix(address, "/static/portal.") && strings.HasSuffix(address, ".css") {
			sheet := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(content), "")
			for _, found := range rule.FindAllStringSubmatch(sheet, -1) {
				ruled[found[1]] = true
			}
		}
	}
	for _, one := range stories() {
		for _, node := range elements(draw(t, renderer, one, locales.English)) {
			classes, _ := attribute(node, "class")
			for class := range strings.FieldsSeq(classes) {
				used[class] = one.name
			}
		}
	}
	for class, name := range used {
		if !ruled[class] {
			t.Errorf("%s: no rule for .%s", name, class)
		}
	}
	for class := range ruled {
		if used[class] == "" {
			t.Errorf("no page uses .%s", class)
		}
	}
}
