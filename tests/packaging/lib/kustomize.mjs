// What `kustomize build` makes of the part of its language that our files use: resources, namespace, images,
// configMapGenerator, and patches that are merged by the name of things. Anything else in a kustomization is an error,
// so that a test never believes what this doesn't do.
import fs from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const known = new Set(['apiVersion', 'kind', 'namespace', 'resources', 'images', 'configMapGenerator', 'patches']);
// By which field an entry of a list is found again.
const mergeKeys = { containers: 'name', topologySpreadConstraints: 'topologyKey' };

export function readAll(file) {
  return parseAllDocuments(fs.readFileSync(file, 'utf8')).map((document) => {
    if (document.errors.length) throw new Error(`${file}: ${document.errors[0].message}`);
    return document.toJS();
  });
}

export function build(folder) {
  const file = path.join(folder, 'kustomization.yaml');
  const [plan] = readAll(file);
  const strange = Object.keys(plan).find((key) => !known.has(key));
  if (strange) throw new Error(`${file}: ${strange} is not understood here`);
  const objects = [
    ...(plan.resources ?? []).flatMap((name) => resource(path.join(folder, name))),
    ...(plan.configMapGenerator ?? []).map((entry) => configMap(folder, entry)),
  ];
  for (const patch of plan.patches ?? []) applyFile(objects, path.join(folder, patch.path));
  for (const object of objects) {
    if (plan.namespace && object.kind !== 'Namespace') object.metadata.namespace = plan.namespace;
    for (const image of plan.images ?? []) rename(object, image);
  }
  return objects;
}

const resource = (name) => (fs.statSync(name).isDirectory() ? build(name) : readAll(name));

function configMap(folder, { name, files, options, ...rest }) {
  if (Object.keys(rest).length || !options.disableNameSuffixHash) throw new Error(`${name}: not understood here`);
  const data = Object.fromEntries(files.map((file) => [file, fs.readFileSync(path.join(folder, file), 'utf8')]));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: options.labels }, data };
}

function applyFile(objects, file) {
  for (const patch of readAll(file)) {
    const target = objects.find((one) => one.kind === patch.kind && one.metadata.name === patch.metadata.name);
    if (!target) throw new Error(`${file}: there is no ${patch.kind} ${patch.metadata.name} to patch`);
    merge(target, patch, file);
  }
}

function merge(target, patch, place) {
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$') || value === null) throw new Error(`${place}: ${key}: not understood here`);
    if (Array.isArray(value)) target[key] = mergeList(target[key] ?? [], value, key, place);
    else if (typeof value === 'object' && typeof target[key] === 'object') merge(target[key], value, place);
    else target[key] = value;
  }
}

function mergeList(old, patch, key, place) {
  const by = mergeKeys[key];
  if (!by) throw new Error(`${place}: lists of ${key} are not merged here`);
  const added = [];
  for (const entry of patch) {
    const same = old.find((one) => one[by] === entry[by]);
    if (same) merge(same, entry, place);
    else added.push(entry);
  }
  return [...added, ...old];
}

function rename(object, { name, newName, newTag }) {
  const pod = object.spec?.template?.spec;
  for (const container of [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])])
    if (container.image === name) container.image = `${newName}:${newTag}`;
}
