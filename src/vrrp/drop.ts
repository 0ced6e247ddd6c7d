/**
 * Why a received datagram was ignored. The names are stable: counters, logs and metrics carry them.
 * In the order in which `validate` asks.
 */
export const DROP_REASONS = {
  "own-packet": "it came from our own address: a loop in the network, or a cloned host",
  "too-short": "it has fewer bytes than its header and address count need",
  "bad-ttl":
    "its TTL or hop limit is not 255, or below the peers' `min_ttl`: it crossed a router (RFC 9568 §5.1.1.3)",
  "wrong-version": "its VRRP version is not the configured one",
  "wrong-type": "its type is not 1, ADVERTISEMENT",
  "unknown-vrid": "no virtual router of ours has this VRID on this interface",
  "not-listening": "our virtual router is in Initialize or Fault",
  "wrong-destination":
    "it was not sent as the router speaks: to its multicast group, or to this host alone (unicast)",
  "unknown-peer": "it came from none of the router's peers",
  unsigned: "it is not signed, and the router's `authentication` is enforced",
  "bad-trailer": "its signature has an unknown scheme, key id 0, or reserved bits that are set",
  "stale-signature":
    "it was signed outside the window: a replay, or clocks that differ (see chronyc tracking on both)",
  "unknown-key": "it was signed with a key id that the router does not have",
  "wrong-signature": "its signature is wrong: another key under this id, or changed on the way",
  replayed: "the same or a later one was heard from its sender: somebody sends recorded adverts",
  "too-long": "it has more bytes than its address count explains",
  "bad-checksum": "its checksum is wrong with and without the pseudo-header",
  "no-addresses": "its address count is 0 (RFC 9568 erratum 8299)",
  "zero-interval": "its advertisement interval is 0 (RFC 9568 erratum 8301)",
  "wrong-authentication": "its authentication type is not the configured one (version 2)",
  "wrong-password": "its password is not the configured one (version 2)",
  "wrong-interval": "its interval is not the configured one, which version 2 demands (RFC 3768 §7.1)",
} as const;

export type DropReason = keyof typeof DROP_REASONS;
