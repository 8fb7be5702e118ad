package doctor

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"jobsgateway/internal/settings"
)

// judgeSettings tells the settings that are not the default, where the API is, and what of the process's
// environment does not do what somebody may think.
func judgeSettings(cfg Config) []Finding {
	found := judgeSources(cfg.Sources, cfg.Settings.Demo)
	if cfg.Settings.Demo {
		return found
	}
	found = append(found, judgePlainText(cfg.Settings.UpstreamURL)...)
	return append(found, judgeProxies(cfg.Environ)...)
}

// judgeSources tells each setting that is not the default, and the address of the API, unless the
// demonstration has one of its own.
func judgeSources(sources []settings.Source, demo bool) (found []Finding) {
	defaults := 0
	for _, source := range sources {
		isAddress := source.Flag == "--upstream-url"
		switch {
		case demo && isAddress:
		case source.Hidden:
			found = append(found, ofSettings.note("Unset one of the two, so that nobody takes the other for it.",
				"%s is %s, from the flag; %s is set, too, and not read.", source.Flag, source.Text, source.Variable))
		case source.From == settings.FromFlag:
			found = append(found, ofSettings.ok("%s is %s, from the flag.", source.Flag, source.Text))
		case source.From == settings.FromVariable:
			found = append(found, ofSettings.ok("%s is %s, from its variable %s.",
				source.Flag, source.Text, source.Variable))
		case isAddress:
			found = append(found, ofSettings.ok("%s is %s, the default.", source.Flag, source.Text))
		default:
			defaults++
		}
	}
	return append(found, ofSettings.ok("The other %d settings have their defaults.", defaults))
}

// judgePlainText tells that tokens would cross a network unencrypted.
func judgePlainText(base *url.URL) []Finding {
	address, err := netip.ParseAddr(base.Hostname())
	if base.Scheme == "https" || base.Hostname() == "localhost" || err == nil && address.IsLoopback() {
		return nil
	}
	return []Finding{ofSettings.note("Use https://, unless the network in between is yours alone.",
		"The address begins with http://, so callers' tokens are sent to %s unencrypted.", base.Host)}
}

// judgeProxies tells of proxies that the gateway does not use. Their addresses are not shown: they may have a
// password in them.
func judgeProxies(environ []string) []Finding {
	var names []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		switch strings.ToUpper(name) {
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY":
			if value != "" {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []Finding{ofSettings.note("Nothing, if the API can be reached without it: callers' tokens go to the "+
		"configured host and to nobody else.",
		"The environment names a proxy (%s), which the gateway does not use.", listed(names, maxListed))}
}
