import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** Holds answers against an OpenAPI document: status, type and body must be what it says. */
export class AnswerChecker {
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  /** Operations that answers came from, by `METHOD path`. */
  readonly seen = new Set<string>();

  constructor(document: OpenApi) {
    this.#document = document;
    formats.default(this.#ajv);
    this.#ajv.addFormat('base64', /^[A-Za-z0-9+/]*={0,2}$/);
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      this.#ajv.addSchema(schema, `#/components/schemas/${name}`);
    }
  }

  /** Every operation that there is. */
  get operations(): readonly string[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** What is wrong with an answer; undefined when nothing is, or when no such route is described. */
  wrong(
    method: string,
    url: string,
    answer: { readonly status: number; readonly type: string; readonly body: Buffer },
  ): string | undefined {
    // What was no request of HTTP was answered before any route.
    if (answer.status === 431) return undefined;
    const path = url.split('?')[0] ?? '';
    const template = this.#templateOf(method, path);
    if (template === undefined) return undefined;
    this.seen.add(`${method} ${template}`);
    const { responses } = this.#document.paths[template]![method.toLowerCase()]!;
    const response = responses[String(answer.status)] ?? responses['default']!;
    const type = answer.type.split(';')[0] ?? '';
    if (response.content === undefined) {
      return answer.body.length === 0 ? undefined : 'a body where none is described';
    }
    const media = response.content[type];
    if (media === undefined) return `${answer.status} with the type ${type}`;
    if (!type.endsWith('json') || path.includes('confirmation.') || path.includes('openapi')) {
      return undefined;
    }
    const validate = this.#ajv.compile(media.schema);
    if (validate(JSON.parse(answer.body.toString()))) return undefined;
    return this.#ajv.errorsText(validate.errors);
  }

  #templateOf(method: string, path: string): string | undefined {
    return Object.entries(this.#document.paths)
      .filter(([, methods]) => method.toLowerCase() in methods)
      .map(([template]) => template)
      .toSorted((a, b) => (a.match(/\{/g) ?? []).length - (b.match(/\{/g) ?? []).length)
      .find((template) =>
        new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(
          path,
        ),
      );
  }
}
