/** The kernel's IPVS for the verbs of `keelson ipvs`, or one line about why it cannot be asked. */
import { IpvsClient } from "../linux/netlink/ipvs-client.ts";
import { refusalOf } from "../linux/refusal.ts";
import type { KernelRefusal } from "../netlink/refusal.ts";
import { EXIT } from "./exit-code.ts";

/** @param act answers with the exit code */
export function withIpvs(verb: string, act: (client: IpvsClient) => number): number {
  let code: number = EXIT.refused;
  const failed = refusalOf(() => {
    const client = new IpvsClient();
    try {
      const absent = client.resolve();
      if (absent === undefined) code = act(client);
      else
        console.error(
          `keelson ${verb}: this kernel offers no IPVS (${absent.code}: ${absent.text}): modprobe ip_vs`,
        );
    } finally {
      client.close();
    }
  });
  if (failed === undefined) return code;
  console.error(`keelson ${verb}: ${refusalText(failed)}`);
  return EXIT.refused;
}

function refusalText({ code, text }: KernelRefusal): string {
  return code === "EPERM" ? `the kernel shows its table to root only (${code}: ${text})` : `${code}: ${text}`;
}
