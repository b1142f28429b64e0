//! Network addresses: which are public, and how a caller is told apart without being known.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// IPv4 blocks that are not the public internet: the IANA Special-Purpose Address Registry
/// (RFC 6890 and its updates), with multicast (RFC 5771).
const SPECIAL_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The only IPv6 block handed out for the public internet (RFC 4291 §2.5.4; IANA unicast registry).
const GLOBAL_UNICAST_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks inside it that lead elsewhere: protocol assignments with Teredo (2001::/23),
/// documentation (RFC 3849, RFC 9637), 6to4 (RFC 3056, which embeds an IPv4 address) and the
/// AS112 sink (RFC 7535).
const SPECIAL_V6: [(Ipv6Addr, u8); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
];

/// Whether `address` is on the public internet. Everything not known to be public is not.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|(base, bits)| Ipv4Net::new_assert(*base, *bits).contains(&v4)),
        IpAddr::V6(v6) => {
            let within = |(base, bits): &(Ipv6Addr, u8)| Ipv6Net::new_assert(*base, *bits).contains(&v6);
            // IPv4-mapped, IPv4-translated (NAT64), unique-local, link-local and loopback forms all
            // lie outside global unicast, so they need no list of their own.
            within(&GLOBAL_UNICAST_V6) && !SPECIAL_V6.iter().any(within)
        }
    }
}

/// The part of an address that stands for one caller: all of IPv4, the /64 of IPv6, because one
/// subscriber holds at least a /64 (RFC 6177).
#[must_use]
pub fn caller_prefix(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => Ipv6Net::new_assert(v6, 64).trunc().to_string(),
        },
    }
}

/// The part of the network that an address is in: the /24 of IPv4, the /48 of IPv6, the smallest that are announced to the
/// internet as one (RFC 7454 §6.1.3). Many callers share one.
#[must_use]
pub fn coarse_prefix(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => Ipv4Net::new_assert(v4, 24).trunc().to_string(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => Ipv4Net::new_assert(v4, 24).trunc().to_string(),
            None => Ipv6Net::new_assert(v6, 48).trunc().to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_internet_is_public() {
        for refused in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.2.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
            "3fff::1",
        ] {
            let address: IpAddr = refused.parse().unwrap_or_else(|_| panic!("{refused}"));
            assert!(!is_public(address), "{refused}");
        }
        for public in ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"] {
            let address: IpAddr = public.parse().unwrap_or_else(|_| panic!("{public}"));
            assert!(is_public(address), "{public}");
        }
    }

    #[test]
    fn a_household_is_one_caller() {
        let prefix = |text: &str| text.parse().map(caller_prefix).unwrap_or_default();
        assert_eq!(prefix("2a00:1450:4001:81b:1:2:3:4"), prefix("2a00:1450:4001:81b:ffff::1"));
        assert_ne!(prefix("2a00:1450:4001:81b::1"), prefix("2a00:1450:4001:81c::1"));
        assert_eq!(prefix("::ffff:8.8.8.8"), "8.8.8.8");
    }

    #[test]
    fn neighbours_are_of_one_part_of_the_network() {
        for (one, other, part) in [
            ("203.0.113.7", "203.0.113.250", "203.0.113.0/24"),
            ("203.0.113.7", "::ffff:203.0.113.8", "203.0.113.0/24"),
            ("2a00:1450:4001::1", "2a00:1450:4001:ffff::2", "2a00:1450:4001::/48"),
        ] {
            let parts = [one, other].map(|text| coarse_prefix(text.parse().expect("an address")));
            assert_eq!(parts, [part, part]);
        }
    }
}
