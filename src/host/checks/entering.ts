/** The network namespace of the IPVS table. */
import { type Check, error } from "../picture.ts";

export const entering: Check = {
  name: "namespace",
  concerns: ({ services, table }) => services.length > 0 && table.namespace !== undefined,
  judge(_, { balancing }) {
    return balancing !== undefined && "problem" in balancing ? [error(`[ipvs]: ${balancing.problem}`)] : [];
  },
};
