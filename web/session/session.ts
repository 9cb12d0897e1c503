/** One agent's session: reads what it says in order, answers, and ends it with a reason. */
import { type AgentMessage, agentMessage } from "../../options/wire/session.ts";
import { MAX_SESSION_MESSAGE, type SessionServerMessage } from "../../options/wire/session.ts";

/** What a session needs of a WebSocket. */
export type SessionSocket = Pick<WebSocket, "send" | "close" | "readyState">;

/** Messages that may wait while one is answered; an agent that sends more does not wait for answers. */
const MAX_WAITING = 16;

/** Why a session is ended: close codes of RFC 6455, section 7.4.1. */
export const CLOSE = {
  goingAway: 1001,
  notUnderstood: 1007,
  notAllowed: 1008,
  tooBig: 1009,
};

/** The state of one session. */
export class Session {
  readonly #socket: SessionSocket;
  readonly #answer: (said: AgentMessage) => Promise<void>;
  #working: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Who it is; `undefined` before it said hello. */
  agentId: string | undefined;

  constructor(
    socket: SessionSocket,
    answer: (said: AgentMessage) => Promise<void>,
  ) {
    this.#socket = socket;
    this.#answer = answer;
  }

  /** Takes what the agent said; messages are answered one after the other. */
  hear(data: unknown): void {
    if (!this.#isOpen) return;
    if (typeof data !== "string") return this.end(CLOSE.notUnderstood, "Send text, not binary.");
    if (data.length > MAX_SESSION_MESSAGE) {
      return this.end(CLOSE.tooBig, `A message has at most ${MAX_SESSION_MESSAGE} characters.`);
    }
    const said = this.#read(data);
    if (!said) return;
    if (this.#waiting >= MAX_WAITING) {
      return this.end(CLOSE.notAllowed, "Wait for the answers before sending more.");
    }
    this.#waiting++;
    this.#working = this.#working.then(async () => {
      if (this.#isOpen) await this.#answer(said);
      this.#waiting--;
    });
  }

  /** Tells the agent something. */
  say(message: SessionServerMessage): void {
    if (this.#isOpen) this.#socket.send(JSON.stringify(message));
  }

  /** Ends the session; the reason reaches the agent. */
  end(code: number, reason: string): void {
    if (this.#isOpen) this.#socket.close(code, shortened(reason));
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  #read(text: string): AgentMessage | undefined {
    const json = jsonOf(text);
    const read = agentMessage.safeParse(json);
    if (read.success) return read.data;
    const unknown = unknownType(json);
    if (unknown !== undefined) {
      // Of a newer agent, during a roll-out.
      this.say({ type: "problem", error: `No message of type ${unknown} is known here.` });
      return undefined;
    }
    const [issue] = read.error.issues;
    const path = issue?.path.join(".") ?? "";
    const what = `${path ? `${path}: ` : ""}${issue?.message}`;
    this.end(CLOSE.notUnderstood, `The message was not understood: ${what}`);
    return undefined;
  }
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(
  agentMessage.options.map((option) => option.shape.type.value),
);

function unknownType(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || !("type" in json)) return undefined;
  const { type } = json;
  return typeof type === "string" && !KNOWN_TYPES.has(type) ? type.slice(0, 64) : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A close frame has room for 123 bytes of reason (RFC 6455, section 5.5). */
function shortened(reason: string): string {
  const ascii = reason.replace(/[^\x20-\x7e]/g, "?");
  return ascii.length <= 123 ? ascii : `${ascii.slice(0, 120)}...`;
}
