/**
 * Signing in at an OpenID provider (OpenID Connect Core 1.0): the code flow with PKCE, state and
 * nonce, by `openid-client`. Until the answer comes, what it must match is in a signed cookie.
 */
import { jwtVerify, SignJWT } from "jose";
import * as client from "openid-client";
import { z } from "zod";
import type { UserRole } from "../../db/users.ts";
import { isLoopback } from "../../base/loopback.ts";

/** The settings of a provider. */
export interface OidcSettings {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The role of users who come for the first time; null lets in those only who are here already. */
  readonly newUsers: UserRole | null;
  /** Where browsers reach this server. */
  readonly publicUrl: URL;
}

/** Who somebody is, by the word of the provider. */
export interface OidcIdentity {
  /** Issuer and subject: together they are one person for good. */
  readonly subject: string;
  /** Only an email that the provider has verified is anybody's. */
  readonly email: string | null;
  readonly next: string;
}

/** Where the provider sends browsers back to. */
export const CALLBACK_PATH = "/sign-in/oidc/callback";

/** How long one may take at the provider. */
export const OIDC_COOKIE_S = 600;

const saved = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
});

/** The provider said no, or what it said does not match. */
export class OidcRefused extends Error {
  override readonly name = "OidcRefused";
}

/** Signing in at one provider. */
export class Oidc {
  readonly settings: OidcSettings;
  readonly #key: Uint8Array;
  #config: Promise<client.Configuration> | undefined;

  constructor(settings: OidcSettings, key: Uint8Array) {
    this.settings = settings;
    this.#key = key;
  }

  /** Where to send a browser, and the cookie that it brings back. Rejects where the provider is away. */
  async begin(next: string): Promise<{ readonly to: URL; readonly cookie: string }> {
    const config = await this.#discover();
    const state = client.randomState();
    const nonce = client.randomNonce();
    const verifier = client.randomPKCECodeVerifier();
    const to = client.buildAuthorizationUrl(config, {
      redirect_uri: this.#callback.href,
      scope: "openid email",
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
    const cookie = await new SignJWT({ state, nonce, verifier, next })
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime(`${OIDC_COOKIE_S}s`)
      .sign(this.#key);
    return { to, cookie };
  }

  /** Who has come back by `search`, with the cookie of {@link begin}. Rejects with {@link OidcRefused}. */
  async finish(search: string, cookie: string): Promise<OidcIdentity> {
    try {
      const { payload } = await jwtVerify(cookie, this.#key, { algorithms: ["HS256"] });
      const { state, nonce, verifier, next } = saved.parse(payload);
      const config = await this.#discover();
      const tokens = await client.authorizationCodeGrant(config, new URL(search, this.#callback), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new OidcRefused("The provider sent no ID token.");
      const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
      return {
        subject: `${claims.iss} ${claims.sub}`,
        email: info.email_verified === true ? info.email ?? null : null,
        next,
      };
    } catch (error) {
      if (error instanceof OidcRefused) throw error;
      throw new OidcRefused(error instanceof Error ? error.message : String(error));
    }
  }

  get #callback(): URL {
    return new URL(CALLBACK_PATH, this.settings.publicUrl);
  }

  /** What the provider says of itself, asked for once; again where it was away. */
  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    if (!this.#config) {
      // Plain HTTP only to a provider on this machine, for trying it out.
      const execute = isLoopback(issuer.hostname) ? [client.allowInsecureRequests] : [];
      const config = client.discovery(issuer, clientId, clientSecret, undefined, { execute });
      config.catch(() => this.#config = undefined);
      this.#config = config;
    }
    return this.#config;
  }
}
