// The schemas of Kubernetes' kinds and the Prometheus operator's, out of the npm packages that carry them, made strict:
// a field that a schema doesn't name is an error, as it is for a server with field validation.
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const require = createRequire(import.meta.url);
const schemas = new Map(); // by id
const kinds = new Map(); // "apps/v1 Deployment" to the id of its schema

// The packages register their schemas with two small libraries; here these only take down what they are told.
function standIn(name, exports) {
  const id = require.resolve(name);
  require.cache[id] = { id, filename: id, loaded: true, exports };
}
standIn('@kubernetes-models/validate', { register: (id, schema) => schemas.set(id, schema) });
standIn('@kubernetes-models/base', {
  Model: class {},
  createTypeMetaGuard: () => () => false,
  setSchema: (model, id, add) => {
    add();
    kinds.set(`${model.apiVersion} ${model.kind}`, id);
  },
});
for (const group of [
  'kubernetes-models/v1',
  'kubernetes-models/apps/v1',
  'kubernetes-models/autoscaling/v2',
  'kubernetes-models/networking.k8s.io/v1',
  'kubernetes-models/policy/v1',
  '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
])
  require(group);

function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict);
  if (schema === null || typeof schema !== 'object') return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  const open = copy['x-kubernetes-preserve-unknown-fields'] || copy.additionalProperties !== undefined;
  if (isSchemaOfObject(schema) && !open) copy.additionalProperties = false;
  return copy;
}
const isSchemaOfObject = (schema) => schema.type === 'object' && typeof schema.properties === 'object';

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
// Numbers' sizes are no formats of strings.
for (const format of ['int32', 'int64', 'double', 'int-or-string', 'quantity']) ajv.addFormat(format, true);
for (const [id, schema] of schemas) ajv.addSchema(strict(schema), `${id}#`);

// What is wrong with an object, as sentences; none if it is right.
export function problemsOf(object) {
  const id = kinds.get(`${object.apiVersion} ${object.kind}`);
  if (!id) return [`no schema for ${object.apiVersion} ${object.kind}`];
  const validate = ajv.getSchema(`${id}#`);
  if (validate(object)) return [];
  return validate.errors.map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}
