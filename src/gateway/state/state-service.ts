import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { AuditStore } from '../../store/api.ts';
import type { StateAnswer, StateQuery, SubjectKey } from '../api.ts';
import type { AnswerNode } from './answer-node.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { fillTemplate, type TemplateValues } from './fill-template.ts';
import { FailedExchange, HttpExchange } from './http-exchange.ts';
import { readAnswer } from './read-answer.ts';
import type { ServiceOptions } from './service-options.ts';
import { StateUnavailable } from './state-unavailable.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** What is sent in the end: a signature is header fields, or the body within an envelope. */
export interface SignedRequest {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface StateTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Pick<AuditStore, 'append'>;
  /** Signs the octets of a request with the operator's key. Without it requests are not signed. */
  readonly signRequest?: ((body: Uint8Array) => Promise<SignedRequest>) | undefined;
  /** From 0 to 1, for the length of pauses. */
  readonly random?: () => number;
  readonly pause?: (ms: number) => Promise<unknown>;
}

export type IntegrationName = 'persons' | 'entities' | 'events';

export interface Question {
  readonly query: StateQuery;
  /** Whom it is about, hidden. */
  readonly subject: SubjectKey | undefined;
  readonly values: TemplateValues;
}

const contentTypes = { json: 'application/json', xml: 'text/xml; charset=utf-8' } as const;

const commonValues = 'requestId time purpose actor reference legalBasis agreement'.split(' ');
const ownValues = { persons: ['iin'], entities: ['bin'], events: ['after', 'limit'] } as const;

/** One integration: asks, signs, repeats, rests, and writes down that it asked, for whom and by what right. */
export class StateService<Places> {
  readonly #name: IntegrationName;
  readonly #options: ServiceOptions<Places>;
  readonly #tools: StateTools;
  readonly #exchange: HttpExchange;
  readonly #breaker: CircuitBreaker;

  /** Throws `RangeError` when the template names a value that there is not, or is not of its format. */
  constructor(name: IntegrationName, options: ServiceOptions<Places>, tools: StateTools) {
    this.#name = name;
    this.#options = options;
    this.#tools = tools;
    this.#exchange = new HttpExchange(options);
    this.#breaker = new CircuitBreaker(options, tools.clock);
    this.#checkTemplate();
  }

  get places(): Places {
    return this.#options.answer;
  }

  /**
   * Asks until there is an answer that `read` takes; `read` throws `WrongAnswer`. Rejects with `StateUnavailable`. That
   * it asks is in the audit log before it does.
   */
  async ask<Result>(
    question: Question,
    read: (answer: AnswerNode) => Result,
  ): Promise<StateAnswer<Result> & { readonly found: Result }> {
    const requestId = randomUUID();
    const about = {
      integration: this.#name,
      agreement: this.#options.agreement,
      requestId,
      purpose: question.query.purpose,
      reference: question.query.reference,
    };
    await this.#tools.audit.append({
      actor: question.query.actor,
      action: `state.${this.#name}`,
      detail: {
        ...about,
        legalBasis: this.#options.legalBasis,
        ...(question.subject && { subject: question.subject }),
      },
    });
    const { clock, log } = this.#tools;
    const start = clock.now();
    for (let attempt = 1; ; attempt++) {
      const fields = () => ({ ...about, attempts: attempt, ms: clock.now() - start });
      try {
        const octets = await this.#attempt(question, requestId, read);
        log.info('state-answered', { ...fields(), sha256: octets.sha256 });
        return { ...octets, at: clock.now(), requestId };
      } catch (error) {
        const failure = this.#failure(error, requestId);
        const { trouble, message } = failure;
        if (attempt < this.#options.attempts && mayPass(trouble)) {
          log.debug('state-attempt-failed', { ...fields(), trouble, reason: message });
          await this.#pause(attempt);
          continue;
        }
        log.warn('state-unavailable', { ...fields(), trouble, reason: message });
        throw failure;
      }
    }
  }

  close(): void {
    this.#exchange.close();
  }

  async #attempt<Result>(
    question: Question,
    requestId: string,
    read: (answer: AnswerNode) => Result,
  ): Promise<{ found: Result; sha256: string }> {
    const passage = this.#breaker.enter();
    if (passage === undefined) {
      const { restsUntil } = this.#breaker;
      const message = 'not asked: it failed too often';
      throw new StateUnavailable('resting', message, { requestId, restsUntil });
    }
    try {
      const request = await this.#request(question, requestId);
      const octets = await this.#exchange.post(request.body, request.headers);
      const answer = readAnswer(octets, this.#options.format);
      const sha256 = createHash('sha256').update(octets).digest('hex');
      // It works, whatever it says of this one.
      passage.succeeded();
      return { found: read(answer), sha256 };
    } catch (error) {
      passage.failed();
      throw error;
    }
  }

  async #request({ query, values }: Question, requestId: string): Promise<SignedRequest> {
    const { template, format, contentType, headers, legalBasis, agreement } = this.#options;
    const text = fillTemplate(
      template,
      {
        ...values,
        requestId,
        time: new Date(this.#tools.clock.now()).toISOString(),
        purpose: query.purpose,
        actor: query.actor,
        reference: query.reference,
        legalBasis,
        agreement,
      },
      format,
    );
    const signed = await this.#sign(Buffer.from(text));
    return {
      body: signed.body,
      headers: {
        'user-agent': 'Zhashik',
        'content-type': contentType ?? contentTypes[format],
        ...headers,
        ...signed.headers,
      },
    };
  }

  async #sign(body: Uint8Array): Promise<SignedRequest> {
    const { signRequest } = this.#tools;
    if (signRequest === undefined) return { body, headers: {} };
    try {
      return await signRequest(body);
    } catch (cause) {
      throw new FailedExchange('refused', 'our signature could not be made', { cause });
    }
  }

  #failure(error: unknown, requestId: string): StateUnavailable {
    if (error instanceof StateUnavailable) return error;
    if (error instanceof FailedExchange || error instanceof WrongAnswer) {
      return new StateUnavailable(error.trouble, error.message, { requestId }, { cause: error });
    }
    throw error;
  }

  /** Half of it by chance, so that those who failed together do not come back together. */
  async #pause(attempt: number): Promise<void> {
    const { random = Math.random, pause = wait } = this.#tools;
    const most = this.#options.pauseMs * 2 ** (attempt - 1);
    await pause(Math.round(most * (0.5 + random() / 2)));
  }

  #checkTemplate(): void {
    const { template, format } = this.#options;
    const names = [...commonValues, ...ownValues[this.#name]];
    // A digit is good within a text and outside of one.
    const values = Object.fromEntries(names.map((name) => [name, '1']));
    try {
      readAnswer(Buffer.from(fillTemplate(template, values, format)), format);
    } catch (error) {
      if (!(error instanceof WrongAnswer)) throw error;
      throw new RangeError(`the template of ${this.#name} does not make a request in ${format}`);
    }
  }
}

/** Whether the next attempt may fare better. */
function mayPass(trouble: StateUnavailable['trouble']): boolean {
  return trouble === 'silent' || trouble === 'unreadable';
}
