/** Rules about the kernel's balancer as a whole. */
import { type Finding, warning } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { Parts } from "../schema.ts";

/** Of Linux 6.1; the kernel knows more with every version: an unknown one may still be right. */
const SYSCTLS =
  `am_droprate amemthresh backup_only cache_bypass conn_reuse_mode conntrack debug_level drop_entry
  drop_packet expire_nodest_conn expire_quiescent_template ignore_tunneled nat_icmp_send pmtu_disc run_estimation
  schedule_icmp secure_tcp sloppy_sctp sloppy_tcp snat_reroute sync_persist_mode sync_ports sync_qlen_max
  sync_refresh_period sync_retries sync_sock_size sync_threshold sync_version`.split(/\s+/);

export function checkIpvs({ ipvs }: Parts): Finding[] {
  return Object.keys(ipvs.sysctls)
    .filter((name) => !SYSCTLS.includes(name))
    .map((name) => {
      const meant = nearest(name, SYSCTLS);
      const hint = meant === undefined ? "the kernel must have it" : `did you mean \`${meant}\`?`;
      const message = `net.ipv4.vs.${name} is no setting that Keelson has heard of`;
      return { ...warning(["ipvs", "sysctls", name], "unknown-sysctl", message, hint), at: "key" };
    });
}
