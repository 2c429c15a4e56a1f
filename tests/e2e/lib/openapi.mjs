// Holds answers to docs/admin-openapi.json: as much of JSON Schema as that file uses, and stricter in one thing: a
// member that it does not describe is wrong.
import fs from 'node:fs';
import path from 'node:path';
import { Admin } from './admin.mjs';
import { suiteDir } from './env.mjs';

export const description = JSON.parse(
  fs.readFileSync(path.join(suiteDir, '..', '..', 'docs', 'admin-openapi.json'), 'utf8'),
);

const resolve = (node) =>
  node?.$ref
    ? resolve(
        node.$ref
          .split('/')
          .slice(1)
          .reduce((at, key) => at[key.replaceAll('~1', '/')], description),
      )
    : node;

const types = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};
const formats = {
  'date-time': (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  byte: (text) => Buffer.from(text, 'base64').toString('base64') === text,
};

// What is wrong with a value, in words; nothing if all is well.
export function problems(value, schema, at = '$') {
  const {
    type,
    properties,
    items,
    required = [],
    additionalProperties: more,
    pattern,
    format,
    ...rest
  } = resolve(schema ?? {});
  const allowed = [type ?? []].flat();
  if (allowed.length && !allowed.some((name) => types[name](value)))
    return [`${at} is no ${type}: ${JSON.stringify(value)}`];
  const found = required.filter((key) => !(key in value)).map((key) => `${at}.${key} is missing`);
  if (rest.enum && !rest.enum.includes(value)) found.push(`${at} is ${value}, not one of ${rest.enum}`);
  if (pattern && !new RegExp(pattern).test(value)) found.push(`${at} does not match ${pattern}: ${value}`);
  if (format in formats && !formats[format](value)) found.push(`${at} is no ${format}: ${value}`);
  if (items) found.push(...value.flatMap((element, n) => problems(element, items, `${at}[${n}]`)));
  for (const key of types.object(value) ? Object.keys(value) : []) {
    const inner = properties?.[key] ?? (typeof more === 'object' ? more : undefined);
    if (inner) found.push(...problems(value[key], inner, `${at}.${key}`));
    else if (properties && more !== true) found.push(`${at}.${key} is not described`);
  }
  return found;
}

const segments = (text) => text.split('?')[0].split('/');
const fits = (template, target) => {
  const [wanted, given] = [segments(template), segments(target)];
  return wanted.length === given.length && wanted.every((part, n) => part.startsWith('{') || part === given[n]);
};

// The described operation of a call; a path without variables goes first, as a server must do it.
export function operationOf(method, target) {
  const paths = Object.keys(description.paths).filter((template) => fits(template, target));
  const exact = paths.find((template) => !template.includes('{')) ?? paths[0];
  return description.paths[exact]?.[method.toLowerCase()];
}

// A client that takes no answer which is not as described, and notes which operations it saw succeed.
export class DescribedAdmin extends Admin {
  constructor(port, key, covered = new Set()) {
    super(port, key);
    this.covered = covered;
  }

  async call(method, target, body, headers) {
    const answer = await super.call(method, target, body, headers);
    const operation = operationOf(method, `/admin/v1${target}`);
    const described = resolve(operation?.responses[answer.status] ?? description.components.responses.Error);
    const wrong = problems(JSON.parse(answer.text), described.content['application/json'].schema);
    if (wrong.length) throw new Error(`${method} ${target}: ${answer.status} is not as described: ${wrong.join('; ')}`);
    if (answer.status < 300 && operation) this.covered.add(operation.operationId);
    return answer;
  }
}

export const allOperations = Object.values(description.paths)
  .flatMap((methods) => Object.values(methods))
  .map(({ operationId }) => operationId)
  .filter(Boolean);
