/** What is said of a kernel without IPVS. */
interface Refusal {
  readonly code: string;
  readonly text: string;
}

export function lacksIpvs({ code, text }: Refusal): string {
  return `the cluster file has services, but this kernel offers no IPVS (${code}: ${text})`;
}

/** With what helps. */
export function noIpvs(refusal: Refusal): string {
  const remedy = "load the module ip_vs (modprobe ip_vs), on the host itself when this is a container";
  return `${lacksIpvs(refusal)}: ${remedy}`;
}
