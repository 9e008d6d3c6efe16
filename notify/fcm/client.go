package fcm

import (
	"context"
	"fmt"
	"reflect"

	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"
)

// libraryVersion is what the library would say of itself in its headers.
const libraryVersion = "4.21.0"

// newClient makes the messaging client without the library's root package, which would
// bring the clients of Firestore and Cloud Storage into the binary: 17 MB and their
// vulnerabilities. The constructor's parameter is a struct of an internal package, so it
// is made by reflection; a test holds it against the library, whose version is pinned.
func newClient[C any](
	ctx context.Context, construct func(context.Context, *C) (*messaging.Client, error),
	project string, options ...option.ClientOption,
) (*messaging.Client, error) {
	config := new(C)
	for name, value := range map[string]any{"ProjectID": project, "Version": libraryVersion, "Opts": options} {
		field := reflect.ValueOf(config).Elem().FieldByName(name)
		if !field.IsValid() || field.Type() != reflect.TypeOf(value) {
			return nil, fmt.Errorf("fcm: this version of the Firebase library has no configuration field %s", name)
		}
		field.Set(reflect.ValueOf(value))
	}
	return construct(ctx, config)
}
