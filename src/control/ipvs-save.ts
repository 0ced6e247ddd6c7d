/** `keelson ipvs save`: the kernel's table, everybody's, as `ipvsadm -S -n` writes it. */
import { savedText } from "../ipvs/ipvsadm.ts";
import type { Given } from "./command-line.ts";
import { EXIT } from "./exit-code.ts";
import { withIpvs } from "./ipvs-client.ts";

export async function run(given: Given): Promise<number> {
  return withIpvs("ipvs save", given, (client) => {
    const services = client.listings().map(({ service, destinations }) => ({
      record: service.record,
      destinations: destinations.map(({ record }) => record),
    }));
    const texts = services.map(savedText);
    const lost = texts.filter((text) => text === undefined).length;
    if (lost > 0) console.error(`keelson ipvs save: ${lost} left out: neither TCP, UDP nor SCTP`);
    const text = texts.join("").trimEnd();
    if (text !== "") console.log(text);
    return EXIT.done;
  });
}
