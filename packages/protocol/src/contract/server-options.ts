// Server rules: the types of authenticate, authorize and commands, in a shape in which the principal cannot get lost.
import type { AbortSignalLike } from '../ports/abort-signal.js';
import type { AnyContract } from './contract.js';
import type { AuthorizeRules, CommandHandlers, CommandName } from './infer.js';

declare const sentence: unique symbol;

/** A type that nothing is assignable to, so that the compiler prints its sentence. */
export interface CompileError<Sentence extends string> {
  readonly [sentence]: Sentence;
}

/** What `authenticate` answers. */
export interface Authentication<Principal = unknown, Limits = unknown> {
  /** Who is connected: anything but a promise. Given to every rule and handler. */
  readonly principal: Principal;
  /**
   * When the credentials end, in milliseconds since 1970.
   * @defaultValue never
   */
  readonly expiresAtMs?: number | undefined;
  /**
   * Limits of this principal, over those of the server.
   * @defaultValue the server's
   */
  readonly limits?: Limits | undefined;
}

/**
 * Stands in for the principal when the compiler met a rule before it knew what `authenticate` returns. TypeScript
 * infers members of an object literal from left to right; without this the principal would silently be `unknown`.
 */
export type PrincipalNotKnownYet = Authentication<
  CompileError<'write authenticate before authorize and commands; if it is, another error in these options hides the principal'>,
  never
>;

/** What `authenticate` is told. */
export interface AuthenticateRequest {
  /** The token the client sent; `undefined` when it sent none. */
  readonly token: string | undefined;
}

/**
 * The `commands` member: required exactly when the contract has commands. That it is required is said beside the handlers,
 * in a type that does not mention the principal: a condition around the handlers would make the compiler settle on a
 * principal before it has looked at `authenticate`.
 */
export type CommandsMember<C extends AnyContract, Principal, Signal = AbortSignalLike, More = unknown> = {
  readonly commands?: CommandHandlers<C, Principal, Signal, More> | undefined;
} & ([CommandName<C>] extends [never] ? unknown : { readonly commands: object });

/**
 * The rules of a server. `Auth` is what `authenticate` resolves with, inferred as a whole, so that a principal that is
 * a union stays one. A function that takes these must default it:
 *
 * ```ts
 * declare function createServer<C extends AnyContract, Auth extends Authentication = PrincipalNotKnownYet>(
 *   contract: C,
 *   options: ServerRules<C, Auth> & OtherOptions,
 * ): Server<C>;
 * ```
 *
 * Then `authorize` or `commands` written before `authenticate` is a compile error that says so (unless none of them
 * looks at its context, or `authenticate` needs none itself: then every order infers). `Request` and `Signal` let a
 * server say more about a connection, and name the platform's `AbortSignal`; `More` is what else it tells its handlers.
 */
export type ServerRules<
  C extends AnyContract,
  Auth extends Authentication,
  Request = AuthenticateRequest,
  Signal = AbortSignalLike,
  More = unknown,
> = {
  /**
   * Says who is connecting. Must be given; an anonymous server writes `authenticate: () => ({ principal: null })`.
   * Throwing or rejecting refuses the connection.
   */
  readonly authenticate: (request: Request) => Auth | Promise<Auth>;
  /** One rule for every channel. Runs again at every resume and refresh. */
  readonly authorize: AuthorizeRules<C, Auth['principal']>;
} & CommandsMember<C, Auth['principal'], Signal, More>;
