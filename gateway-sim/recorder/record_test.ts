import { strict as assert } from "node:assert";
import fc from "fast-check";
import { silentLog } from "../../telemetry/log.ts";
import {
  bodyOf,
  formatLine,
  headingLine,
  readRecord,
  recordedBody,
  RecordError,
} from "./record.ts";
import { createRecordFile } from "./record_file.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lastmark-record-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const LINE = {
  atMs: 1.5,
  connection: 1,
  from: "gateway" as const,
  fields: ["49", "1", "1752606307"],
};

Deno.test("bodyOf() gives back every body that recordedBody() took, byte for byte", () => {
  const text = fc.string({ unit: "binary" }).map((it) => new TextEncoder().encode(`${it}\0`));
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), text), (body) => {
    assert.deepEqual([...bodyOf(recordedBody(body))], [...body]);
  }));
});

Deno.test("a message is recorded as its fields", () => {
  const body = new TextEncoder().encode("49\x001\x001752606307\0");
  assert.deepEqual(recordedBody(body), { fields: ["49", "1", "1752606307"] });
});

Deno.test("a last line that was cut off anywhere is left out, and said", async () => {
  await withFolder(async (folder) => {
    const whole = headingLine(0) + formatLine(LINE) + formatLine(LINE);
    const last = formatLine(LINE);
    for (let cut = 1; cut < last.length; cut++) {
      await Deno.writeTextFile(`${folder}/r`, whole + last.slice(0, cut));
      assert.deepEqual(await readRecord(`${folder}/r`), { lines: [LINE, LINE], truncated: true });
    }
    await Deno.writeTextFile(`${folder}/r`, whole);
    assert.deepEqual(await readRecord(`${folder}/r`), { lines: [LINE, LINE], truncated: false });
  });
});

Deno.test("what is no record, and a line that is none, are refused by name", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/r`, `{"hello":1}\n${formatLine(LINE)}`);
    await assert.rejects(readRecord(`${folder}/r`), /r is no record of a gateway/);
    await Deno.writeTextFile(`${folder}/r`, `${headingLine(0)}${formatLine(LINE)}{"atMs":1}\n`);
    await assert.rejects(
      readRecord(`${folder}/r`),
      (error) => error instanceof RecordError && /r, line 3/.test(error.message),
    );
  });
});

Deno.test("lines that many write at once follow each other whole, in a file that only its owner reads", async () => {
  await withFolder(async (folder) => {
    const file = await createRecordFile(`${folder}/r`, 0, silentLog);
    const lines = Array.from({ length: 200 }, (_, connection) => ({
      ...LINE,
      connection: connection + 1,
    }));
    await Promise.all(lines.map((line) => file.append(formatLine(line))));
    await file.close();
    assert.deepEqual(await readRecord(`${folder}/r`), { lines, truncated: false });
    if (Deno.build.os !== "windows") {
      assert.equal(((await Deno.stat(`${folder}/r`)).mode ?? 0) & 0o777, 0o600);
    }
  });
});

Deno.test("a record that is there already is not written over", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/r`, "precious");
    await assert.rejects(createRecordFile(`${folder}/r`, 0, silentLog), Deno.errors.AlreadyExists);
    assert.equal(await Deno.readTextFile(`${folder}/r`), "precious");
  });
});
