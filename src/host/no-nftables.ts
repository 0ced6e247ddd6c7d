/** What is said of a kernel without nf_tables; `undefined` when it refused for another reason. */
import type { KernelRefusal } from "../netlink/refusal.ts";

export function noNftables({ call, code }: Pick<KernelRefusal, "call" | "code">): string | undefined {
  // No such socket, nobody who knows the question, or no such family of tables.
  const isAbsent = code === "EPROTONOSUPPORT" || (code === "EINVAL" && call === "NFT_MSG_GETTABLE");
  if (!isAbsent && code !== "EOPNOTSUPP") return undefined;
  const remedy =
    "load the module nf_tables (modprobe nf_tables), on the host itself when this is a container";
  return `this kernel has no nf_tables for the family inet: ${remedy}`;
}
