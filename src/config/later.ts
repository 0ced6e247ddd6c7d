/** Words that people may expect: what is not supported yet is refused by name, and the words of keepalived are translated. */

const CHECK_KEYS = "body digest json query redirects regex sni tls username";

/** By the table they would stand in. */
const LATER_KEYS: Readonly<Record<string, string>> = {
  "": "bfd control gateways log metrics scripts tls",
  "directors.*": "interfaces",
  "routers.*": "auth excluded_addresses mode peers sync_group track_bfd unicast_peers vmac vrf",
  "routers.*.addresses.*": "lifetime peer",
  "services.*": "sync warmup",
  "services.*.check": CHECK_KEYS,
  "services.*.check.*": CHECK_KEYS,
  "services.*.servers.*.check": CHECK_KEYS,
  "services.*.servers.*.check.*": CHECK_KEYS,
};

/** By the key whose value they would be. */
const LATER_VALUES: Readonly<Record<string, string>> = {
  type: "bfd dns grpc https icmp ping smtp ssl tls udp",
};

const HINTS: Readonly<Record<string, string>> = {
  unicast_peers: "`unicast = true` sends to the `address` of every other director",
  peers: "`unicast = true` sends to the `address` of every other director",
  excluded_addresses:
    'list them in `addresses`: those of the other family than the first are not advertised, unless election = "per-family"',
};

const NOTIFY = "a table [notify.NAME], with the names of `routers` and `states`";
const NOTIFY_SERVICES = 'a table [notify.NAME], with states = ["up", "down", "quorum-held", "quorum-lost"]';
const START_AND_STOP = "`start_and_stop` in a table [notify.NAME]";

const TRACK = "`track`, with the names of tables in `tracks`";
const TRACKS = "a table [tracks.NAME]";

/** keepalived's words, and what to write here. */
const TRANSLATIONS: Readonly<Record<string, string>> = {
  virtual_router_id: "`vrid`",
  advert_int: '`interval`, as in interval = "1s"',
  virtual_ipaddress: "`addresses`",
  static_ipaddress: "`addresses` in [directors.NAME.static]",
  static_routes: "`routes` in [static]",
  static_rules: "`rules` in [static]",
  virtual_routes: "`routes`",
  virtual_rules: "`rules`",
  virtual_ipaddress_excluded: "`addresses`",
  vrrp_version: "`version`",
  auth_pass: "`password`, with version = 2",
  mcast_src_ip: "`source`",
  unicast_src_ip: "`source`, or the director's `address`",
  unicast_peer: "`unicast = true`, and an `address` for each director",
  use_vmac: '`mac = "virtual"`',
  vmac_xmit_base: '`mac = { type = "virtual", adverts_from = "parent" }`',
  vrrp_mcast_group4: "`group`",
  vrrp_mcast_group6: "`group`",
  preempt_delay: '`preempt = { delay = "30s" }`',
  vrrp_startup_delay: "`delay` in [start]",
  vrrp_delay_after_boot: "`delay_after_boot` in [start]",
  garp_master_delay: "`burst` in [announce]",
  garp_master_repeat: "`repeat` or `burst` in [announce]",
  garp_master_refresh: "`refresh` in [announce]",
  garp_lower_prio_delay: "`again` in [announce]",
  garp_interval: "`pace` in [announce]",
  gna_interval: "`pace` in [announce]",
  vrrp_garp_interval: "`pace` in [announce]",
  vrrp_gna_interval: "`pace` in [announce]",
  garp_extra_if: "`extra_refresh` in [announce]",
  vrrp_min_garp: "`burst = []` in [announce]",
  nopreempt: "`preempt = false`",
  state: "nothing: the highest `priority` that is alive is master",
  lb_algo: "`scheduler`",
  lvs_sched: "`scheduler`",
  lb_kind: '`forward`: "nat", "direct" or "tunnel"',
  lvs_method: '`forward`: "nat", "direct" or "tunnel"',
  ops: "`one_packet`",
  flags: "`scheduler_flags`",
  fwmark: "`listen = [{ mark = 5, family = 4 }]`",
  persistence_timeout: '`persistence = "6m"`',
  persistence_granularity: "`persistence = { prefix = 24 }`",
  persistence_engine: '`persistence = { engine = "sip" }`',
  max_connections: "`upper_threshold`",
  uthreshold: "`upper_threshold`",
  lthreshold: "`lower_threshold`",
  virtual_server_group: "`listen`, a list of endpoints, ranges and marks",
  real_server: "`servers`",
  hysteresis: "`hysteresis` in `quorum`, as in quorum = { weight = 10, hysteresis = 2 }",
  sorry_server_lvs_method: '`forward` in `sorry_server`, as in { address = "10.0.0.99:80", forward = "nat" }',
  lvs_sync_daemon: "a table [ipvs.sync]",
  sync_daemon: "a table [ipvs.sync]",
  lvs_timeouts: "`timeouts` in [ipvs]",
  timeouts: "`timeouts` in [ipvs]",
  alpha: "nothing: a new server needs a success first, unless `start` says otherwise",
  omega: START_AND_STOP,
  rs_init_notifies: START_AND_STOP,
  quorum_up: NOTIFY_SERVICES,
  quorum_down: NOTIFY_SERVICES,
  notify_up: NOTIFY_SERVICES,
  notify_down: NOTIFY_SERVICES,
  lvs_notify_fifo: NOTIFY_SERVICES,
  inhibit_on_failure: '`on_failure = "drain"`',
  delay_loop: "`interval` in the service's `check`",
  ha_suspend: '`check_while = "serving"`',
  connect_timeout: "`timeout`",
  connect_port: "`port`",
  misc_path: '`command`, with type = "script"',
  misc_timeout: "`timeout`",
  misc_dynamic: "`dynamic_weight`",
  retry: "`fall`",
  status_code: "`status`",
  virtualhost: "`host`",
  vrrp_instance: "`routers`",
  vrrp_sync_group: "`sync_groups`",
  notify: NOTIFY,
  notify_master: NOTIFY,
  notify_backup: NOTIFY,
  notify_fault: NOTIFY,
  notify_stop: NOTIFY,
  notify_fifo: NOTIFY,
  vrrp_notify_fifo: NOTIFY,
  track_interface: TRACK,
  track_script: TRACK,
  track_file: TRACK,
  track_process: TRACK,
  vrrp_script: TRACKS,
  vrrp_track_file: TRACKS,
  vrrp_track_process: TRACKS,
  virtual_server: "`services`",
};

export function isLaterKey(tableKind: string, key: string): boolean {
  return isAmong(LATER_KEYS, tableKind, key);
}

export function isLaterValue(key: string, value: string): boolean {
  return isAmong(LATER_VALUES, key, value);
}

export function laterHint(key: string): string | undefined {
  return Object.hasOwn(HINTS, key) ? HINTS[key] : undefined;
}

export function translationOf(key: string): string | undefined {
  return Object.hasOwn(TRANSLATIONS, key) ? TRANSLATIONS[key] : undefined;
}

function isAmong(lists: Readonly<Record<string, string>>, list: string, word: string): boolean {
  return Object.hasOwn(lists, list) && (lists[list] ?? "").split(" ").includes(word);
}
