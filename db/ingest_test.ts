import { ingestSuite } from "./test/ingest_suite.ts";
import { withTestDatabase } from "./testing.ts";

ingestSuite("", withTestDatabase);
