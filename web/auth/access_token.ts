/** Access tokens of scripts: JWTs (RFC 7519) that this installation signs and that live ten minutes. */
import { errors, jwtVerify, SignJWT } from "jose";

/** How long one is good. */
export const ACCESS_TOKEN_S = 600;

const ALGORITHM = "HS256";
const AUDIENCE = "lastmark";

/** Makes one for a user. */
export async function signAccessToken(key: Uint8Array, userId: string): Promise<string> {
  return await new SignJWT()
    .setProtectedHeader({ alg: ALGORITHM, typ: "at+jwt" })
    .setSubject(userId)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_TOKEN_S}s`)
    .sign(key);
}

/** What a token says: whose it is, or why it opens nothing. */
export type ReadToken =
  | { readonly kind: "user"; readonly userId: string }
  | { readonly kind: "expired" }
  | { readonly kind: "wrong" };

/** Reads one. */
export async function readAccessToken(key: Uint8Array, token: string): Promise<ReadToken> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      audience: AUDIENCE,
      requiredClaims: ["sub", "exp"],
    });
    return { kind: "user", userId: payload.sub ?? "" };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { kind: "expired" };
    if (error instanceof errors.JOSEError) return { kind: "wrong" };
    throw error;
  }
}
