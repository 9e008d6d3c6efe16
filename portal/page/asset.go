package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed static
var static embed.FS

// assets are the addresses of the static files by name: each has the hash of its content, so
// that a browser may keep it for ever.
var assets = hashed()

func hashed() map[string]string {
	all := map[string]string{}
	names, err := fs.Glob(static, "static/*")
	if err != nil {
		panic(err) // the pattern stands above
	}
	for _, name := range names {
		content, err := static.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		sum := sha256.Sum256(content)
		base, extension := path.Base(name), path.Ext(name)
		all[base] = "/static/" + strings.TrimSuffix(base, extension) + "." + hex.EncodeToString(sum[:8]) + extension
	}
	return all
}

// Asset is the address of a static file.
func Asset(name string) (string, error) {
	if address, ok := assets[name]; ok {
		return address, nil
	}
	return "", fmt.Errorf("%w: no static file %q", ErrPage, name)
}

// Assets gives the content of every static file by its address.
func Assets() map[string][]byte {
	all := map[string][]byte{}
	for name, address := range assets {
		content, err := static.ReadFile("static/" + name)
		if err != nil {
			panic(err) // it was there a moment ago
		}
		all[address] = content
	}
	return all
}
