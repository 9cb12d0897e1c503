/** `POST /api/auth/token`: what scripts sign in with, and what they get. */
import { z } from "zod";

const secret = z.string().min(1).max(400);

/** Email and password, or the refresh token of the answer before. */
export const tokenBody = z.union([
  z.object({ refreshToken: secret }),
  z.object({ email: z.string().min(1).max(320), password: secret }),
]);

/** Both tokens. */
export const tokenAnswer = z.object({
  accessToken: z.string().describe("sent as `Authorization: Bearer …`"),
  tokenType: z.literal("Bearer"),
  expiresInSeconds: z.number().int(),
  refreshToken: z.string().describe("good once, for 30 days"),
});
