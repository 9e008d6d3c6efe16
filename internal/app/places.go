package app

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/oschwald/geoip2-golang/v2"
)

// places names where an address is, roughly, from a file in the GeoIP2 form.
type places struct{ reader *geoip2.Reader }

// openPlaces reads the file. Without one nobody is told a place.
func openPlaces(file string) (*places, error) {
	if file == "" {
		return &places{}, nil
	}
	reader, err := geoip2.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%w: places_file: %w", ErrConfig, err)
	}
	p := &places{reader}
	if _, err := p.look(netip.IPv4Unspecified()); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: places_file must be a database of cities or countries", ErrConfig), reader.Close())
	}
	return p, nil
}

// Place gives "Utrecht, Netherlands", or less where less is known. What cannot be read is
// not known: it is a help for the person, and decides nothing.
func (p *places) Place(ip string) string {
	address, err := netip.ParseAddr(ip)
	if p.reader == nil || err != nil {
		return ""
	}
	names, err := p.look(address)
	if err != nil {
		return ""
	}
	return strings.Join(names, ", ")
}

func (p *places) look(address netip.Addr) ([]string, error) {
	city, err := p.reader.City(address) // of a database of countries too
	if err != nil {
		return nil, err
	}
	var known []string
	for _, name := range []string{city.City.Names.English, city.Country.Names.English} {
		if name != "" && len(name) <= 90 {
			known = append(known, name)
		}
	}
	return known, nil
}

func (p *places) close() error {
	if p.reader == nil {
		return nil
	}
	return p.reader.Close()
}
