/** All that may notice a mutant, in one process: the quick ones first. */
import "./stories.test.ts";
import "./operator.test.ts";
import "./absences.test.ts";
import "./families.test.ts";
import "./owners.test.ts";
import "./seeds.test.ts";
