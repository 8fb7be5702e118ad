package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// judgeNetwork says what the way to the Jobs API is like.
func judgeNetwork(n network) []Finding {
	found := judgeLookup(n)
	if n.name.err != nil {
		return found
	}
	found = append(found, judgeDials(n.dials)...)
	if n.tls != nil {
		found = append(found, judgeTLS(n)...)
	}
	return found
}

// judgeLookup says what DNS knows of the host; nothing for an address.
func judgeLookup(n network) []Finding {
	if _, err := netip.ParseAddr(n.host); err == nil {
		return nil
	}
	if n.name.err == nil {
		var addresses []string
		for _, address := range n.name.addresses {
			addresses = append(addresses, address.String())
		}
		untried := ""
		if n.name.more > 0 {
			untried = fmt.Sprintf(" and %d more, which were not tried", n.name.more)
		}
		return []Finding{ofNetwork.ok("DNS: %s is %s%s (%s).",
			n.host, listed(addresses, maxAddresses), untried, rounded(n.name.took))}
	}
	const server = "Look whether this machine reaches its DNS server (/etc/resolv.conf); in Kubernetes, " +
		"whether a network policy lets port 53 out."
	problem, ok := errors.AsType[*net.DNSError](n.name.err)
	switch {
	case ok && problem.IsNotFound:
		return []Finding{ofNetwork.wrong("Correct --upstream-url, or add the name where this machine asks for it.",
			"DNS: there is no host named %s.", n.host)}
	case ok && problem.IsTimeout, errors.Is(n.name.err, context.DeadlineExceeded):
		return []Finding{ofNetwork.wrong(server,
			"DNS did not say within %s where %s is.", rounded(n.name.took), n.host)}
	}
	return []Finding{ofNetwork.wrong(server, "DNS failed to say where %s is.", n.host)}
}

// judgeDials says which addresses take connections. One that does not is no fault if another does.
func judgeDials(dials []dial) (found []Finding) {
	var good, bad []string
	for _, d := range dials {
		if d.err == nil {
			good = append(good, fmt.Sprintf("%s (%s)", d.to, rounded(d.took)))
		} else {
			bad = append(bad, fmt.Sprintf("%s %s", d.to, dialFault(d)))
		}
	}
	if len(good) > 0 {
		found = append(found, ofNetwork.ok("TCP: connected to %s.", listed(good, maxAddresses)))
	}
	switch {
	case len(bad) == 0:
	case len(good) > 0:
		found = append(found, ofNetwork.note("Find out why: whoever is sent there waits, and then takes another "+
			"address, if there is time.",
			"TCP: %s.", listed(bad, maxAddresses)))
	default:
		found = append(found, ofNetwork.wrong("Look whether the API runs there, whether the port is right, and "+
			"whether a firewall or a network policy is in between. In a container, localhost is the container itself.",
			"TCP: %s.", listed(bad, maxAddresses)))
	}
	return found
}

// dialFault returns what an address does that takes no connection.
func dialFault(d dial) string {
	var timeout net.Error
	switch code, isCode := errors.AsType[syscall.Errno](d.err); {
	case errors.Is(d.err, syscall.ECONNREFUSED):
		return "refuses connections"
	case errors.As(d.err, &timeout) && timeout.Timeout(), errors.Is(d.err, context.DeadlineExceeded):
		return "did not answer within " + rounded(d.took)
	case isCode:
		return "cannot be reached: " + code.Error()
	}
	return "cannot be reached"
}
