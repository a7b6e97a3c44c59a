import { AppError, messageOf } from '../errors.ts';
import { jsonOf, refusalInWords, request } from './http.ts';
import type { HttpAnswer } from './http.ts';

export interface AdminOptions {
  /** The server's address as `unleashAddress` answers it. */
  readonly address: string;
  /** An admin token, or one of a person. */
  readonly token: string;
  /** For one request. */
  readonly timeoutMs: number;
}

export type AdminMethod = 'GET' | 'POST' | 'PUT';

/** The server knows no such thing. */
export class NotFoundError extends AppError {
  /** In the server's words. */
  readonly said: string;

  constructor(url: string, said: string) {
    super('INPUT', `${url}: expected it to be there, got ${said}`);
    this.said = said;
  }
}

/**
 * Unleash's admin API. Rejects with `AppError`: UNLEASH when the server cannot be reached or fails, INPUT when it refuses
 * what is asked or is no Unleash.
 */
export class AdminApi {
  private readonly options: AdminOptions;

  constructor(options: AdminOptions) {
    this.options = options;
  }

  /** The JSON that comes back; undefined: nothing does. `path` follows `/api/admin`. */
  async ask(method: AdminMethod, path: string, body?: object): Promise<unknown> {
    const { address, token, timeoutMs } = this.options;
    const url = `${address}/api/admin${path}`;
    const answer = await this.send({
      url,
      method,
      token,
      timeoutMs,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status < 200 || answer.status > 299) throw this.refusal(answer, method, url);
    if (answer.text === '') return undefined;
    try {
      return jsonOf(answer, url);
    } catch (error) {
      throw new AppError('INPUT', `${messageOf(error)}; is that the address of Unleash?`, { cause: error });
    }
  }

  private async send(options: Parameters<typeof request>[0]): Promise<HttpAnswer> {
    try {
      return await request(options);
    } catch (error) {
      throw new AppError('UNLEASH', messageOf(error), { cause: error });
    }
  }

  private refusal(answer: HttpAnswer, method: AdminMethod, url: string): AppError {
    const { status, text } = answer;
    const came = refusalInWords(answer, this.options.token);
    if (status === 401)
      return new AppError('INPUT', `${TOKEN}: expected one that Unleash takes, got ${came}`);
    if (status === 403) {
      return new AppError('INPUT', `${TOKEN}: expected one with the right to ${method} ${url}, got ${came}`);
    }
    if (status >= 500) return new AppError('UNLEASH', `${url}: expected an answer, got ${came}`);
    if (status === 404 && text.includes('NotFoundError')) return new NotFoundError(url, came);
    // Unleash says why.
    if (status >= 400 && came !== String(status)) {
      return new AppError('INPUT', `${method} ${url}: expected Unleash to do it, got ${came}`);
    }
    return new AppError('INPUT', `${url}: expected Unleash's admin API there, got ${came}`);
  }
}

const TOKEN = 'UNLEASH_ADMIN_TOKEN';
