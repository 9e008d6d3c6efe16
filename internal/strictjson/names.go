package strictjson

import (
	"reflect"
	"strings"
	"sync"
)

// names are those of the fields of a type and of all that is in it. encoding/json takes a name in any
// case for a field; other readers do not, and would see another message.
type names struct {
	exact, folded map[string]bool
}

// take tells whether a name is one of the fields exactly, or none of them in any case.
func (n names) take(written, folded []byte) bool {
	return n.exact[string(written)] || !n.folded[string(folded)]
}

var known sync.Map // of names, by type

func namesOf(into any) names {
	kind := reflect.TypeOf(into)
	if found, ok := known.Load(kind); ok {
		return found.(names) //nolint:forcetypeassert // nothing else is stored
	}
	n := names{map[string]bool{}, map[string]bool{}}
	n.add(kind, map[reflect.Type]bool{})
	known.Store(kind, n)
	return n
}

func (n names) add(kind reflect.Type, seen map[reflect.Type]bool) {
	if kind == nil || seen[kind] {
		return
	}
	seen[kind] = true
	switch kind.Kind() { //nolint:exhaustive // the others have no fields inside
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		n.add(kind.Elem(), seen)
	case reflect.Struct:
		for i := range kind.NumField() {
			field := kind.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case name == "-" || (!field.IsExported() && !field.Anonymous):
				continue
			case name == "" && field.Anonymous: // its fields stand among those beside it
				n.add(field.Type, seen)
				continue
			case name == "":
				name = field.Name
			}
			n.exact[name], n.folded[strings.Map(fold, name)] = true, true
			n.add(field.Type, seen)
		}
	}
}
