import { migrateSuite } from "./test/migrate_suite.ts";
import { withEmptyDatabase } from "./testing.ts";

migrateSuite("", withEmptyDatabase);
