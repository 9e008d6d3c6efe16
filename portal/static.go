package portal

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
)

// forEver is for what has the hash of its content in its address.
const forEver = "public, max-age=31536000, immutable"

// asset is a static file, as it is and compressed.
type asset struct{ plain, zipped []byte }

var assets = compressed(page.Assets())

func compressed(files map[string][]byte) map[string]asset {
	all := map[string]asset{}
	for address, content := range files {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := w.Write(content)
		if err = errors.Join(err, w.Close()); err != nil {
			panic(err) // memory takes everything
		}
		all[address] = asset{content, out.Bytes()}
	}
	return all
}

// static serves the style sheets, the script and the icon.
func (s *Server) static(c echo.Context) error {
	found, ok := assets["/static/"+c.Param("file")]
	if !ok {
		return echo.ErrNotFound
	}
	content, h := found.plain, c.Response().Header()
	h.Set(echo.HeaderCacheControl, forEver)
	h.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		content = found.zipped
		h.Set(echo.HeaderContentEncoding, "gzip")
	}
	return c.Blob(http.StatusOK, mime.TypeByExtension(path.Ext(c.Param("file"))), content)
}

// lookOf is how an organisation looks; its addresses change with what is behind them.
func lookOf(o accounts.Organisation) page.Organisation {
	look := page.Organisation{Name: o.Name}
	sheet := page.Look(o.Colour)
	if sheet != "" {
		sum := sha256.Sum256([]byte(sheet))
		look.Look = "/look/" + o.ID + "/" + hex.EncodeToString(sum[:8]) + ".css"
	}
	if o.Logo.Type != "" {
		look.Logo = "/look/" + o.ID + "/logo"
	}
	return look
}

// look serves an organisation's colour and logo. They are no secret: who is invited sees them
// before logging in.
func (s *Server) look(c echo.Context) error {
	ctx := c.Request().Context()
	if c.Param("version") == "logo" {
		logo, err := s.Accounts.OrganisationLogo(ctx, c.Param("organisation"))
		if err != nil {
			return err
		}
		if logo.Type == "" {
			return echo.ErrNotFound
		}
		c.Response().Header().Set(echo.HeaderCacheControl, "private, max-age=300")
		return c.Blob(http.StatusOK, logo.Type, logo.Data)
	}
	o, err := s.Accounts.Organisation(ctx, c.Param("organisation"))
	if err != nil {
		return err
	}
	if lookOf(o).Look != c.Request().URL.Path {
		return echo.ErrNotFound
	}
	c.Response().Header().Set(echo.HeaderCacheControl, forEver)
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", []byte(page.Look(o.Colour)))
}
