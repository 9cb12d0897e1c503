/**
 * The migrations and the ingest statement on PostgreSQL 15, the oldest that is supported, in a
 * container. `POSTGRES_IMAGE_15` may name another image than the local one.
 */
import type { StartedTestContainer } from "testcontainers";
import { withEmptyDatabase, withTestDatabase } from "../testing.ts";
import { ingestSuite } from "./ingest_suite.ts";
import { migrateSuite } from "./migrate_suite.ts";

const IMAGE = Deno.env.get("POSTGRES_IMAGE_15") ?? "localhost/postgres:15";
const PORT = 5432;
const PASSWORD = crypto.randomUUID();

let container: StartedTestContainer | undefined;

Deno.test.beforeAll(async () => {
  // Its cleaner would be one more image to fetch; the container is stopped below.
  Deno.env.set("TESTCONTAINERS_RYUK_DISABLED", "true");
  const { GenericContainer, Wait } = await import("testcontainers");
  container = await new GenericContainer(IMAGE)
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withExposedPorts(PORT)
    // The image starts the server twice; the first time, to make its files, not on TCP.
    .withWaitStrategy(Wait.forSuccessfulCommand("pg_isready -h 127.0.0.1"))
    .start();
  const host = `${container.getHost()}:${container.getMappedPort(PORT)}`;
  Deno.env.set("TEST_DATABASE_URL", `postgres://postgres:${PASSWORD}@${host}/postgres`);
});

Deno.test.afterAll(async () => {
  await container?.stop();
});

migrateSuite("on PostgreSQL 15, ", withEmptyDatabase);
ingestSuite("on PostgreSQL 15, ", withTestDatabase);
