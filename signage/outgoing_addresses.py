"""Which addresses may be called: public ones, and what a policy adds; never a way round to others.

The registries are IANA's special-purpose address registries (RFC 6890). Addresses that carry
another one inside are judged by that one (v4-mapped, RFC 4291; NAT64, RFC 6052) or refused (6to4,
Teredo, v4-compatible, local NAT64 prefixes).
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254")
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
REFUSED: tuple[ipaddress.IPv6Network, ...] = tuple(
    ipaddress.IPv6Network(text)
    for text in ("::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
)


def read(text: str) -> Address:
    """Return an address as the resolver writes it, without the zone of a link-local one."""
    return ipaddress.ip_address(text.partition("%")[0])


def is_allowed(address: Address, networks: tuple[Network, ...] = ()) -> bool:
    """Return whether it may be called; ``networks`` are allowed beyond public addresses."""
    meant = _meant(address)
    if meant is None or meant in METADATA:
        return False
    if any(meant in network for network in networks):
        return True
    if isinstance(meant, ipaddress.IPv6Address) and any(meant in network for network in REFUSED):
        return False
    return meant.is_global and not meant.is_multicast and not meant.is_reserved


def _meant(address: Address) -> Address | None:
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None if address.scope_id else address
