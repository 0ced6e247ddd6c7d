/** `net.ipv4.conf.all.arp_ignore`; dots in names of interfaces become slashes, as sysctl(8) reads them. */
export function sysctlName(path: string): string {
  const parts = path.split("/").map((part) => part.replaceAll(".", "/"));
  return ["net", ...parts].join(".");
}
